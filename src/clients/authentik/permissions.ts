import { AUTHENTIK_OPERATIONS, type AuthentikOperation } from "./operations.ts";

const daily: readonly AuthentikOperation[] = Object.values<AuthentikOperation>(
  AUTHENTIK_OPERATIONS,
).filter(({ leaving }) => leaving !== true);

const needed = [...new Set(daily.map(({ permission }) => permission))]
  .filter((permission) => permission !== "any token")
  .toSorted();

const ofSecrets = (permission: string): boolean => permission.startsWith("authentik_secrets.");

/** All that the token's user has to be allowed, as `app_label.codename`. Sorted. */
export const permissions: readonly string[] = needed.filter((permission) => !ofSecrets(permission));

/** What comes to it from Authentik 2026.11 on, where client secrets are objects of their own. Sorted. */
export const secretPermissions: readonly string[] = needed.filter(ofSecrets);
