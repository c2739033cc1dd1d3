import { randomUUID } from "node:crypto";
import { EMAIL, ENTITLEMENTS, NOTHING, PROFILE } from "./expressions.ts";
import { selfSignedKey } from "./keys.ts";
import type { AuthentikState, Flow, ScopeMapping } from "./state.ts";
import type { Version } from "./versions.ts";

/** The default objects, which a login needs. The worker creates them some time after the API answers. */
export async function addDefaults(state: AuthentikState, version: Version): Promise<void> {
  const privateKey = await selfSignedKey();
  state.flows.push(...flows(version));
  state.scopeMappings.push(...scopeMappings(version));
  state.certificates.push({
    pk: randomUUID(),
    name: "authentik Self-signed Certificate",
    managed: null,
    privateKey,
  });
  state.certificates.push({
    pk: randomUUID(),
    name: "authentik Internal JWT Certificate",
    managed: "goauthentik.io/crypto/jwt-managed",
    privateKey,
  });
}

const explicitConsent: Omit<Flow, "pk"> = {
  name: "Authorize Application",
  slug: "default-provider-authorization-explicit-consent",
  title: "Redirecting to %(app)s",
  designation: "authorization",
  asksConsent: true,
};

const welcome = { name: "Welcome to authentik!", title: "Welcome to authentik!" };
const loggedOut = { name: "Logged out of application", title: "You've logged out of %(app)s." };
const logout = { name: "Logout", title: "Default Invalidation Flow" };

function flows(version: Version): Flow[] {
  const slug = "default-provider-invalidation-flow";
  const rows: Omit<Flow, "pk">[] = [
    {
      ...welcome,
      slug: "default-authentication-flow",
      designation: "authentication",
      asksConsent: false,
    },
    {
      ...logout,
      slug: "default-invalidation-flow",
      designation: "invalidation",
      asksConsent: false,
    },
    explicitConsent,
    {
      ...explicitConsent,
      slug: "default-provider-authorization-implicit-consent",
      asksConsent: false,
    },
  ];
  if (version.has("invalidationFlow"))
    rows.push({ ...loggedOut, slug, designation: "invalidation", asksConsent: false });
  return rows.map((flow) => ({ pk: randomUUID(), ...flow }));
}

function scopeMappings(version: Version): ScopeMapping[] {
  const rows = [
    { scope: "openid", name: "OpenID 'openid'", description: "", expression: NOTHING },
    {
      scope: "email",
      name: "OpenID 'email'",
      description: "Email address",
      expression: EMAIL(!version.has("unverifiedEmail")),
    },
    {
      scope: "profile",
      name: "OpenID 'profile'",
      description: "General Profile Information",
      expression: PROFILE,
    },
    {
      scope: "offline_access",
      name: "OpenID 'offline_access'",
      description: "Access to request new tokens without interaction",
      expression: NOTHING,
    },
    ...(version.has("entitlements")
      ? [
          {
            scope: "entitlements",
            name: "Application Entitlements",
            description: "Application entitlements",
            expression: ENTITLEMENTS,
          },
        ]
      : []),
    {
      scope: "goauthentik.io/api",
      name: "authentik API access",
      description: "authentik API Access on behalf of your user",
      expression: NOTHING,
    },
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
