import { canonicalPolicy } from "./audience.ts";
import type { Policy, PolicyContent } from "./types.ts";

/**
 * Whether the policy admits people whom it should not, or for longer than it should: it was widened by hand. What cannot be
 * determined counts as more, because to replace it once too often costs a login.
 */
export function admitsMore(found: PolicyContent, wanted: PolicyContent): boolean {
  if (wanted.decision === "bypass" || found.decision === "deny") return false;
  return (
    found.session !== undefined ||
    found.decision !== wanted.decision ||
    lacks(found.include, wanted.include) ||
    lacks(wanted.require, found.require) ||
    lacks(wanted.exclude, found.exclude)
  );
}

/** Whether the one has a rule that the other has not. */
const lacks = (one: readonly unknown[], other: readonly unknown[]): boolean => {
  const known = new Set(other.map(canonicalPolicy));
  return one.some((rule) => !known.has(canonicalPolicy(rule)));
};

const WORD = "replaced: ";

/**
 * The name of a policy that was widened by hand: from then on it has no owner, and a new one is made in its place. An edge that is
 * late may believe the wide one for a while, under whichever application links it. No name of an audience begins so.
 */
export const replacedName = (name: string): string => name.replace(/^(\S+ )/, `$1${WORD}`);

export const isReplaced = ({ name }: Pick<Policy, "name">): boolean =>
  name.slice(name.indexOf(" ") + 1).startsWith(WORD);
