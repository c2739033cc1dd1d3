import { beneath, type RouteKey } from "../domain/route.ts";
import type { Engine } from "./engine.ts";
import { isKept, ownersOf, rerouted } from "./keep.ts";
import type { Settled } from "./settle.ts";

/**
 * Where rules must lead that stay although the labels of their container are faulty: to that container alone, also when another
 * one has taken its name. Nothing else of the rule changes. A rule within such a route that is about to go, or that must not go
 * before the outer one, leads to the same container until then.
 */
export function reroutesOf(settled: readonly Settled[], engine: Engine): ReadonlyMap<RouteKey, string> {
  const kept = settled.filter((it) => isKept(it, engine));
  const going = settled.filter(({ winner }) => winner === undefined);
  return new Map(
    kept.flatMap((outer) => {
      const owners = ownersOf(outer);
      const inner = going.filter((it) => isWithin(it, outer)).map(({ place }) => ({ place, owners: { ...owners, recreated: false } }));
      return [{ place: outer.place, owners }, ...inner].flatMap(({ place, owners: its }): readonly [RouteKey, string][] => {
        const service = rerouted(place.stands, its, engine);
        return service === undefined ? [] : [[place.key, service]];
      });
    }),
  );
}

function isWithin({ place: inner }: Settled, { place: outer }: Settled): boolean {
  return inner.stands !== undefined && outer.stands !== undefined && beneath(inner.stands.route, outer.stands.route);
}
