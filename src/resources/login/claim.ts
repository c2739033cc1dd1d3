import type { Owner } from "../../core/domain/owner.ts";
import { pythonList } from "../../core/text/python-text.ts";
import type { ObservedGroups, ObservedLogin } from "./types.ts";

/**
 * The claim, and its scope, in which the login carries the groups of this owner's routes.
 *
 * Each owner has its own name, because the provider is shared and Authentik would join lists of the
 * same name from two mappings. An owner contains no underscore, so two names never collide.
 */
export const claimName = (owner: Owner): string => `cfauth_groups_${owner.replaceAll("-", "_")}`;

/**
 * The claim of Authentik's own `profile` scope. It has only groups with the user as direct member.
 */
export const DIRECT_CLAIM = "groups";

export const mappingName = (owner: Owner): string => `cfauth (${owner}): groups`;

/**
 * The expression of the scope mapping. `all_groups` includes inherited groups (Authentik 2024.2 and
 * later). The claim has only groups that a route needs, because it ends up in a cookie of at most 4
 * kB.
 */
export function expressionFor(owner: Owner, groups: readonly string[]): string {
  return [
    `# Made by cfauth (${owner}): the groups that its routes ask for, inherited ones too.`,
    `wanted = ${pythonList(groups.toSorted())}`,
    `return {"${claimName(owner)}": [group.name for group in request.user.all_groups() if group.name in wanted]}`,
  ].join("\n");
}

/** The groups in an expression of ours; none for any other text. */
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

/** Whether the mapping carries all of these groups. */
export function carriesGroups(
  { mapping }: Pick<ObservedGroups, "mapping">,
  required: readonly string[],
): boolean {
  const carried = new Set(mapping === undefined ? [] : groupsIn(mapping.expression));
  return required.every((group) => carried.has(group));
}

/**
 * The claim by which rules recognise members of all these groups. Undefined while the login does
 * not carry all of them through mapping, provider and login method. If the mapping cannot be
 * written, the direct groups are used.
 */
export function claimFor(
  { groups, method, provider }: ObservedLogin,
  required: readonly string[],
): string | undefined {
  if (method === undefined || provider === undefined) return undefined;
  const { mapping, claim } = groups;
  const isAttached = mapping !== undefined && provider.scopes.includes(mapping.pk);
  const isRequested = method.claims.includes(claim) && method.config.scopes.includes(claim);
  if (isAttached && isRequested && carriesGroups(groups, required)) return claim;
  return !groups.canWriteMapping && method.claims.includes(DIRECT_CLAIM) ? DIRECT_CLAIM : undefined;
}
