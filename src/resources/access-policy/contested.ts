import { canonicalPolicy } from "./audience.ts";
import type { AccessPolicyChange, ObservedAccessPolicies, Policy } from "./types.ts";

/**
 * How many times a policy is replaced because of the same widening. After that, Access itself or
 * another tool must be causing it: see decision 0031.
 */
const MAX_SAME_REPLACEMENTS = 3;

/** How often a policy with this name and content was replaced. */
export type Replacements = Map<string, number>;

const keyOf = ({ name, decision, include, require, exclude, session }: Policy): string =>
  canonicalPolicy([name, decision, include, require, exclude, session ?? ""]);

export function noteReplacement(
  replacements: Replacements,
  change: Extract<AccessPolicyChange, { readonly action: "update" }>,
): void {
  if (change.desired.name === change.existing.name) return;
  const key = keyOf(change.existing);
  replacements.set(key, (replacements.get(key) ?? 0) + 1);
}

export function contestedIn(replacements: Replacements): Pick<ObservedAccessPolicies, "contested"> {
  const contested = [...replacements]
    .filter(([, times]) => times >= MAX_SAME_REPLACEMENTS)
    .map(([key]) => key);
  return contested.length === 0 ? {} : { contested: new Set(contested) };
}

/** Whether another replacement would only lead to the same content again. */
export const isContested = (
  { contested }: Pick<ObservedAccessPolicies, "contested">,
  existing: Policy,
): boolean => contested?.has(keyOf(existing)) === true;
