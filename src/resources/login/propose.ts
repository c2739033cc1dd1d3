import { createHash } from "node:crypto";
import type { Problem } from "../../core/domain/problem.ts";
import type { Prerequisite } from "../../core/plan/resource.ts";
import type { DesiredState } from "../../core/plan/types.ts";
import { carriesGroups, DIRECT_CLAIM, expressionFor, groupsIn, mappingName } from "./claim.ts";
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
 * Both ends of the login, one step at a time: provider, application, scope mapping, login method.
 * Each is created if absent and updated if it differs. Other settings of the user stay.
 */
export const loginPrerequisite: Prerequisite<Needs, LoginChange> = {
  kind: "login",
  pendingReason: "the login method",
  propose({ login: observed }, desired) {
    const { prerequisites } = observed;
    if ("code" in prerequisites)
      return { changes: [], problems: [prerequisites], ready: isComplete(observed) };
    const groups = requiredGroups(desired);
    return (
      proposeProvider(observed, prerequisites) ??
      proposeApplication(observed, observed.provider) ??
      proposeMapping(observed, groups) ??
      proposeAttachMapping(observed, prerequisites) ??
      proposeMethod(observed, groups) ?? {
        changes: [],
        problems: directGroupsProblems(observed, groups),
        ready: true,
      }
    );
  },
};

/**
 * A complete login is good enough for routes, even if Authentik lacks something to repair it with.
 */
const isComplete = (observed: ObservedLogin): boolean =>
  observed.method !== undefined &&
  observed.provider !== undefined &&
  observed.application !== undefined;

const proposeNow = (change: LoginChange, ready = false): Proposal => ({
  changes: [change],
  problems: [],
  ready,
});

function proposeProvider(
  observed: ObservedLogin,
  prerequisites: LoginPrerequisites,
): Proposal | undefined {
  const desired = desiredProvider(observed, prerequisites);
  if (observed.provider === undefined)
    return proposeNow({
      kind: "login",
      action: "create",
      key: "login-provider",
      subject: desired.name,
      desired,
    });
  if (isInSync(observed.provider, desired)) return undefined;
  return proposeNow({
    kind: "login",
    action: "update",
    key: "login-provider",
    subject: desired.name,
    existing: observed.provider,
    desired,
  });
}

/**
 * Without a signing key Cloudflare cannot check logins. Without grant types Authentik refuses every
 * login from 2026.5 on.
 */
function desiredProvider(
  observed: ObservedLogin,
  prerequisites: LoginPrerequisites,
): DesiredProvider {
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
    authorizationFlow: prerequisites.authorizationFlow,
    invalidationFlow: prerequisites.invalidationFlow,
    signingKey:
      key !== undefined && prerequisites.usableKeys.includes(key) ? key : prerequisites.signingKey,
    scopes: [...new Set([...(observed.provider?.scopes ?? []), ...prerequisites.scopes])],
    grantTypes: [
      ...new Set([...(observed.provider?.grantTypes ?? []), "authorization_code", "refresh_token"]),
    ],
  };
}

function proposeApplication(
  observed: ObservedLogin,
  provider: Provider | undefined,
): Proposal | undefined {
  if (provider === undefined) return undefined;
  const existing = observed.application;
  if (existing === undefined)
    return proposeNow({
      kind: "login",
      action: "create",
      key: "login-application",
      subject: observed.settings.slug,
      provider: provider.pk,
    });
  const hasProvider = existing.provider === provider.pk;
  if (hasProvider && !existing.inLibrary) return undefined;
  const change = {
    kind: "login",
    action: "update",
    key: "login-application",
    subject: existing.slug,
    existing,
    provider: provider.pk,
  } as const;
  return proposeNow(change, hasProvider && isUsable(observed));
}

const requiredGroups = ({ exposures }: DesiredState): readonly string[] =>
  [
    ...new Set(
      [...exposures.values()].flatMap(({ protection }) =>
        protection.kind === "authentik" ? protection.audience.groups : [],
      ),
    ),
  ].toSorted();

/**
 * The mapping carries the groups that routes need, and those that routes needed before. A login has
 * only the groups from when it was made. If a group were removed and came back with its container,
 * people who logged in between would be locked out.
 */
function proposeMapping(
  observed: ObservedLogin,
  required: readonly string[],
): Proposal | undefined {
  const { groups } = observed;
  const existing = groups.mapping;
  if (!groups.canWriteMapping || (existing === undefined && required.length === 0))
    return undefined;
  const before = existing === undefined ? [] : groupsIn(existing.expression);
  const expression = expressionFor(groups.owner, [...new Set([...before, ...required])]);
  if (existing?.expression === expression) return undefined;
  const action = existing === undefined ? "create" : "update";
  const subject = mappingName(groups.owner);
  return proposeNow(
    {
      kind: "login",
      action,
      key: "login-groups",
      subject,
      existing,
      path: groups.path,
      expression,
    },
    isUsable(observed),
  );
}

