import type { Owner } from "../../core/domain/owner.ts";
import { pythonList } from "../../core/text/python-text.ts";
import type { ObservedGroups, ObservedLogin } from "./types.ts";

/**
 * The claim, and the scope that brings it, in which the login carries the groups of this owner's routes. A name of its own for
 * each owner: the provider is shared, and lists of one name from two mappings would be joined. An owner has no underscore, so
 * two of them never meet.
 */
export const claimName = (owner: Owner): string => `cfauth_groups_${owner.replaceAll("-", "_")}`;

/** What Authentik's own `profile` scope says of groups: only those that a user is directly in. */
export const DIRECT_CLAIM = "groups";

export const mappingName = (owner: Owner): string => `cfauth (${owner}): groups`;

/**
 * The scope mapping's expression. `all_groups` has the inherited ones too (Authentik 2024.2 and later); only what some route
 * asks for travels, since claims end up in a cookie, which takes 4 kB.
 */
export function expressionFor(owner: Owner, groups: readonly string[]): string {
  return [
    `# Made by cfauth (${owner}): the groups that its routes ask for, inherited ones too.`,
    `wanted = ${pythonList(groups.toSorted())}`,
    `return {"${claimName(owner)}": [group.name for group in request.user.all_groups() if group.name in wanted]}`,
  ].join("\n");
}

/** The groups that an expression of ours lets travel; none for any other text. */
export function groupsIn(expression: string): readonly string[] {
  const list = /\nwanted = (\[[^\n]*\])\n/.exec(expression)?.[1];
  if (list === undefined) return [];
  try {
    const groups: unknown = JSON.parse(list);
    return Array.isArray(groups) && groups.every((group) => typeof group === "string")
      ? groups
      : [];
  } catch {
    return [];
  }
}

/** Whether the mapping lets every one of these groups travel. */
export function carries(
  { mapping }: Pick<ObservedGroups, "mapping">,
  wanted: readonly string[],
): boolean {
  const travel = new Set(mapping === undefined ? [] : groupsIn(mapping.expression));
  return wanted.every((group) => travel.has(group));
}

/**
 * The claim by which rules can tell members of all these groups; undefined while the login does not carry every one of them
 * all the way, through mapping, provider and login method. Where the mapping cannot be changed, the direct groups must do.
 */
export function claimFor(
  { groups, method, provider }: ObservedLogin,
  wanted: readonly string[],
): string | undefined {
  if (method === undefined || provider === undefined) return undefined;
  const { mapping, claim } = groups;
  const attached = mapping !== undefined && provider.scopes.includes(mapping.pk);
  const asked = method.claims.includes(claim) && method.config.scopes.includes(claim);
  if (attached && asked && carries(groups, wanted)) return claim;
  return !groups.canWriteMapping && method.claims.includes(DIRECT_CLAIM) ? DIRECT_CLAIM : undefined;
}
