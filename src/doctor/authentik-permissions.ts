import { z } from "zod";
import type { Authentik } from "../clients/authentik/authentik.ts";
import { ServiceError } from "../core/errors.ts";

const Named = z.looseObject({ pk: z.string() });

/** `roles` exists from 2025.12 on and includes the roles of the groups. */
export const AuthentikUser = z.looseObject({
  user: z.looseObject({
    pk: z.number(),
    username: z.string(),
    is_superuser: z.boolean(),
    roles: z.array(Named).nullish(),
    groups: z.array(Named).nullish(),
  }),
});

export type AuthentikUser = z.infer<typeof AuthentikUser>["user"];

/**
 * The permissions of the token's user, as `app_label.codename`; `whole` if the list is known to be
 * complete.
 */
export interface GrantedPermissions {
  readonly permissions: ReadonlySet<string>;
  readonly whole: boolean;
}

/**
 * Reads the list of permissions, which any token may read for any role (authentik/rbac/api/rbac.py,
 * checked 2026-11). Permissions are not probed with writes: Authentik looks up the object before it
 * checks the permission, so changing a missing object returns 404 with and without the permission
 * (rbac/permissions.py).
 *
 * | version      | source of a user's permissions                          |
 * |--------------|---------------------------------------------------------|
 * | from 2025.12 | its roles, which the user object lists                  |
 * | before       | the roles of its groups, and the user's own permissions |
 */
export async function readGrantedPermissions(
  authentik: Authentik,
  me: AuthentikUser,
): Promise<GrantedPermissions> {
  const roles = me.roles ?? undefined;
  const [own, ofGroups] =
    roles === undefined
      ? [[`user=${me.pk}`], await readGroupRoles(authentik, me)]
      : [[], undefined];
  const queries = [
    ...own,
    ...(roles?.map(({ pk }) => pk) ?? ofGroups?.roles ?? []).map((pk) => `role=${pk}`),
  ];
  const lists = await Promise.all(queries.map((by) => listPermissions(authentik, by)));
  return { permissions: new Set(lists.flat()), whole: ofGroups?.whole ?? true };
}

const Permission = z.looseObject({ app_label: z.string(), codename: z.string() });

async function listPermissions(authentik: Authentik, by: string): Promise<readonly string[]> {
  const [name = "", value = ""] = by.split("=");
  const found = await authentik.list("permissions.list", Permission, {
    path: "/rbac/permissions/",
    query: { [name]: value },
  });
  return found.map(({ app_label, codename }) => `${app_label}.${codename}`);
}

const GroupAnswer = z.looseObject({ roles: z.array(z.string()).nullish() });

/** A group that the token may not read can have further roles. */
async function readGroupRoles(
  authentik: Authentik,
  { groups }: AuthentikUser,
): Promise<{ readonly roles: readonly string[]; readonly whole: boolean }> {
  const found = await Promise.all(
    (groups ?? []).map(({ pk }) =>
      authentik
        .request("groups.list", GroupAnswer, { path: `/core/groups/${pk}/` })
        .catch((error: unknown) => {
          if (error instanceof ServiceError && !error.transient) return undefined;
          throw error;
        }),
    ),
  );
  return {
    roles: [...new Set(found.flatMap((group) => group?.roles ?? []))],
    whole: found.every((group) => group !== undefined),
  };
}
