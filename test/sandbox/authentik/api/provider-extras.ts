import type { Answer, Request, Route } from "../../routes.ts";
import { attached, claimsOf, subject } from "../claims.ts";
import { issuerOf, oidcPaths } from "../oidc/paths.ts";
import { callerOrigin } from "../origin.ts";
import { type AuthentikState, applicationOf, tokenOwner } from "../state.ts";
import type { Version } from "../versions.ts";
import { providerResource } from "./providers.ts";
import { invalid } from "./refusal.ts";
import { rowOf } from "./resource.ts";

export function providerExtraRoutes(state: AuthentikState, version: Version): Route[] {
  const one = "/providers/oauth2/{key}/";
  return [
    {
      method: "GET",
      path: `${one}setup_urls/`,
      answer: (request) => setupUrls(state, version, request),
    },
    {
      method: "GET",
      path: `${one}preview_user/`,
      answer: (request) => preview(state, version, request),
    },
  ];
}

/**
 * Built from the address that the caller used, not from a public one. Without an application there is no issuer and
 * no `jwks` field (the schema declares 404).
 */
function setupUrls(state: AuthentikState, version: Version, request: Request): Answer {
  const provider = rowOf(providerResource(state, version), request);
  const application = applicationOf(state, provider);
  const origin = callerOrigin(request.headers);
  const paths = oidcPaths(application?.slug ?? "");
  const body = {
    issuer: application ? issuerOf(origin, provider, application) : null,
    authorize: origin + paths.authorize,
    token: origin + paths.token,
    user_info: origin + paths.userinfo,
    provider_info: application ? origin + paths.discovery : null,
    logout: application ? origin + paths.endSession : null,
    ...(application && { jwks: origin + paths.jwks }),
    dcr_registration: null,
  };
  return { status: 200, body: version.trimmed("setupUrls", body) };
}

/** The ID token that a user would get if the client requested every scope. */
function preview(state: AuthentikState, version: Version, request: Request): Answer {
  const provider = rowOf(providerResource(state, version), request);
  const application = applicationOf(state, provider);
  const wished = request.call.query.get("for_user");
  const user =
    wished === null ? tokenOwner(state) : state.users.find(({ pk }) => String(pk) === wished);
  if (!user) throw invalid({ for_user: "User not found" });
  const scopes = new Set(attached(state, provider).map(({ scope_name }) => scope_name));
  const now = Math.floor(Date.now() / 1000);
  const preview = {
    iss: application ? issuerOf(callerOrigin(request.headers), provider, application) : null,
    sub: subject(provider, user),
    aud: provider.client_id,
    exp: now + 3600,
    iat: now,
    auth_time: now,
    acr: "goauthentik.io/providers/oauth2/default",
    ...(provider.include_claims_in_id_token && claimsOf(state, provider, user, scopes)),
  };
  return { status: 200, body: { preview } };
}
