import { type Diff, diffFields, type Fields, fieldsOf } from "../contract/diff.ts";
import { groupsIn } from "./claim.ts";
import type { DesiredProvider, LoginChange, LoginMethodConfig, Provider } from "./types.ts";

export function diffLogin(change: LoginChange): Diff {
  switch (change.key) {
    case "login-provider": {
      const existing = change.action === "update" ? change.existing : undefined;
      // A version without an invalidation flow ignores the desired one.
      const desired =
        existing?.invalidationFlow === undefined && existing !== undefined
          ? { ...change.desired, invalidationFlow: undefined }
          : change.desired;
      return diffFields(existing && providerFields(existing), providerFields(desired), {
        sensitive: existing?.clientSecret ? [] : ["clientSecret"],
      });
    }
    case "login-application":
      return diffFields(
        change.action === "update"
          ? fieldsOf({ provider: change.existing.provider, inLibrary: change.existing.inLibrary })
          : undefined,
        {
          ...(change.action === "create" && { name: change.subject }),
          provider: change.provider,
          inLibrary: false,
        },
      );
    case "login-method": {
      const existing = change.action === "update" ? change.existing : undefined;
      return diffFields(
        existing && methodFields(existing.config, existing.claims),
        methodFields(change.config, change.claims),
        { sensitive: existing?.name === change.name ? [] : ["clientSecret"] },
      );
    }
    case "login-groups":
      return diffFields(change.existing && { groups: groupsIn(change.existing.expression) }, {
        groups: groupsIn(change.expression),
      });
    case "login-method-gone":
    case "login-application-gone":
    case "login-provider-gone":
    case "login-groups-gone":
      return diffFields({ name: change.subject.replace(/ #[0-9a-f]{8}$/, "") }, undefined);
  }
}

const providerFields = (it: Provider | DesiredProvider): Fields =>
  fieldsOf({
    name: it.name,
    clientType: it.clientType,
    callbacks: it.redirectUris.map(describeCallback),
    flow: it.authorizationFlow,
    logoutFlow: it.invalidationFlow,
    signingKey: it.signingKey,
    encrypted: "encryptionKey" in it && it.encryptionKey !== undefined,
    claimsInToken: !("claimsInIdToken" in it) || it.claimsInIdToken,
    scopes: it.scopes.length,
    grantTypes: it.grantTypes ?? [],
  });

/** The type comes first, because a long URL may be cut off at the end of the line. */
const describeCallback = ({ mode, url, type }: Provider["redirectUris"][number]): string =>
  `${mode === "strict" ? "" : "pattern "}${type === "logout" ? "logout " : ""}${url}`;

const methodFields = (
  {
    client_id,
    auth_url,
    token_url,
    certs_url,
    scopes,
    email_claim_name,
    pkce_enabled,
  }: LoginMethodConfig,
  claims: readonly string[],
): Fields => ({
  client: client_id,
  authorize: auth_url,
  token: token_url,
  keys: certs_url,
  emailClaim: email_claim_name,
  scopes,
  claims,
  pkce: pkce_enabled,
});
