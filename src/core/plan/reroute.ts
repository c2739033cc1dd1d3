import { isNestedIn, type RouteKey } from "../domain/route.ts";
import type { ResolvedRoute } from "./conflicts.ts";
import type { Engine } from "./engine.ts";
import { isFrozen, ownersOf, rerouteTarget } from "./freeze.ts";

/**
 * Reroutes the rules of routes that are frozen because of faulty labels. They must lead to their
 * own container alone, even if another one has taken its name. Nothing else of the rule changes.
 *
 * A rule within such a route that is about to go, or must not go before the outer one, leads to the
 * same container until then.
 */
export function planReroutes(
  resolved: readonly ResolvedRoute[],
  engine: Engine,
): ReadonlyMap<RouteKey, string> {
  const frozen = resolved.filter((it) => isFrozen(it, engine));
  const leaving = resolved.filter(({ winner }) => winner === undefined);
  return new Map(
    frozen.flatMap((outer) => {
      const owners = ownersOf(outer);
      const service = rerouteTarget(outer.place.deployed, owners, engine);
      const inner = leaving
        .filter((it) => isWithin(it, outer))
        .map(({ place }): readonly [RouteKey, string | undefined] => {
          if (place.deployed?.service === outer.place.deployed?.service)
            return [place.key, service];
          // It is unknown whether its place was theirs before they were recreated.
          const known = { ...owners, recreated: false };
          return [place.key, rerouteTarget(place.deployed, known, engine)];
        });
      return [[outer.place.key, service] as const, ...inner].flatMap(
        ([key, to]): readonly [RouteKey, string][] => (to === undefined ? [] : [[key, to]]),
      );
    }),
  );
}

function isWithin({ place: inner }: ResolvedRoute, { place: outer }: ResolvedRoute): boolean {
  return (
    inner.deployed !== undefined &&
    outer.deployed !== undefined &&
    isNestedIn(inner.deployed.route, outer.deployed.route)
  );
}
