import { createHash } from "node:crypto";
import type { Problem } from "../../core/domain/problem.ts";
import type { Prerequisite } from "../../core/plan/resource.ts";
import type { DesiredState } from "../../core/plan/types.ts";
import { carries, DIRECT_CLAIM, expressionFor, groupsIn, mappingName } from "./claim.ts";
import { isInSync } from "./compare.ts";
import type {
  DesiredProvider,
  LoginAddressSettings,
  LoginChange,
  LoginMethodConfig,
  LoginPrerequisites,
  ObservedGroups,
  ObservedLogin,
  Provider,
} from "./types.ts";

type Needs = { readonly login: ObservedLogin };
type Proposal = ReturnType<Prerequisite<Needs, LoginChange>["propose"]>;

/**
 * The two ends of the login, one after the other: provider, application, login method, and then what carries the groups. Each
 * is created when absent and patched when it differs; what else the user set on them stays.
 */
export const loginPrerequisite: Prerequisite<Needs, LoginChange> = {
  kind: "login",
  pendingReason: "the login method",
  propose({ login: observed }, desired) {
    const { prerequisites } = observed;
    if ("code" in prerequisites)
      return { changes: [], problems: [prerequisites], ready: inUse(observed) };
    const wanted = groupsWanted(desired);
    return (
      provider(observed, prerequisites) ??
      application(observed, observed.provider) ??
      mapping(observed, wanted) ??
      attached(observed, prerequisites) ??
      method(observed, wanted) ?? { changes: [], problems: direct(observed, wanted), ready: true }
    );
  },
};

/** Routes can be built on a method that was whole before, while Authentik lacks something to mend it with. */
const inUse = (observed: ObservedLogin): boolean =>
  observed.method !== undefined &&
  observed.provider !== undefined &&
  observed.application !== undefined;

const now = (change: LoginChange, stands = false): Proposal => ({
  changes: [change],
  problems: [],
  ready: stands,
});

function provider(observed: ObservedLogin, parts: LoginPrerequisites): Proposal | undefined {
  const desired = providerWish(observed, parts);
  if (observed.provider === undefined)
    return now({
      kind: "login",
      action: "create",
      key: "login-provider",
      subject: desired.name,
      desired,
    });
  if (isInSync(observed.provider, desired)) return undefined;
  return now({
    kind: "login",
    action: "update",
    key: "login-provider",
    subject: desired.name,
    existing: observed.provider,
    desired,
  });
}

/** Without a signing key Cloudflare cannot check logins; without grant types Authentik from 2026.5 on refuses every one. */
function providerWish(observed: ObservedLogin, parts: LoginPrerequisites): DesiredProvider {
  const callback = {
    mode: "strict",
    url: `https://${observed.teamDomain}/cdn-cgi/access/callback`,
    type: "authorization",
  };
  const others = (observed.provider?.redirectUris ?? []).filter(
    (uri) => uri.mode === "strict" && uri.url !== callback.url && uri.url.startsWith("https://"),
  );
  const key = observed.provider?.signingKey;
  return {
    name: observed.provider?.name ?? observed.settings.slug,
    clientType: "confidential",
    redirectUris: [callback, ...others],
    authorizationFlow: parts.authorizationFlow,
    invalidationFlow: parts.invalidationFlow,
    signingKey: key !== undefined && parts.usableKeys.includes(key) ? key : parts.signingKey,
    scopes: [...new Set([...(observed.provider?.scopes ?? []), ...parts.scopes])],
    grantTypes: [
      ...new Set([...(observed.provider?.grantTypes ?? []), "authorization_code", "refresh_token"]),
    ],
  };
}

function application(
  observed: ObservedLogin,
  provider: Provider | undefined,
): Proposal | undefined {
  if (provider === undefined) return undefined;
  const found = observed.application;
  if (found === undefined)
    return now({
      kind: "login",
      action: "create",
      key: "login-application",
      subject: observed.settings.slug,
      provider: provider.pk,
    });
  const fits = found.provider === provider.pk;
  if (fits && !found.inLibrary) return undefined;
  const change = {
    kind: "login",
    action: "update",
    key: "login-application",
    subject: found.slug,
    existing: found,
    provider: provider.pk,
  } as const;
  return now(change, fits && works(observed));
}

const groupsWanted = ({ exposures }: DesiredState): readonly string[] =>
  [
    ...new Set(
      [...exposures.values()].flatMap(({ protection }) =>
        protection.kind === "authentik" ? protection.audience.groups : [],
      ),
    ),
  ].toSorted();

/**
 * The mapping lets travel what some route asks for, and what one asked for before: a login remembers only what it came with, so
 * a group that leaves and comes back with its container would shut out whoever logged in between.
 */
function mapping(observed: ObservedLogin, wanted: readonly string[]): Proposal | undefined {
  const { groups } = observed;
  const at = groups.mapping;
  if (!groups.canWriteMapping || (at === undefined && wanted.length === 0)) return undefined;
  const travel = new Set([...(at === undefined ? [] : groupsIn(at.expression)), ...wanted]);
  const expression = expressionFor(groups.owner, [...travel]);
  if (at?.expression === expression) return undefined;
  const action = at === undefined ? "create" : "update";
  const subject = mappingName(groups.owner);
  return now(
    {
      kind: "login",
      action,
      key: "login-groups",
      subject,
      existing: at,
      path: groups.path,
      expression,
    },
    works(observed),
  );
}

