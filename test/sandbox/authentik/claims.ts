import { allGroups } from "./policies.ts";
import type { AuthentikState, Provider, ScopeMapping, User } from "./state.ts";
import { wantedGroups } from "./wanted-groups.ts";

export type Claims = Record<string, unknown>;

/**
 * The claims of a user from the attached scope mappings. A mapping counts only if the client requested its scope.
 * Claims are merged in the order of the scopes: lists are joined, and of two single values the later one wins.
 */
export function claimsOf(
  state: AuthentikState,
  provider: Provider,
  user: User,
  scopes: ReadonlySet<string>,
): Claims {
  const claims: Claims = {};
  for (const mapping of attached(state, provider)) {
    if (scopes.has(mapping.scope_name)) merge(claims, evaluate(state, mapping, user));
  }
  return claims;
}

/** In the order of their scopes. */
export function attached(
  { scopeMappings }: AuthentikState,
  { property_mappings }: Provider,
): ScopeMapping[] {
  return scopeMappings
    .filter(({ pk }) => property_mappings.includes(pk))
    .toSorted((a, b) => (a.scope_name < b.scope_name ? -1 : a.scope_name > b.scope_name ? 1 : 0));
}

/** Every claim that the provider can return. */
export function claimNames(state: AuthentikState, provider: Provider): string[] {
  return [...new Set(attached(state, provider).flatMap(({ expression }) => names(expression)))];
}

function names(expression: string): string[] {
  const groups = wantedGroups(expression);
  return groups ? [groups.claim] : entries(expression).map(([name]) => name);
}

/** The subject of the token. */
export function subject({ sub_mode }: Provider, user: User): string {
  switch (sub_mode) {
    case "hashed_user_id":
    case "user_upn":
      return user.uid;
    case "user_id":
      return String(user.pk);
    case "user_uuid":
      return user.uuid;
    case "user_username":
      return user.username;
    case "user_email":
      return user.email;
  }
}

/** The supported Python expressions. Older versions call groups `ak_groups`. */
const VALUES: readonly [RegExp, (state: AuthentikState, user: User) => unknown][] = [
  [
    /^\[(\w+)\.name for \1 in request\.user\.(?:ak_)?groups\.all\(\)\]$/,
    (_, user) => [...user.groups],
  ],
  [
    /^\[(\w+)\.name for \1 in request\.user\.all_groups\(\)\]$/,
    (state, user) => allGroups(state, user),
  ],
  [
    /^\[(\w+)\.name for \1 in request\.user\.app_entitlements\(provider\.application\)\]$/,
    () => [],
  ],
  [/^True$/, () => true],
  [/^False$/, () => false],
];

/** An unsupported mapping yields no claims, like one whose Python fails. */
function evaluate(state: AuthentikState, { expression }: ScopeMapping, user: User): Claims {
  const groups = wantedGroups(expression);
  if (groups)
    return {
      [groups.claim]: allGroups(state, user).filter((name) => groups.wanted.includes(name)),
    };
  const claims: Claims = {};
  for (const [name, source] of entries(expression)) {
    const value = valueFrom(state, user, source);
    if (value === undefined) return {};
    claims[name] = value;
  }
  return claims;
}

function valueFrom(state: AuthentikState, user: User, source: string): unknown {
  const text = /^(["'])(.*)\1$/.exec(source)?.[2];
  if (text !== undefined) return text;
  const attribute = /^request\.user\.(email|name|username|uid)$/.exec(source)?.[1];
  if (attribute !== undefined) return user[attribute as "email" | "name" | "username" | "uid"];
  return VALUES.find(([pattern]) => pattern.test(source))?.[1](state, user);
}

/** The pairs of `return { "name": value, … }`. */
function entries(expression: string): [name: string, source: string][] {
  const code = expression.replaceAll(/^\s*#.*$/gm, "");
  return [...code.matchAll(/["'](\w+)["']\s*:\s*(\[[^\]]*\]|[^,}\n]+)/g)].map(
    ([, name = "", source = ""]) => [name, source.trim()],
  );
}

function merge(claims: Claims, more: Claims): void {
  for (const [name, value] of Object.entries(more)) {
    const before = claims[name];
    claims[name] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
  }
}
