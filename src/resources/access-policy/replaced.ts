import { canonicalPolicy } from "./audience.ts";
import type { Policy, PolicyContent } from "./types.ts";

/**
 * Whether the policy admits people whom it should not, or for longer than it should, because
 * someone widened it by hand. If that is unknown, the answer is yes: replacing it unnecessarily
 * only costs a login.
 */
export function admitsMore(existing: PolicyContent, desired: PolicyContent): boolean {
  if (desired.decision === "bypass" || existing.decision === "deny") return false;
  return (
    existing.session !== undefined ||
    existing.decision !== desired.decision ||
    hasRuleMissingIn(existing.include, desired.include) ||
    hasRuleMissingIn(desired.require, existing.require) ||
    hasRuleMissingIn(desired.exclude, existing.exclude)
  );
}

/** Whether `one` has a rule that `other` lacks. */
const hasRuleMissingIn = (one: readonly unknown[], other: readonly unknown[]): boolean => {
  const known = new Set(other.map(canonicalPolicy));
  return one.some((rule) => !known.has(canonicalPolicy(rule)));
};

const REPLACED_PREFIX = "replaced: ";

/**
 * The name of a policy that someone widened by hand. From then on no route uses it, and a new
 * policy takes its place. A late edge may apply the wide policy for a while, in any application
 * that links it. No description of an audience begins with this prefix.
 */
export const replacedName = (name: string): string =>
  name.replace(/^(\S+ )/, `$1${REPLACED_PREFIX}`);

export const isReplaced = ({ name }: Pick<Policy, "name">): boolean =>
  name.slice(name.indexOf(" ") + 1).startsWith(REPLACED_PREFIX);
