import type { DesiredProvider, Provider } from "./types.ts";

/** Whether the provider is as it must be; a field that this version of Authentik does not have is passed over. */
export function isInSync(found: Provider, desired: DesiredProvider): boolean {
  return (
    found.clientType === desired.clientType &&
    found.authorizationFlow === desired.authorizationFlow &&
    (desired.invalidationFlow === undefined ||
      found.invalidationFlow === undefined ||
      found.invalidationFlow === desired.invalidationFlow) &&
    found.clientSecret !== "" &&
    found.signingKey === desired.signingKey &&
    found.encryptionKey === undefined &&
    found.claimsInIdToken &&
    sameSet(uris(found.redirectUris), uris(desired.redirectUris)) &&
    sameSet(found.scopes, desired.scopes) &&
    (found.grantTypes === undefined || sameSet(found.grantTypes, desired.grantTypes))
  );
}

const uris = (list: Provider["redirectUris"]): string[] =>
  list.map(({ mode, url, type }) => `${mode} ${type ?? "authorization"} ${url}`);

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((it) => b.includes(it));
