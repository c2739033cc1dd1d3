import { isNestedIn, type RouteKey } from "../domain/route.ts";
import type { ResolvedRoute } from "./conflicts.ts";
import type { Engine } from "./engine.ts";
import { isFrozen, ownersOf, rerouteTarget } from "./freeze.ts";

/**
 * Where rules must lead that stay although the labels of their container are faulty: to that container alone, also when another
 * one has taken its name. Nothing else of the rule changes. A rule within such a route that is about to go, or that must not go
 * before the outer one, leads to the same container until then.
 */
export function reroutesOf(
  resolved: readonly ResolvedRoute[],
  engine: Engine,
): ReadonlyMap<RouteKey, string> {
  const kept = resolved.filter((it) => isFrozen(it, engine));
  const going = resolved.filter(({ winner }) => winner === undefined);
  return new Map(
    kept.flatMap((outer) => {
      const owners = ownersOf(outer);
      const service = rerouteTarget(outer.place.deployed, owners, engine);
      const inner = going
        .filter((it) => isWithin(it, outer))
        .map(({ place }): readonly [RouteKey, string | undefined] => {
          // Of another place it is not known whether it was theirs.
          const led = place.deployed?.service === outer.place.deployed?.service;
          return [
            place.key,
            led ? service : rerouteTarget(place.deployed, { ...owners, recreated: false }, engine),
          ];
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
