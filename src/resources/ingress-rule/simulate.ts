import type { Simulated } from "../contract/definition.ts";
import { mergeRules } from "./merge-rules.ts";
import type { IngressRuleChange, ObservedIngressRules } from "./types.ts";

/**
 * One write of the whole document. A takeover waits until cloudflared runs it. If nothing had to be
 * written, no change is made.
 */
export function simulateIngressRules(
  observed: ObservedIngressRules,
  changes: readonly IngressRuleChange[],
  idFor: (change: IngressRuleChange) => string,
): Simulated<ObservedIngressRules, IngressRuleChange> {
  const propagated = changes.some((change) => "instead" in change);
  const next = mergeRules(observed, changes);
  if (propagated && JSON.stringify(next.rules) === JSON.stringify(observed.rules))
    return { observed: { ...observed, propagated }, applied: [] };
  for (const change of changes) idFor(change);
  return { observed: { ...next, propagated }, applied: changes };
}
