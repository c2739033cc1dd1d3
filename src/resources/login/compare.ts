import type { DesiredProvider, Provider } from "./types.ts";

/** Whether the provider is as desired. Fields that this version of Authentik lacks are ignored. */
export function isInSync(existing: Provider, desired: DesiredProvider): boolean {
  return (
    existing.clientType === desired.clientType &&
    existing.authorizationFlow === desired.authorizationFlow &&
    (desired.invalidationFlow === undefined ||
      existing.invalidationFlow === undefined ||
      existing.invalidationFlow === desired.invalidationFlow) &&
    existing.clientSecret !== "" &&
    existing.signingKey === desired.signingKey &&
    existing.encryptionKey === undefined &&
    existing.claimsInIdToken &&
    sameSet(uris(existing.redirectUris), uris(desired.redirectUris)) &&
    sameSet(existing.scopes, desired.scopes) &&
    (existing.grantTypes === undefined || sameSet(existing.grantTypes, desired.grantTypes))
  );
}

const uris = (list: Provider["redirectUris"]): string[] =>
  list.map(({ mode, url, type }) => `${mode} ${type ?? "authorization"} ${url}`);

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((it) => b.includes(it));