function attached(observed: ObservedLogin, parts: LoginPrerequisites): Proposal | undefined {
  const { provider: at, groups } = observed;
  if (at === undefined || groups.mapping === undefined || at.scopes.includes(groups.mapping.pk))
    return undefined;
  const desired = providerWish(observed, parts);
  const scopes = [...desired.scopes, groups.mapping.pk];
  return now(
    {
      kind: "login",
      action: "update",
      key: "login-provider",
      subject: desired.name,
      existing: at,
      desired: { ...desired, scopes },
    },
    works(observed),
  );
}

function method(observed: ObservedLogin, wanted: readonly string[]): Proposal | undefined {
  const { provider, groups, method: found } = observed;
  if (provider === undefined) return undefined;
  const name = methodName(observed.settings.slug, provider);
  const own = groups.mapping === undefined ? [] : [groups.claim];
  const config = methodConfig(observed, provider, own);
  const claims = [
    ...new Set([
      ...(found?.claims ?? []),
      ...own,
      ...(onlyDirect(groups, wanted) ? [DIRECT_CLAIM] : []),
    ]),
  ].toSorted();
  const exposure = {
    kind: "login",
    key: "login-method",
    subject: name,
    name,
    config,
    claims,
    secret: provider.clientSecret,
  } as const;
  if (found === undefined) return now({ ...exposure, action: "create" });
  if (works(observed) && sameConfig(found.config, config) && claims.length === found.claims.length)
    return undefined;
  return now({ ...exposure, action: "update", existing: found }, works(observed));
}

/** Whether people can log in by it, whatever it still lacks of scopes and claims. */
function works(observed: ObservedLogin): boolean {
  const { provider, method: found } = observed;
  if (provider === undefined || found === undefined) return false;
  const config = { ...methodConfig(observed, provider), scopes: found.config.scopes };
  return (
    found.name === methodName(observed.settings.slug, provider) && sameConfig(found.config, config)
  );
}

const USUAL_SCOPES = ["openid", "email", "profile"];

/** @param own - scopes of this owner's, beside the usual ones and those of other owners and of the user */
function methodConfig(
  observed: ObservedLogin,
  provider: Provider,
  own: readonly string[] = [],
): LoginMethodConfig {
  const { publicUrl, slug }: LoginAddressSettings = observed.settings;
  const others = (observed.method?.config.scopes ?? []).filter(
    (scope) => !USUAL_SCOPES.includes(scope),
  );
  return {
    client_id: provider.clientId,
    auth_url: `${publicUrl}/application/o/authorize/`,
    token_url: `${publicUrl}/application/o/token/`,
    // Where somebody gave the application another slug, its keys moved along.
    certs_url: `${publicUrl}/application/o/${observed.application?.slug ?? slug}/jwks/`,
    scopes: [...USUAL_SCOPES, ...[...new Set([...others, ...own])].toSorted()],
    email_claim_name: "email",
    pkce_enabled: true,
  };
}

const sameConfig = (a: LoginMethodConfig, b: LoginMethodConfig): boolean =>
  JSON.stringify(Object.entries(a).toSorted()) === JSON.stringify(Object.entries(b).toSorted());

export const methodPrefix = (slug: string): string => `Authentik (${slug})`;

/**
 * The login method's name carries the only memory of which client secret Cloudflare has: the secret can be written there but
 * not read back, and there is no file of ours. 32 bits of a hash over a secret of 128 random characters give nothing away.
 */
const methodName = (slug: string, provider: Provider): string =>
  `${methodPrefix(slug)} #${createHash("sha256").update(`${provider.clientId}:${provider.clientSecret}`).digest("hex").slice(0, 8)}`;

/** Whether some group that a route asks for comes with the login only for those who are in it directly. */
const onlyDirect = (groups: ObservedGroups, wanted: readonly string[]): boolean =>
  !groups.canWriteMapping && !carries(groups, wanted);

const ADD = "authentik_providers_oauth2.add_scopemapping";
const CHANGE = "authentik_providers_oauth2.change_scopemapping";

/** Said for as long as it is so: who is a member only through another group stands before a shut door. */
function direct({ groups }: ObservedLogin, wanted: readonly string[]): readonly Problem[] {
  if (!onlyDirect(groups, wanted)) return [];
  const lacking = groups.mapping === undefined ? [ADD, CHANGE] : [CHANGE];
  return [
    {
      code: "CFA-GROUP-DIRECT",
      severity: "warning",
      container: undefined,
      label: undefined,
      route: undefined,
      message:
        "Authentik does not let this token write its scope mapping, so only direct members of a group are let in, not those of a group inside it",
      effect: "unchanged",
      fix: `give the token's user ${lacking.join(" and ")}; cfauth notices at its next start, or at the twelfth resync`,
    },
  ];
}
