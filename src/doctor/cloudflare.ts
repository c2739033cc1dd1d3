import { z } from "zod";
import { APPS, DNS, LOGIN, TUNNEL, ZONES } from "../clients/cloudflare/operations.ts";
import type { Config } from "../config/config.ts";
import { chooseZone, type Hostname } from "../core/domain/hostname.ts";
import { ServiceError } from "../core/errors.ts";
import { TOKEN_FORM } from "../core/links.ts";
import {
  type PermissionState,
  probeApps,
  probeLoginMethods,
  probeRecords,
  probeTunnel,
} from "./cloudflare-permissions.ts";
import type { DoctorContext } from "./context.ts";
import {
  type CheckResult,
  checkFrom,
  type DoctorCheck,
  type Findings,
  firstFew,
  passedCheck,
  type Requirement,
} from "./findings.ts";
import { settingSource } from "./setting-sources.ts";
import { tokenExpiry, verifyToken } from "./token.ts";

const Zone = z.looseObject({ id: z.string(), name: z.string(), status: z.string().nullish() });
type Zone = z.infer<typeof Zone>;

/** Checks the token, each of its permissions, and the zones. */
export async function checkCloudflare(context: DoctorContext): Promise<Findings> {
  const { cloudflare: client, config, settingSources, now } = context;
  const source = settingSource(settingSources, "CLOUDFLARE_API_TOKEN");
  const found = await verifyToken(client, context.account).catch((error: unknown) => {
    throw error instanceof ServiceError && error.code === "CFA-CF-TOKEN"
      ? tokenRejectedError(error, source)
      : error;
  });
  if (found.status !== "active") throw tokenRejectedError(undefined, source, found.status);
  const account = await context.account().catch((error: unknown) => {
    if (error instanceof ServiceError && error.code === "CFA-CF-ACCOUNT") return error;
    throw error;
  });
  const renew = newTokenFix(source);
  const token = tokenExpiry(
    found.expires_on ?? undefined,
    { id: "cloudflare.token", code: "CFA-CF-TOKEN-EXPIRES", fix: renew },
    now,
  );
  if (account instanceof ServiceError) {
    const need: Requirement = { id: "cloudflare.account", title: "Cloudflare account" };
    const lacks = { tunnel: need, "zero-trust": need };
    return {
      headline: "token valid, but the account is ambiguous",
      checks: [token, checkFrom(account, need)],
      blockedGroups: lacks,
    };
  }
  const all = await client.list("zones.list", Zone, (sdk, page) =>
    sdk.zones.list({ account: { id: account }, ...page }),
  );
  const zones = all.filter(({ name }) => config.labels.zones?.includes(name) ?? true);
  const permissions = await checkPermissions(context, account, zones);
  return {
    headline: headlineOf(token, permissions, zones),
    checks: [
      token,
      ...permissions,
      ...zoneChecks(config.labels.zones, all),
      ...domainChecks(config.labels, all),
    ],
    blockedGroups: lacking(permissions, zones),
  };
}

/** The link comes last, because it is longer than any line. */
const newTokenFix = (source: string): string =>
  `put a new token into ${source}, then: docker compose up -d --force-recreate cfauth; the form with everything ticked: ${TOKEN_FORM}`;

const tokenRejectedError = (
  error: ServiceError | undefined,
  source: string,
  status?: string,
): ServiceError =>
  new ServiceError({
    service: "cloudflare",
    code: "CFA-CF-TOKEN",
    message: `Cloudflare rejects the token (from ${source}): ${status === undefined ? "it is wrong, expired or deleted" : `it is ${status}`}`,
    fix: newTokenFix(source),
    transient: false,
    status: error?.status,
    vendor: error?.vendor ?? [],
  });

interface Permission {
  readonly id: string;
  readonly title: string;
  readonly held: PermissionState | "no-zone";
  /** The zones without the permission, if other zones have it. */
  readonly where?: readonly string[];
}

async function checkPermissions(
  { cloudflare: client }: DoctorContext,
  account: string,
  zones: readonly Zone[],
): Promise<readonly DoctorCheck[]> {
  const [tunnel, apps, login, records] = await Promise.all([
    probeTunnel(client, account),
    probeApps(client, account),
    probeLoginMethods(client, account),
    Promise.all(
      zones.map(async ({ id, name }) => ({ name, held: await probeRecords(client, id) })),
    ),
  ]);
  const blockedGroups = records.filter(({ held }) => held === "missing").map(({ name }) => name);
  const odd = records.map(({ held }) => held).find((held) => typeof held === "object");
  const dns =
    zones.length === 0 ? "no-zone" : blockedGroups.length > 0 ? "missing" : (odd ?? "present");
  const all: readonly Permission[] = [
    { id: "tunnel", title: TUNNEL, held: tunnel },
    { id: "access-apps", title: APPS, held: apps },
    { id: "access-login", title: LOGIN, held: login },
    {
      id: "dns",
      title: DNS,
      held: dns,
      where: blockedGroups.length < zones.length ? blockedGroups : [],
    },
    { id: "zone", title: ZONES, held: zones.length > 0 ? "present" : "missing" },
  ];
  const missing = all.filter(({ held }) => held === "missing");
  return all.map((permission) => permissionCheck(permission, editTokenFixes(missing)));
}

const RESULTS = { present: "pass", missing: "fail", "no-team": "skip", "no-zone": "skip" } as const;
const TEAM: Requirement = { id: "zero-trust.team", title: "Zero Trust" };
const ZONE_READ: Requirement = { id: "cloudflare.permission.zone", title: ZONES };

