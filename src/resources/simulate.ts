import { simulateAccessApplication } from "./access-application/simulate.ts";
import { simulateAccessPolicy } from "./access-policy/simulate.ts";
import { knownAfter } from "./contract/diff.ts";
import type { ApplyResult, ResourceDriver } from "./contract/driver.ts";
import { simulateDnsRecord } from "./dns-record/simulate.ts";
import type { Drivers } from "./drivers.ts";
import { mergeRules } from "./ingress-rule/merge-rules.ts";
import type { IngressRuleChange, ObservedIngressRules } from "./ingress-rule/types.ts";
import { simulateLibraryTile } from "./library-tile/simulate.ts";
import { simulateLogin } from "./login/simulate.ts";
import type { ObservedState } from "./observed.ts";
import type { AnyChange } from "./registry.ts";
import { simulateTunnel } from "./tunnel/simulate.ts";

/**
 * Hands that touch nothing: what they are given to do is done, and is seen from then on. With them a pass runs to its end as it
 * would with real ones, so that its whole order is known before. What would be made has `knownAfter(3)` for its id.
 *
 * Wherever the world refuses something, or somebody writes in between, the real pass differs.
 *
 * @param told - each change in the order in which it would be done; its answer is the number by which it is shown
 */
export function createSimulatedDrivers(
  observed: ObservedState,
  told: (change: AnyChange) => number,
): Drivers {
  const kind = <S, C extends AnyChange>(
    name: C["kind"],
    after: (seen: S, change: C, known: string) => S,
  ): ResourceDriver<S, C> => ({
    kind: name,
    observe: (_depth, before) => Promise.resolve(before as S),
    apply: async (changes, seen) =>
      done(changes, seen, (sofar, change) => after(sofar, change, knownAfter(told(change)))),
  });
  return {
    tunnel: kind("tunnel", simulateTunnel),
    login: kind("login", simulateLogin),
    policy: kind("policy", simulateAccessPolicy),
    access: kind("access", simulateAccessApplication),
    ingress: {
      kind: "ingress",
      observe: (_depth, before) => Promise.resolve(before ?? observed.ingress),
      apply: rules(told),
    },
    dns: kind("dns", simulateDnsRecord),
    tile: { ...kind("tile", simulateLibraryTile), seek: (_routes, seen) => Promise.resolve(seen) },
    lookups: { observe: () => Promise.resolve(observed.lookups) },
  };
}

const done = <S, C extends AnyChange>(
  changes: readonly C[],
  seen: S,
  after: (seen: S, change: C) => S,
): ApplyResult<S, C> => ({
  observed: changes.reduce(after, seen),
  applied: changes,
  failures: [],
  outcomeUnknown: false,
});

/** One write of the whole document. Who takes over waits until it is in force; where nothing had to be written, nothing was done. */
const rules =
  (told: (change: AnyChange) => number) =>
  async (
    changes: readonly IngressRuleChange[],
    observed: ObservedIngressRules,
  ): Promise<ApplyResult<ObservedIngressRules, IngressRuleChange>> => {
    const propagated = changes.some((change) => "instead" in change);
    const next = mergeRules(observed, changes);
    if (propagated && JSON.stringify(next.rules) === JSON.stringify(observed.rules))
      return done([], { ...observed, propagated }, (it) => it);
    for (const change of changes) told(change);
    return done(changes, { ...next, propagated }, (it) => it);
  };
