import type { DesiredProvider, Provider } from "./types.ts";

/** Whether the provider is as it must be; a field that this version of Authentik does not have is passed over. */
export function isInSync(found: Provider, wish: DesiredProvider): boolean {
  return (
    found.clientType === wish.clientType &&
    found.authorizationFlow === wish.authorizationFlow &&
    (wish.invalidationFlow === undefined || found.invalidationFlow === undefined || found.invalidationFlow === wish.invalidationFlow) &&
    found.clientSecret !== "" &&
    found.signingKey === wish.signingKey &&
    found.encryptionKey === undefined &&
    found.claimsInIdToken &&
    sameSet(uris(found.redirectUris), uris(wish.redirectUris)) &&
    sameSet(found.scopes, wish.scopes) &&
    (found.grantTypes === undefined || sameSet(found.grantTypes, wish.grantTypes))
  );
}

const uris = (list: Provider["redirectUris"]): string[] => list.map(({ mode, url, type }) => `${mode} ${type ?? "authorization"} ${url}`);

const sameSet = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((it) => b.includes(it));
