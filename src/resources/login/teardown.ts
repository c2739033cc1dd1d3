import type { GarbageCollector } from "../../core/plan/resource.ts";
import { redactPersonalData } from "../../core/text/redact.ts";
import type { ObservedAccessApplications } from "../access-application/types.ts";
import type { ObservedAccessPolicies } from "../access-policy/types.ts";
import { addressOf } from "./address.ts";
import { mappingName } from "./claim.ts";
import type { LoginChange, ObservedLogin } from "./types.ts";

type Needs = {
  readonly login: ObservedLogin;
  readonly access: Pick<ObservedAccessApplications, "mine" | "duplicates">;
  readonly policy: Pick<ObservedAccessPolicies, "mine">;
};

/**
 * For `cfauth destroy`: removes the login, one step at a time, once no object of this owner needs
 * it.
 *
 * | the object               | others need it             | nobody needs it                       |
 * |--------------------------|----------------------------|---------------------------------------|
 * | login method, duplicates | remove our claim and scope | delete                                |
 * | application and provider | remove our mapping         | delete, after the login method        |
 * | scope mapping            | –                          | delete, after the provider no longer  |
 * |                          |                            | has it                                |
 */
export const collectUnusedLogin: GarbageCollector<Needs, LoginChange> = ({
  login,
  access,
  policy,
}) => {
  // Authentik's own hostname is public and goes last: cfauth may reach Authentik through it.
  const routes = [...access.mine.keys()].filter((route) => route !== authentikRouteKey(login));
  const policies = policy.mine.filter(({ decision }) => decision !== "bypass");
  const isNeeded = routes.length + access.duplicates.length + policies.length > 0;
  const next = isNeeded ? undefined : nextLoginRemoval(login);
  return next === undefined ? [] : [next];
};

/** The next removal, for a login that no object of this owner needs any more. */
export const nextLoginRemoval = (login: ObservedLogin): LoginChange | undefined =>
  removeMethod(login) ?? removeProvider(login) ?? removeMapping(login);

/** The key of the route that Authentik itself has. */
export function authentikRouteKey({ settings }: ObservedLogin): string {
  const { hostname, path } = addressOf(settings);
  return `${hostname}${path}`;
}

/** Why the login method stays; undefined if it can be removed, or is gone. */
export function whyMethodStays({
  method,
  groups,
  dependents = ["cfauth has not checked who uses it"],
}: ObservedLogin): string | undefined {
  if (method === undefined) return undefined;
  const otherClaim = method.claims.find(
    (claim) => claim.startsWith("cfauth_groups_") && claim !== groups.claim,
  );
  return dependents[0] ?? (otherClaim && `it carries the groups of another cfauth (${otherClaim})`);
}

/** Why provider and application in Authentik stay. */
export function whyProviderStays(login: ObservedLogin): string | undefined {
  const { application, provider, settings, teamDomain, otherMethods = [] } = login;
  const methodReason = whyMethodStays(login);
  if (methodReason !== undefined) return `the login method in Cloudflare stays: ${methodReason}`;
  const [otherMethod] = otherMethods;
  if (otherMethod !== undefined)
    return `the login method "${redactPersonalData(otherMethod)}" in Cloudflare uses them`;
  const otherUri = provider?.redirectUris.find(
    ({ url }) => url !== `https://${teamDomain}/cdn-cgi/access/callback`,
  );
  if (otherUri !== undefined) return `the provider also has the redirect URI ${otherUri.url}`;
  return application !== undefined && application.slug !== settings.slug
    ? `someone gave the application another slug, ${application.slug}`
    : undefined;
}

function removeMethod(login: ObservedLogin): LoginChange | undefined {
  const { method, provider, groups, duplicates = [] } = login;
  if (method === undefined) return undefined;
  const [next = method] = duplicates;
  if (whyMethodStays(login) === undefined)
    return {
      kind: "login",
      action: "delete",
      key: "login-method-gone",
      subject: next.name,
      existing: next,
    };
  const claims = method.claims.filter((claim) => claim !== groups.claim);
  const scopes = method.config.scopes.filter((scope) => scope !== groups.claim);
  const isUnchanged =
    claims.length === method.claims.length && scopes.length === method.config.scopes.length;
  // Each write needs the client secret, because a write replaces the whole method.
  if (!provider?.clientSecret || isUnchanged) return undefined;
  const { name } = method;
  return {
    kind: "login",
    action: "update",
    key: "login-method",
    subject: name,
    existing: method,
    name,
    config: { ...method.config, scopes },
    claims,
    secret: provider.clientSecret,
  };
}

function removeProvider(login: ObservedLogin): LoginChange | undefined {
  const { application, provider, groups } = login;
  if (whyProviderStays(login) === undefined) {
    if (application !== undefined)
      return {
        kind: "login",
        action: "delete",
        key: "login-application-gone",
        subject: application.slug,
        existing: application,
      };
    return (
      provider && {
        kind: "login",
        action: "delete",
        key: "login-provider-gone",
        subject: provider.name,
        existing: provider,
      }
    );
  }
  const pk = groups.mapping?.pk;
  if (provider === undefined || pk === undefined || !provider.scopes.includes(pk)) return undefined;
  const signingKey =
    provider.signingKey ??
    ("code" in login.prerequisites ? undefined : login.prerequisites.signingKey);
  if (signingKey === undefined) return undefined;
  const desired = {
    name: provider.name,
    clientType: "confidential",
    redirectUris: provider.redirectUris,
    authorizationFlow: provider.authorizationFlow,
    invalidationFlow: provider.invalidationFlow,
    signingKey,
    scopes: provider.scopes.filter((scope) => scope !== pk),
    grantTypes: provider.grantTypes ?? ["authorization_code", "refresh_token"],
  } as const;
  return {
    kind: "login",
    action: "update",
    key: "login-provider",
    subject: provider.name,
    existing: provider,
    desired,
  };
}

const removeMapping = ({ groups }: ObservedLogin): LoginChange | undefined =>
  groups.mapping === undefined
    ? undefined
    : {
        kind: "login",
        action: "delete",
        key: "login-groups-gone",
        subject: mappingName(groups.owner),
        existing: groups.mapping,
        path: groups.path,
      };
