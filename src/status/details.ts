import { routeKey } from "../domain/route.ts";
import { slugOf } from "../kinds/tile/wish.ts";
import type { Outcome } from "../loop/loop.ts";
import type { StandingRoute } from "../plan/desired.ts";
import { reached } from "./reached.ts";
import type { KnownRoute } from "./report.ts";
import { whoIsWished, whoStands } from "./who.ts";

/** What a pass has seen in the end, and the routes that stand in it. */
type Seen = Pick<NonNullable<Outcome["end"]>, "world" | "decision"> & { readonly stands: readonly StandingRoute[] };

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
export function detailed(
  routes: readonly KnownRoute[],
  { world, decision: { desired }, stands: standing }: Seen,
  before: readonly KnownRoute[],
): readonly KnownRoute[] {
  const stands = new Map(standing.map((it) => [routeKey(it.route), it]));
  return routes.map((route) => {
    const wish = desired.wishes.get(route.key);
    const at = stands.get(route.key);
    const open = route.state === "live" || (at !== undefined && reached(world, at));
    const wished = wish && whoIsWished(wish, desired.wishes, world.policy.theirs);
    const who =
      route.state === "live" || (!open && route.state === "waiting") ? wished : open && at !== undefined ? whoStands(world, at) : undefined;
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
