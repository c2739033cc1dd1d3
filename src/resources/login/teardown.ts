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
 * What one who leaves for good takes of the login, one step at a time, once nothing of this owner's is left that needs it.
 *
 * | the object                | needed by others        | by nobody                                            |
 * |---------------------------|-------------------------|------------------------------------------------------|
 * | login method, doubles too | our claim and scope go  | deleted                                              |
 * | application and provider  | our mapping goes out    | deleted, after the login method                      |
 * | scope mapping             | –                       | deleted, after it was taken out of the provider      |
 */
export const collectUnusedLogin: GarbageCollector<Needs, LoginChange> = ({
  login,
  access,
  policy,
}) => {
  // Authentik's own hostname is open to all, and goes last: cfauth may reach Authentik by it.
  const routes = [...access.mine.keys()].filter((route) => route !== authentikRouteKey(login));
  const policies = policy.mine.filter(({ decision }) => decision !== "bypass");
  const next =
    routes.length + access.duplicates.length + policies.length > 0 ? undefined : nextRemoval(login);
  return next === undefined ? [] : [next];
};

/** What of the login is the next to be taken away, once nothing needs it. */
export const nextRemoval = (login: ObservedLogin): LoginChange | undefined =>
  method(login) ?? provider(login) ?? mapping(login);

/** Authentik's own, as the key of a route. */
export function authentikRouteKey({ settings }: ObservedLogin): string {
  const { hostname, path } = addressOf(settings);
  return `${hostname}${path}`;
}

/** Why the login method stays; undefined where it can go, or is gone. */
export function whyMethodStays({
  method: at,
  groups,
  dependents = ["nobody looked who uses it"],
}: ObservedLogin): string | undefined {
  if (at === undefined) return undefined;
  const other = at.claims.find(
    (claim) => claim.startsWith("cfauth_groups_") && claim !== groups.claim,
  );
  return dependents[0] ?? (other && `the groups of another cfauth travel by it (${other})`);
}

/** Why provider and application in Authentik stay. */
export function whyProviderStays(login: ObservedLogin): string | undefined {
  const { application, provider: at, settings, teamDomain, otherMethods = [] } = login;
  const stays = whyMethodStays(login);
  if (stays !== undefined) return `the login method in Cloudflare stays: ${stays}`;
  const [sharer] = otherMethods;
  if (sharer !== undefined)
    return `the login method "${redactPersonalData(sharer)}" in Cloudflare logs in by them`;
  const other = at?.redirectUris.find(
    ({ url }) => url !== `https://${teamDomain}/cdn-cgi/access/callback`,
  );
  if (other !== undefined) return `the provider answers ${other.url} as well`;
  return application !== undefined && application.slug !== settings.slug
    ? `somebody gave the application another slug, ${application.slug}`
    : undefined;
}

function method(login: ObservedLogin): LoginChange | undefined {
  const { method: at, provider: by, groups, duplicates = [] } = login;
  if (at === undefined) return undefined;
  const [next = at] = duplicates;
  if (whyMethodStays(login) === undefined)
    return {
      kind: "login",
      action: "delete",
      key: "login-method-gone",
      subject: next.name,
      existing: next,
    };
  const claims = at.claims.filter((claim) => claim !== groups.claim);
  const config = {
    ...at.config,
    scopes: at.config.scopes.filter((scope) => scope !== groups.claim),
  };
  // Without its client secret, which is written whole each time, it could not be written.
  if (
    !by?.clientSecret ||
    (claims.length === at.claims.length && config.scopes.length === at.config.scopes.length)
  )
    return undefined;
  const { name } = at;
  return {
    kind: "login",
    action: "update",
    key: "login-method",
    subject: name,
    existing: at,
    name,
    config,
    claims,
    secret: by.clientSecret,
  };
}

function provider(login: ObservedLogin): LoginChange | undefined {
  const { application, provider: at, groups } = login;
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
      at && {
        kind: "login",
        action: "delete",
        key: "login-provider-gone",
        subject: at.name,
        existing: at,
      }
    );
  }
  const pk = groups.mapping?.pk;
  const signingKey =
    at?.signingKey ?? ("code" in login.prerequisites ? undefined : login.prerequisites.signingKey);
  if (at === undefined || pk === undefined || !at.scopes.includes(pk) || signingKey === undefined)
    return undefined;
  const exposure = {
    name: at.name,
    clientType: "confidential",
    redirectUris: at.redirectUris,
    authorizationFlow: at.authorizationFlow,
    invalidationFlow: at.invalidationFlow,
    signingKey,
    scopes: at.scopes.filter((scope) => scope !== pk),
    grantTypes: at.grantTypes ?? ["authorization_code", "refresh_token"],
  } as const;
  return {
    kind: "login",
    action: "update",
    key: "login-provider",
    subject: at.name,
    existing: at,
    desired: exposure,
  };
}

const mapping = ({ groups }: ObservedLogin): LoginChange | undefined =>
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