function proposeAttachMapping(
  observed: ObservedLogin,
  prerequisites: LoginPrerequisites,
): Proposal | undefined {
  const { provider: existing, groups } = observed;
  if (
    existing === undefined ||
    groups.mapping === undefined ||
    existing.scopes.includes(groups.mapping.pk)
  )
    return undefined;
  const desired = desiredProvider(observed, prerequisites);
  const scopes = [...desired.scopes, groups.mapping.pk];
  return proposeNow(
    {
      kind: "login",
      action: "update",
      key: "login-provider",
      subject: desired.name,
      existing,
      desired: { ...desired, scopes },
    },
    isUsable(observed),
  );
}

function proposeMethod(observed: ObservedLogin, required: readonly string[]): Proposal | undefined {
  const { provider, groups, method: existing } = observed;
  if (provider === undefined) return undefined;
  const name = methodName(observed.settings.slug, provider);
  const own = groups.mapping === undefined ? [] : [groups.claim];
  const config = methodConfig(observed, provider, own);
  const claims = [
    ...new Set([
      ...(existing?.claims ?? []),
      ...own,
      ...(needsDirectGroups(groups, required) ? [DIRECT_CLAIM] : []),
    ]),
  ].toSorted();
  const change = {
    kind: "login",
    key: "login-method",
    subject: name,
    name,
    config,
    claims,
    secret: provider.clientSecret,
  } as const;
  if (existing === undefined) return proposeNow({ ...change, action: "create" });
  const isUpToDate =
    isUsable(observed) &&
    isSameConfig(existing.config, config) &&
    claims.length === existing.claims.length;
  if (isUpToDate) return undefined;
  return proposeNow({ ...change, action: "update", existing }, isUsable(observed));
}

/** Whether people can log in with it, even if it still lacks scopes or claims. */
function isUsable(observed: ObservedLogin): boolean {
  const { provider, method: existing } = observed;
  if (provider === undefined || existing === undefined) return false;
  const config = { ...methodConfig(observed, provider), scopes: existing.config.scopes };
  return (
    existing.name === methodName(observed.settings.slug, provider) &&
    isSameConfig(existing.config, config)
  );
}

const STANDARD_SCOPES = ["openid", "email", "profile"];

/**
 * @param own - this owner's scopes, in addition to the standard ones and those of other owners and
 *   the user
 */
function methodConfig(
  observed: ObservedLogin,
  provider: Provider,
  own: readonly string[] = [],
): LoginMethodConfig {
  const { publicUrl, slug }: LoginAddressSettings = observed.settings;
  const others = (observed.method?.config.scopes ?? []).filter(
    (scope) => !STANDARD_SCOPES.includes(scope),
  );
  return {
    client_id: provider.clientId,
    auth_url: `${publicUrl}/application/o/authorize/`,
    token_url: `${publicUrl}/application/o/token/`,
    // If someone gave the application another slug, the address of its keys changed too.
    certs_url: `${publicUrl}/application/o/${observed.application?.slug ?? slug}/jwks/`,
    scopes: [...STANDARD_SCOPES, ...[...new Set([...others, ...own])].toSorted()],
    email_claim_name: "email",
    pkce_enabled: true,
  };
}

const isSameConfig = (a: LoginMethodConfig, b: LoginMethodConfig): boolean =>
  JSON.stringify(Object.entries(a).toSorted()) === JSON.stringify(Object.entries(b).toSorted());

export const methodPrefix = (slug: string): string => `Authentik (${slug})`;

/**
 * The name is the only record of which client secret Cloudflare has: the secret can be written but
 * not read, and cfauth keeps no file. 32 bits of a hash over a secret of 128 random characters
 * reveal nothing.
 */
const methodName = (slug: string, provider: Provider): string =>
  `${methodPrefix(slug)} #${createHash("sha256").update(`${provider.clientId}:${provider.clientSecret}`).digest("hex").slice(0, 8)}`;

/** Whether the login carries some required group only for its direct members. */
const needsDirectGroups = (groups: ObservedGroups, required: readonly string[]): boolean =>
  !groups.canWriteMapping && !carriesGroups(groups, required);

const ADD = "authentik_providers_oauth2.add_scopemapping";
const CHANGE = "authentik_providers_oauth2.change_scopemapping";

/** Reported as long as it lasts: people who are only indirect members are locked out. */
function directGroupsProblems(
  { groups }: ObservedLogin,
  required: readonly string[],
): readonly Problem[] {
  if (!needsDirectGroups(groups, required)) return [];
  const missing = groups.mapping === undefined ? [ADD, CHANGE] : [CHANGE];
  return [
    {
      code: "CFA-GROUP-DIRECT",
      severity: "warning",
      container: undefined,
      label: undefined,
      route: undefined,
      message:
        "Authentik does not let this token write the scope mapping, so only direct members of a group are admitted, not members of its subgroups",
      effect: "unchanged",
      fix: `give the token's user ${missing.join(" and ")}; cfauth notices at its next start, or at the twelfth resync`,
    },
  ];
}
