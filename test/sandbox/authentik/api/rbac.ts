import type { Request, Route } from "../../routes.ts";
import { type AuthentikState, ownedBySuperuser, type Token, tokenOwner } from "../state.ts";
import type { Version } from "../versions.ts";
import { wholeUser } from "./groups.ts";
import { exactly, filtered, ordered, pageOf } from "./lists.ts";
import { invalid } from "./refusal.ts";

/** The role that has the permissions of the token's user. */
export const ROLE = "5a1d0000-0000-4000-8000-000000000001";

export function rbacRoutes(state: AuthentikState, version: Version): Route[] {
  return [
    {
      method: "GET",
      path: "/rbac/permissions/",
      answer: (request) => page(permissions(state, version, request), request, version),
    },
    {
      method: "GET",
      path: "/core/tokens/",
      answer: (request) => page(tokens(state, request), request, version),
    },
  ];
}

const page = (rows: readonly object[], request: Request, version: Version) => {
  const found = pageOf(request, rows, version);
  return found.answer(found.rows);
};

/**
 * Any token may read the list, for any role or (before 2026) any user. Before 2024.12.2 the real
 * server answers 403 to users who are not superusers; the sandbox does not. A user's own permissions
 * come without those of the user's roles. Up to 2025.10 users/me lists no roles, so there the sandbox
 * keeps the permissions with the user.
 */
function permissions(
  state: AuthentikState,
  version: Version,
  { call: { query } }: Request,
): readonly object[] {
  const [role, user] = [query.get("role"), query.get("user")];
  if (role !== null && role !== ROLE)
    throw invalid({
      role: ["Select a valid choice. That choice is not one of the available choices."],
    });
  const byRole = version.knows("me", "roles");
  const theirs = byRole ? role === ROLE : user === String(tokenOwner(state).pk);
  if (!theirs && (role !== null || user !== null)) return [];
  return [...(state.apiToken.permissions ?? [])].toSorted().map((permission, index) => {
    const [app_label = "", codename = ""] = permission.split(".");
    const model = codename.split("_").at(-1) ?? "";
    return {
      id: index + 1,
      name: `Can ${codename}`,
      codename,
      model,
      app_label,
      app_label_verbose: app_label,
      model_verbose: model,
    };
  });
}

/** A superuser sees all tokens, other users see their own. The list never contains keys. */
function tokens(state: AuthentikState, request: Request): readonly object[] {
  const owner = tokenOwner(state);
  const visible = state.tokens.filter(
    ({ username }) => ownedBySuperuser(state) || username === owner.username,
  );
  const filters = {
    intent: exactly<Token>("intent"),
    user__username: exactly<Token>("username"),
    identifier: exactly<Token>("identifier"),
  };
  return ordered(filtered(visible, request, filters), request, "identifier").map(
    ({ username, ...token }) => {
      const user = state.users.find((it) => it.username === username);
      return {
        ...token,
        managed: null,
        description: "",
        user: user?.pk,
        ...(user && {
          user_obj: { ...wholeUser(user), last_updated: "2024-01-01T00:00:00Z", roles_obj: [] },
        }),
      };
    },
  );
}
