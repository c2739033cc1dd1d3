import { isOwnedRule } from "./ingress-rule/rules.ts";
import type { ObservedState } from "./observed.ts";

/** How many objects of others were seen, all of which stay as they are: address records, rules, applications, policies, tiles. */
export const countForeign = (observed: ObservedState): number =>
  [...observed.dns.theirs.values()].flat().length +
  observed.ingress.rules.filter((rule) => !isOwnedRule(rule, observed)).length +
  observed.access.theirs.length +
  observed.policy.theirs.length +
  observed.tile.taken.size;
