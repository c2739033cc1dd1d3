import { randomUUID } from "node:crypto";
import { selfSignedKey } from "./keys.ts";
import { EMAIL, ENTITLEMENTS, PROFILE } from "./expressions.ts";
import type { AuthentikState, Flow, ScopeMapping } from "./state.ts";
import type { Version } from "./versions.ts";

/** What the worker makes some while after the first boot, and what a login needs: the API answers before it is there. */
export async function addDefaults(state: AuthentikState, version: Version): Promise<void> {
  const privateKey = await selfSignedKey();
  state.flows.push(...flows(version));
  state.scopeMappings.push(...scopeMappings(version));
  state.certificates.push({ pk: randomUUID(), name: "authentik Self-signed Certificate", managed: null, privateKey });
  state.certificates.push({
    pk: randomUUID(), name: "authentik Internal JWT Certificate", managed: "goauthentik.io/crypto/jwt-managed", privateKey,
  });
}

const explicitConsent: Omit<Flow, "pk"> = {
  name: "Authorize Application", slug: "default-provider-authorization-explicit-consent",
  title: "Redirecting to %(app)s", designation: "authorization", asksConsent: true,
};

function flows(version: Version): Flow[] {
  const invalidation = { name: "Logged out of application", slug: "default-provider-invalidation-flow", title: "You've logged out of %(app)s." };
  const rows: Omit<Flow, "pk">[] = [
    { name: "Welcome to authentik!", slug: "default-authentication-flow", title: "Welcome to authentik!", designation: "authentication", asksConsent: false },
    { name: "Logout", slug: "default-invalidation-flow", title: "Default Invalidation Flow", designation: "invalidation", asksConsent: false },
    explicitConsent,
    { ...explicitConsent, slug: "default-provider-authorization-implicit-consent", asksConsent: false },
  ];
  if (version.has("invalidationFlow")) rows.push({ ...invalidation, designation: "invalidation", asksConsent: false });
  return rows.map((flow) => ({ pk: randomUUID(), ...flow }));
}

function scopeMappings(version: Version): ScopeMapping[] {
  const rows = [
    { scope: "openid", name: "OpenID 'openid'", description: "", expression: "# This scope is required by the OpenID-spec\nreturn {}" },
    { scope: "email", name: "OpenID 'email'", description: "Email address", expression: EMAIL(!version.has("unverifiedEmail")) },
    { scope: "profile", name: "OpenID 'profile'", description: "General Profile Information", expression: PROFILE },
    { scope: "offline_access", name: "OpenID 'offline_access'", description: "Access to request new tokens without interaction", expression: "return {}" },
    ...(version.has("entitlements")
      ? [{ scope: "entitlements", name: "Application Entitlements", description: "Application entitlements", expression: ENTITLEMENTS }]
      : []),
    { scope: "goauthentik.io/api", name: "authentik API access", description: "authentik API Access on behalf of your user", expression: "return {}" },
  ];
  return rows.map(({ scope, name, description, expression }) => ({
    pk: randomUUID(),
    managed: `goauthentik.io/providers/oauth2/scope-${scope === "goauthentik.io/api" ? "authentik_api" : scope}`,
    name: `authentik default OAuth Mapping: ${name}`,
    expression,
    scope_name: scope,
    description,
  }));
}
