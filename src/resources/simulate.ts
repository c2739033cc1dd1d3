import { knownAfter } from "./contract/diff.ts";
import type { ResourceDriver } from "./contract/driver.ts";
import type { Drivers } from "./drivers.ts";
import type { AnyChange } from "./registry.ts";
import {
  type ChangeOf,
  type ObservedOf,
  type ObservedState,
  RESOURCE_KINDS,
  RESOURCES,
  type ResourceKind,
} from "./registry.ts";

/**
 * Drivers that only simulate: every change succeeds and shows in the observed state. With them a pass runs to its end, so its
 * whole order is known before. What would be created has `knownAfter(3)` for its id.
 *
 * If a service refuses a change, or another writer writes in between, the real pass differs.
 *
 * @param number - called for each change in the order in which it would be made; returns the number by which it is shown
 */
export function createSimulatedDrivers(
  observed: ObservedState,
  number: (change: AnyChange) => number,
): Drivers {
  const driver = <K extends ResourceKind>(kind: K): ResourceDriver<ObservedOf<K>, ChangeOf<K>> => ({
    kind,
    observe: (_scope, before) => Promise.resolve(before ?? observed[kind]),
    apply: async (changes, state) => {
      const { simulate } = RESOURCES[kind] as unknown as {
        simulate(
          observed: ObservedOf<K>,
          changes: readonly ChangeOf<K>[],
          idFor: (change: ChangeOf<K>) => string,
        ): { readonly observed: ObservedOf<K>; readonly applied: readonly ChangeOf<K>[] };
      };
      const simulated = simulate(state, changes, (change) => knownAfter(number(change)));
      return { ...simulated, failures: [], outcomeUnknown: false };
    },
  });
  const drivers = Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, driver(kind)]));
  return {
    ...(drivers as unknown as Omit<Drivers, "lookups">),
    lookups: { observe: () => Promise.resolve(observed.lookups) },
  };
}
