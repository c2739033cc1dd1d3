import { AUTHENTIK_OPERATIONS, type AuthentikOperation } from "./operations.ts";

const daemonOperations: readonly AuthentikOperation[] = Object.values<AuthentikOperation>(
  AUTHENTIK_OPERATIONS,
).filter(({ teardownOnly }) => teardownOnly !== true);

const needed = [...new Set(daemonOperations.map(({ permission }) => permission))]
  .filter((permission) => permission !== "any token")
  .toSorted();

const isAboutSecrets = (permission: string): boolean => permission.startsWith("authentik_secrets.");

/** All permissions that the token's user needs, as `app_label.codename`. Sorted. */
export const permissions: readonly string[] = needed.filter(
  (permission) => !isAboutSecrets(permission),
);

/**
 * The additional permissions since Authentik 2026.11, where client secrets are separate objects.
 * Sorted.
 */
export const secretPermissions: readonly string[] = needed.filter(isAboutSecrets);
