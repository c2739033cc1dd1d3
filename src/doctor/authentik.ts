import { z } from "zod";
import type { Authentik } from "../clients/authentik/authentik.ts";
import { OWN_NETWORK, type Stranger } from "../clients/authentik/lookup.ts";
import { permissions, secretPermissions } from "../clients/authentik/permissions.ts";
import { ServiceError } from "../core/errors.ts";
import { authentikPageUrl } from "../core/links.ts";
import {
  AuthentikUser,
  type GrantedPermissions,
  readGrantedPermissions,
} from "./authentik-permissions.ts";
import type { DoctorContext } from "./context.ts";
import { type DoctorCheck, type Findings, passedCheck, type Requirement } from "./findings.ts";
import { settingSource } from "./setting-sources.ts";
import { tokenExpiry } from "./token.ts";

const TITLE = "Token valid";

/** Checks that Authentik answers, the token, and each permission of its user. */
export async function checkAuthentik(context: DoctorContext): Promise<Findings> {
  const { authentik: client, config, settingSources, now } = context;
  const source = settingSource(settingSources, "AUTHENTIK_TOKEN");
  const tokens = authentikPageUrl(config.authentik.url, "core/tokens");
  const refuse = (error: unknown): never => {
    throw error instanceof ServiceError && error.code === "CFA-AK-TOKEN"
      ? tokenRejectedError(error, config.authentik.apiUrl, source, tokens)
      : error;
  };
  const version = await client
    .request("version.get", z.looseObject({ version_current: z.string() }), {
      path: "/admin/version/",
    })
    .then((answer) => answer.version_current)
    .catch(refuse);
  const { user } = await client
    .request("me.get", AuthentikUser, { path: "/core/users/me/" })
    .catch(refuse);
  const renew = `${tokens}: edit cfauth's token and turn off Expiring; otherwise Authentik replaces the key when it expires`;
  const [expires, granted, stranger] = await Promise.all([
    readExpiry(client, user),
    user.is_superuser ? undefined : readGrantedPermissions(client, user),
    context.stranger?.(),
  ]);
  const token: DoctorCheck & { readonly detail: string } =
    expires === "unknown"
      ? { id: "authentik.token", title: TITLE, result: "pass", detail: "expiry unknown" }
      : tokenExpiry(
          expires,
          { id: "authentik.token", code: "CFA-AK-TOKEN-EXPIRES", fix: renew },
          now,
        );
  const needed = [...permissions, ...(hasSecretObjects(version) ? secretPermissions : [])];
  const roles = authentikPageUrl(config.authentik.url, "identity/roles");
  const missing = granted === undefined ? [] : needed.filter((it) => !granted.permissions.has(it));
  const checks = needed.map((permission) => permissionCheck(permission, granted, missing, roles));
  const reached = passedCheck(
    "authentik.reach",
    "Authentik answers",
    `${version} at ${config.authentik.apiUrl}`,
  );
  return {
    headline: `${version} at ${config.authentik.apiUrl} · ${headlineOf(token.detail, checks, granted)}`,
    checks: [
      reached,
      ...(stranger === undefined ? [] : [strangerCheck(stranger)]),
      token,
      ...checks,
    ],
    blockedGroups: blockedGroups(checks),
  };
}

/**
 * cfauth does not send its token there, but other clients that use the name may reach that
 * container.
 */
const strangerCheck = ({ host, address, container }: Stranger): DoctorCheck => ({
  id: "authentik.name",
  title: "Name resolves only to Authentik",
  result: "warn",
  code: "CFA-AK-STRANGER",
  detail: `the name ${host} in AUTHENTIK_API_URL also resolves to ${address}, which is container ${container}; cfauth sends its token only to Authentik's container`,
  fixes: [OWN_NETWORK],
});

const tokenRejectedError = (
  error: ServiceError,
  url: string,
  source: string,
  tokens: string,
): ServiceError =>
  new ServiceError({
    service: "authentik",
    code: "CFA-AK-TOKEN",
    message: `Authentik answers at ${url} but rejects the token (from ${source}): it has expired or was replaced; Authentik renews API tokens every 30 minutes unless "Expiring" is off`,
    fix: `${tokens} → Create: intent "API Token", Expiring off; put the key into ${source}, then: docker compose up -d --force-recreate cfauth`,
    transient: false,
    status: error.status,
  });

