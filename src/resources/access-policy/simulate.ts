import { markOwned } from "../contract/owned.ts";
import type { AccessPolicyChange, ObservedAccessPolicies } from "./types.ts";

/** As it will be seen. @param known - in place of an id that nobody knows yet */
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
