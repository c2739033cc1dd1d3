import { routeKey } from "../core/domain/route.ts";
import type { DeployedRoute } from "../core/plan/types.ts";
import type { PassOutcome } from "../reconcile/controller.ts";
import { slugOf } from "../resources/library-tile/desired.ts";
import { describeCurrentAccess, describeDesiredAccess } from "./access-summary.ts";
import { isReachable } from "./reachability.ts";
import type { RouteStatus } from "./report.ts";

/** The end of a pass, and the routes that are deployed then. */
type PassEnd = Pick<NonNullable<PassOutcome["end"]>, "observed" | "decision"> & {
  readonly deployed: readonly DeployedRoute[];
};

/**
 * Adds to each route who may enter, its objects, and whether it is reachable now.
 *
 * | state              | shown as who may enter       |
 * |--------------------|------------------------------|
 * | live               | what the labels request      |
 * | any other, open    | what is deployed             |
 * | waiting, not open  | what the labels request      |
 * | any other          | nothing: nobody gets in      |
 *
 * @param before - the routes after the last pass; a route whose container is gone keeps the
 * container's name
 */
export function withDetails(
  routes: readonly RouteStatus[],
  { observed, decision: { desired }, deployed }: PassEnd,
  before: readonly RouteStatus[],
): readonly RouteStatus[] {
  const deployedByKey = new Map(deployed.map((it) => [routeKey(it.route), it]));
  // Of the observed state, only the login carries the owner.
  const { owner } = observed.login.groups;
  return routes.map((route) => {
    const exposure = desired.exposures.get(route.key);
    const at = deployedByKey.get(route.key);
    const open = route.state === "live" || (at !== undefined && isReachable(observed, at));
    const desiredAccess =
      exposure && describeDesiredAccess(exposure, desired.exposures, observed.policy.theirs);
    const who =
      route.state === "live" || (!open && route.state === "waiting")
        ? desiredAccess
        : open && at !== undefined
          ? describeCurrentAccess(observed, at, owner)
          : undefined;
    const tile = slugOf(owner, route.key);
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
