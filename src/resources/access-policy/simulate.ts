import { markOwned } from "../contract/owned.ts";
import type { AccessPolicyChange, ObservedAccessPolicies } from "./types.ts";

/**
 * What will be observed after the change.
 *
 * @param known - stands in for an id that is not known yet
 */
export function simulateAccessPolicy(
  observed: ObservedAccessPolicies,
  change: AccessPolicyChange,
  known: string,
): ObservedAccessPolicies {
  const id = change.action === "create" ? known : change.existing.id;
  const others = observed.mine.filter((policy) => policy.id !== id);
  return {
    ...observed,
    mine: change.action === "delete" ? others : [...others, markOwned({ ...change.desired, id })],
  };
}