const TokenAnswer = z.looseObject({
  intent: z.string().nullish(),
  expires: z.string().nullish(),
  expiring: z.boolean().nullish(),
});

/**
 * The API does not say which of the user's tokens is in use. The expiry is known only if no token
 * expires or there is just one.
 */
async function readExpiry(
  client: Authentik,
  { username }: AuthentikUser,
): Promise<string | undefined | "unknown"> {
  const query = { user__username: username, intent: "api" };
  const found = await client
    .list("tokens.list", TokenAnswer, { path: "/core/tokens/", query })
    .catch((error: unknown) => {
      if (error instanceof ServiceError && !error.transient) return [];
      throw error;
    });
  const tokens = found.filter(({ intent }) => intent !== "app_password");
  const [only] = tokens;
  if (only === undefined) return "unknown";
  if (tokens.every(({ expiring }) => expiring === false)) return undefined;
  return tokens.length === 1 && typeof only.expires === "string" ? only.expires : "unknown";
}

/**
 * Without these permissions routes still open, except routes that name a group; tiles and inherited
 * groups are missing.
 */
const OPTIONAL_PERMISSIONS: Readonly<Record<string, string>> = {
  "authentik_core.delete_application": "tiles of removed routes stay",
  "authentik_core.view_group": "routes that name a group are not opened",
  "authentik_policies.add_policybinding": "tiles with groups are not created",
  "authentik_policies.delete_policybinding": "tiles keep their old groups",
  "authentik_policies.view_policybinding": "tiles are not updated",
  "authentik_providers_oauth2.add_scopemapping": "only direct members of a group may enter",
  "authentik_providers_oauth2.change_scopemapping": "only direct members of a group may enter",
};

function permissionCheck(
  permission: string,
  may: GrantedPermissions | undefined,
  missing: readonly string[],
  roles: string,
): DoctorCheck {
  const check = { id: `authentik.permission.${permission}`, title: permission, listed: true };
  if (may === undefined || may.permissions.has(permission))
    return { ...check, result: "pass", detail: "present" };
  if (!may.whole)
    return {
      ...check,
      result: "warn",
      detail: "unknown: the token may not read its user's groups, whose roles may include it",
      fixes: [`see ${roles}`],
    };
  const without = OPTIONAL_PERMISSIONS[permission];
  return {
    ...check,
    result: without === undefined ? "fail" : "warn",
    detail: `missing${without === undefined ? "" : `: without it ${without}`}`,
    code: "CFA-AK-PERMISSION",
    fixes: [
      `${roles} → the role of the token's user → Permissions: assign ${missing.length === 1 ? permission : "the missing permissions"}`,
    ],
  };
}

function headlineOf(
  token: string,
  checks: readonly DoctorCheck[],
  may: GrantedPermissions | undefined,
): string {
  const all = checks.length;
  const [missing, dark] = [
    checks.filter(({ code }) => code !== undefined).length,
    checks.filter((it) => it.result === "warn" && it.code === undefined).length,
  ];
  if (missing > 0)
    return `token valid, but ${missing} of ${all} permissions ${missing === 1 ? "is" : "are"} missing`;
  const held =
    may === undefined ? "superuser, all permissions" : `${all - dark} of ${all} permissions`;
  return `token valid, ${token.split(":")[0]} · ${held}${dark === 0 ? "" : `, ${dark} unknown`}`;
}

/** True if client secrets are separate objects: from 2026.11 on. */
function hasSecretObjects(version: string): boolean {
  const [year = 0, month = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return year > 2026 || (year === 2026 && month >= 11);
}

const ESSENTIAL_READS = [
  "view_flow",
  "view_certificatekeypair",
  "view_scopemapping",
  "view_oauth2provider",
  "view_application",
];

function blockedGroups(checks: readonly DoctorCheck[]): Findings["blockedGroups"] {
  const missing = checks.find(
    ({ title, result }) =>
      result === "fail" && ESSENTIAL_READS.some((it) => title.endsWith(`.${it}`)),
  );
  const need: Requirement | undefined = missing && { id: missing.id, title: missing.title };
  return need && { login: need, routes: need };
}
