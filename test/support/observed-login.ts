/** Builders for an observed login that is in sync. A test passes only what differs. */

import type { DesiredState } from "../../src/core/plan/types.ts";
import { markOwned } from "../../src/resources/contract/owned.ts";
import { loginPrerequisite } from "../../src/resources/login/propose.ts";
import type {
  LoginMethod,
  ObservedGroups,
  ObservedLogin,
  Provider,
} from "../../src/resources/login/types.ts";
import { desiredForGroups, owner } from "./observed-state.ts";

export const SLUG = "cf-tunnel-access";
export const CALLBACK = {
  mode: "strict",
  url: "https://team.cloudflareaccess.com/cdn-cgi/access/callback",
  type: "authorization",
};
export const CONFIG = {
  client_id: "id",
  auth_url: "https://auth.example.com/application/o/authorize/",
  token_url: "https://auth.example.com/application/o/token/",
  certs_url: "https://auth.example.com/application/o/cf-tunnel-access/jwks/",
  scopes: ["openid", "email", "profile"],
  email_claim_name: "email",
  pkce_enabled: true,
};
/** The suffix is the beginning of the SHA-256 of `id:secret`. */
export const NAME = "Authentik (cf-tunnel-access) #fc69635e";

export const provider = (more: Partial<Provider> = {}): Provider => ({
  pk: 7,
  name: SLUG,
  clientId: "id",
  clientSecret: "secret",
  clientType: "confidential",
  redirectUris: [CALLBACK],
  authorizationFlow: "flow",
  invalidationFlow: "gone",
  signingKey: "key",
  encryptionKey: undefined,
  scopes: ["s-1", "s-2"],
  grantTypes: ["authorization_code", "refresh_token"],
  claimsInIdToken: true,
  assignedTo: SLUG,
  ...more,
});
export const method = (more: Partial<LoginMethod> = {}) =>
  markOwned<LoginMethod>({
    id: "idp-1",
    name: NAME,
    config: CONFIG,
    claims: [],
    unmanagedFields: {},
    ...more,
  });
export const groups = (more: Partial<ObservedGroups> = {}): ObservedGroups => ({
  owner: owner(),
  claim: "cfauth_groups_home",
  path: MAPPINGS,
  mapping: undefined,
  canWriteMapping: true,
  ...more,
});
export const MAPPINGS = "/propertymappings/provider/scope/";
export const observedLogin = (more: Partial<ObservedLogin> = {}): ObservedLogin => ({
  teamDomain: "team.cloudflareaccess.com",
  prerequisites: {
    authorizationFlow: "flow",
    invalidationFlow: "gone",
    signingKey: "key",
    usableKeys: ["key", "key-of-mine"],
    scopes: ["s-1", "s-2"],
  },
  provider: provider(),
  application: { slug: SLUG, name: "Cloudflare", provider: 7, inLibrary: false },
  method: method(),
  groups: groups(),
  settings: { slug: SLUG, publicUrl: "https://auth.example.com" },
  ...more,
});
export const proposeLogin = (
  more: Partial<ObservedLogin> = {},
  desired: DesiredState = desiredForGroups(),
) => loginPrerequisite.propose({ login: observedLogin(more) }, desired);

export const DESIRED_PROVIDER = {
  name: SLUG,
  clientType: "confidential",
  redirectUris: [CALLBACK],
  authorizationFlow: "flow",
  invalidationFlow: "gone",
  signingKey: "key",
  scopes: ["s-1", "s-2"],
  grantTypes: ["authorization_code", "refresh_token"],
};