function permissionCheck(
  { id, title, held, where = [] }: Permission,
  fixes: readonly string[],
): DoctorCheck {
  const result: CheckResult = typeof held === "object" ? "warn" : RESULTS[held];
  const check = { id: `cloudflare.permission.${id}`, title, result, listed: true } as const;
  if (typeof held === "object")
    return { ...check, detail: `unknown: ${held.why}`, fixes: [RETRY_FIX] };
  if (held === "no-team")
    return { ...check, detail: "unknown until Zero Trust is set up", needs: TEAM };
  if (held === "no-zone")
    return { ...check, detail: "unknown until a zone is visible", needs: ZONE_READ };
  if (held === "present") return { ...check, detail: "present" };
  const detail =
    id === "zone"
      ? "missing, or the token covers no zone: it sees none"
      : where.length > 0
        ? `missing for ${firstFew(where)}`
        : "missing";
  return { ...check, detail, code: "CFA-CF-PERMISSION", fixes };
}

const RETRY_FIX =
  "run cfauth doctor again; if this persists, dash.cloudflare.com → My Profile → API Tokens shows the token's permissions";

const editTokenFixes = (missing: readonly Permission[]): readonly string[] => [
  `dash.cloudflare.com → My Profile → API Tokens → the token of cfauth → Edit: add ${missing.length === 1 ? "it" : "them"} (the token stays the same)`,
  `or create a new token with everything ticked: ${TOKEN_FORM}`,
];

function headlineOf(
  token: DoctorCheck & { readonly detail: string },
  permissions: readonly DoctorCheck[],
  zones: readonly Zone[],
): string {
  const of = (result: CheckResult): number =>
    permissions.filter((check) => check.result === result).length;
  const [missing, dark, all] = [of("fail"), of("warn") + of("skip"), permissions.length];
  if (missing > 0)
    return `token valid, but ${missing} of ${all} permissions ${missing === 1 ? "is" : "are"} missing`;
  const held = `${of("pass")} of ${all} permissions${dark === 0 ? "" : `, ${dark} unknown`}`;
  return `token valid, ${token.detail.split(":")[0]} · ${held} · ${zones.length === 1 ? "zone" : "zones"} ${firstFew(zones.map(({ name }) => name))}`;
}

/**
 * Reports zones in CFAUTH_ZONES that the token does not see, and zones whose name servers do not
 * point to Cloudflare yet.
 */
function zoneChecks(
  wanted: readonly string[] | undefined,
  all: readonly Zone[],
): readonly DoctorCheck[] {
  const known = new Set(all.map(({ name }) => name));
  const unseen = (wanted ?? []).filter((name) => !known.has(name));
  const used = all.filter(({ name }) => wanted?.includes(name) ?? true);
  return [
    ...unseen.map(
      (name): DoctorCheck => ({
        id: "cloudflare.zone",
        title: `zone ${name}`,
        result: "warn",
        detail: `CFAUTH_ZONES names ${name}, which the token does not see`,
        code: "CFA-CF-ZONE",
        fixes: [`give the token Zone · Read and DNS · Edit for ${name}`, "or correct CFAUTH_ZONES"],
      }),
    ),
    ...used.map(
      ({ name, status }): DoctorCheck =>
        status === "pending"
          ? pendingZoneCheck(name)
          : passedCheck("cloudflare.zone", `zone ${name}`),
    ),
  ];
}

/**
 * CFAUTH_DOMAIN completes hostnames, so it must belong to an allowed zone. The most specific zone
 * decides.
 */
function domainChecks(
  { domain, zones: wanted }: Config["labels"],
  all: readonly Zone[],
): readonly DoctorCheck[] {
  const [usable, excluded] = [true, false].map((is) =>
    all.filter(({ name }) => (wanted?.includes(name) ?? true) === is),
  );
  const choice =
    domain === undefined
      ? undefined
      : chooseZone(
          domain as Hostname,
          usable ?? [],
          (excluded ?? []).map(({ name }) => name),
        );
  if (choice?.is !== "excluded") return [];
  return [
    {
      id: "cloudflare.zone",
      title: `zone ${choice.name}`,
      result: "warn",
      detail: `CFAUTH_DOMAIN ${domain} belongs to the zone ${choice.name}, which CFAUTH_ZONES leaves out`,
      code: "CFA-CF-ZONE",
      fixes: [
        `add ${choice.name} to CFAUTH_ZONES`,
        "or set CFAUTH_DOMAIN to a domain in one of the listed zones",
      ],
    },
  ];
}

const pendingZoneCheck = (name: string): DoctorCheck => ({
  id: "cloudflare.zone",
  title: `zone ${name}`,
  result: "warn",
  detail: `${name} is pending: its name servers do not point to Cloudflare yet, so no hostname in it is reachable`,
  code: "CFA-CF-ZONE",
  fixes: [
    `dash.cloudflare.com → ${name} → Overview shows the two name servers to set at the domain's registrar`,
  ],
});

function lacking(
  permissions: readonly DoctorCheck[],
  zones: readonly Zone[],
): Findings["blockedGroups"] {
  const missing = (id: string): Requirement | undefined => {
    const check = permissions.find(
      (it) => it.id === `cloudflare.permission.${id}` && it.result === "fail",
    );
    return check && { id: check.id, title: check.title.replace(/^(Account|Zone) · /, "") };
  };
  const [tunnel, login] = [missing("tunnel"), missing("access-login")];
  const routes =
    missing("access-apps") ?? missing("zone") ?? (zones.length === 1 ? missing("dns") : undefined);
  return {
    ...(tunnel && { tunnel }),
    ...(login && { "zero-trust": login }),
    ...(routes && { routes }),
  };
}
