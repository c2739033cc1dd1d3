import { canonicalPolicy } from "./audience.ts";
import type { AccessPolicyChange, ObservedAccessPolicies, Policy } from "./types.ts";

/** So often a policy is replaced for one and the same widening. After that Access itself, or a tool, makes it so: see decision 0031. */
const MAX_SAME_REPLACEMENTS = 3;

/** How often policies with this name and content were given up for a new one. */
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
  const contested = [...replacements].flatMap(([key, times]) =>
    times >= MAX_SAME_REPLACEMENTS ? [key] : [],
  );
  return contested.length === 0 ? {} : { contested: new Set(contested) };
}

/** Whether another replacement would only meet the same content once more. */
export const isContested = (
  { contested }: Pick<ObservedAccessPolicies, "contested">,
  found: Policy,
): boolean => contested?.has(keyOf(found)) === true;
