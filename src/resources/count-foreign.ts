import { isOwnedRule } from "./ingress-rule/rules.ts";
import type { ObservedState } from "./observed.ts";

/** How many objects of others were seen, all of which stay as they are: address records, rules, applications, policies, tiles. */
export const countForeign = (world: ObservedState): number =>
  [...world.dns.theirs.values()].flat().length +
  world.ingress.rules.filter((rule) => !isOwnedRule(rule, world)).length +
  world.access.theirs.length +
  world.policy.theirs.length +
  world.tile.taken.size;
