import { routeKey } from "../core/domain/route.ts";
import type { DeployedRoute } from "../core/plan/types.ts";
import type { PassOutcome } from "../reconcile/controller.ts";
import { slugOf } from "../resources/library-tile/desired.ts";
import { describeCurrentAccess, describeDesiredAccess } from "./access-summary.ts";
import { isReachable } from "./reachability.ts";
import type { RouteStatus } from "./report.ts";

/** What a pass has seen in the end, and the routes that stand in it. */
type Seen = Pick<NonNullable<PassOutcome["end"]>, "world" | "decision"> & { readonly stands: readonly DeployedRoute[] };

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
  { world, decision: { desired }, stands: standing }: Seen,
  before: readonly RouteStatus[],
): readonly RouteStatus[] {
  const stands = new Map(standing.map((it) => [routeKey(it.route), it]));
  return routes.map((route) => {
    const wish = desired.wishes.get(route.key);
    const at = stands.get(route.key);
    const open = route.state === "live" || (at !== undefined && isReachable(world, at));
    const wished = wish && describeDesiredAccess(wish, desired.wishes, world.policy.theirs);
    const who =
      route.state === "live" || (!open && route.state === "waiting")
        ? wished
        : open && at !== undefined
          ? describeCurrentAccess(world, at)
          : undefined;
    const tile = slugOf(world.login.groups.owner, route.key);
    return {
      ...route,
      container: route.container ?? before.find(({ key }) => key === route.key)?.container,
      open,
      ...(who !== undefined && { who }),
      objects: { application: world.access.mine.get(route.key)?.id, tile: world.tile.mine.has(tile) ? tile : undefined },
    };
  });
}
