import { routeKey } from "../core/domain/route.ts";
import type { DeployedRoute } from "../core/plan/types.ts";
import type { PassOutcome } from "../reconcile/controller.ts";
import { slugOf } from "../resources/library-tile/desired.ts";
import { describeCurrentAccess, describeDesiredAccess } from "./access-summary.ts";
import { isReachable } from "./reachability.ts";
import type { RouteStatus } from "./report.ts";

/** What a pass has seen in the end, and the routes that stand in it. */
type Seen = Pick<NonNullable<PassOutcome["end"]>, "observed" | "decision"> & {
  readonly deployed: readonly DeployedRoute[];
};

/**
 * Adds to each route who may enter, by what objects, and whether anybody can now.
 *
 * | state          | who may enter is said           |
 * |----------------|---------------------------------|
 * | live           | as the labels ask for it        |
 * | any, but open  | as it stands                    |
 * | waiting        | as it will be                   |
 * | any other      | not at all: nobody gets in      |
 *
 * @param before - the routes after the last pass: one whose container is gone keeps its name
 */
export function withDetails(
  routes: readonly RouteStatus[],
  { observed, decision: { desired }, deployed }: Seen,
  before: readonly RouteStatus[],
): readonly RouteStatus[] {
  const stands = new Map(deployed.map((it) => [routeKey(it.route), it]));
  return routes.map((route) => {
    const exposure = desired.exposures.get(route.key);
    const at = stands.get(route.key);
    const open = route.state === "live" || (at !== undefined && isReachable(observed, at));
    const wished =
      exposure && describeDesiredAccess(exposure, desired.exposures, observed.policy.theirs);
    const who =
      route.state === "live" || (!open && route.state === "waiting")
        ? wished
        : open && at !== undefined
          ? describeCurrentAccess(observed, at)
          : undefined;
    const tile = slugOf(observed.login.groups.owner, route.key);
    return {
      ...route,
      container: route.container ?? before.find(({ key }) => key === route.key)?.container,
      open,
      ...(who !== undefined && { who }),
      objects: {
        application: observed.access.mine.get(route.key)?.id,
        tile: observed.tile.mine.has(tile) ? tile : undefined,
      },
    };
  });
}
