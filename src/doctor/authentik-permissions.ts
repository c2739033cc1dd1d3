import { z } from "zod";
import type { Authentik } from "../clients/authentik/authentik.ts";
import { ServiceError } from "../core/errors.ts";

const Named = z.looseObject({ pk: z.string() });

/** `roles` from 2025.12 on, those of its groups included. */
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

/** What the token's user may, as `app_label.codename`; `whole` where nothing else can have been given to it. */
export interface GrantedPermissions {
  readonly permissions: ReadonlySet<string>;
  readonly whole: boolean;
}

/**
 * Read from the list of permissions, which any token may read for any role (authentik/rbac/api/rbac.py, checked 2026-11). Nothing
 * is tried: Authentik looks for the object before it looks at the permission, so a change of something that is not there is
 * answered 404 with and without it (rbac/permissions.py).
 *
 * | version     | a user's permissions are those of                     |
 * |-------------|-------------------------------------------------------|
 * | from 2025.12| its roles, which it is told with itself               |
 * | before      | the roles of its groups, and its own                  |
 */
export async function readGrantedPermissions(
  authentik: Authentik,
  me: AuthentikUser,
): Promise<GrantedPermissions> {
  const roles = me.roles ?? undefined;
  const [own, ofGroups] =
    roles === undefined ? [[`user=${me.pk}`], await groupRoles(authentik, me)] : [[], undefined];
  const asked = [
    ...own,
    ...(roles?.map(({ pk }) => pk) ?? ofGroups?.roles ?? []).map((pk) => `role=${pk}`),
  ];
  const lists = await Promise.all(asked.map((by) => permissionsBy(authentik, by)));
  return { permissions: new Set(lists.flat()), whole: ofGroups?.whole ?? true };
}

const Permission = z.looseObject({ app_label: z.string(), codename: z.string() });

async function permissionsBy(authentik: Authentik, by: string): Promise<readonly string[]> {
  const [name = "", value = ""] = by.split("=");
  const found = await authentik.list("permissions.list", Permission, {
    path: "/rbac/permissions/",
    query: { [name]: value },
  });
  return found.map(({ app_label, codename }) => `${app_label}.${codename}`);
}

const GroupAnswer = z.looseObject({ roles: z.array(z.string()).nullish() });

/** A group that may not be read may have a role that nobody tells of. */
async function groupRoles(
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
