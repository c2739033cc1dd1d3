import type { z } from "zod";
import type { Owner } from "../core/domain/owner.ts";
import type { LabelDialect } from "../core/labels/dialects.ts";
import type { Secret } from "../core/secret.ts";
import { contradictions } from "./contradictions.ts";
import { readDockerAddress } from "./docker.ts";
import type { DockerAddress } from "./docker-address.ts";
import type { SettingFault } from "./fault.ts";
import type { ListenAddress } from "./listen.ts";
import { secretsIn, type Target } from "./notify-target.ts";
import { type Environment, type ReadEnvironment, readEnvironment } from "./read-environment.ts";
import { RawSettings, SETTING_NAMES, type SourceName } from "./settings.ts";
import type { TunnelSelector } from "./tunnel.ts";
import { likelyTypo, unknownSettings } from "./unknown-settings.ts";

/**
 * The settings. They are read once; no other code reads the environment. Durations in milliseconds.
 */
export interface Config {
  readonly cloudflare: {
    readonly token: Secret;
    readonly accountId: string | undefined;
    readonly baseUrl: string | undefined;
  };
  readonly tunnel: { readonly selector: TunnelSelector; readonly tokenFile: string | undefined };
  readonly authentik: {
    /** The address that browsers and Cloudflare use; no trailing slash. */
    readonly url: string;
    /** The hostname of `url`. */
    readonly host: string;
    /** The path prefix of `url`, or "". */
    readonly path: string;
    /** The address that cfauth uses; no trailing slash. */
    readonly apiUrl: string;
    readonly token: Secret;
    /**
     * Name or Compose service of Authentik's own container; undefined means the host of `apiUrl`.
     */
    readonly container: string | undefined;
    readonly slug: string;
    readonly flow: string;
  };
  /** Where workloads come from. */
  readonly source: SourceName;
  readonly docker: DockerAddress;
  /** True if labels that come from an image count. */
  readonly imageLabels: boolean;
  /** Undefined if it must be derived from the engine's id. */
  readonly owner: Owner | undefined;
  readonly labels: {
    readonly prefix: string;
    /** Label dialects of other tools that cfauth reads as its own. */
    readonly reads: readonly LabelDialect[];
    /** The preferred one first. */
    readonly networks: readonly string[];
    readonly target: "name" | "id" | "ip" | "published";
    readonly domain: string | undefined;
    /** Undefined means every zone that the token can see. */
    readonly zones: readonly string[] | undefined;
    readonly waitHealthy: boolean;
    readonly allowService: boolean;
    readonly allowPublic: boolean;
    /** Files on cloudflared's file system that `origin.caPool` may name. */
    readonly caPools: readonly string[];
    readonly defaults: {
      readonly access: "authentik" | "public";
      readonly groups: readonly string[];
      readonly session: string;
    };
  };
  readonly tiles: boolean;
  readonly graceMs: number;
  readonly startupGraceMs: number;
  readonly resyncMs: number;
  readonly listen: ListenAddress;
  readonly dryRun: boolean;
  /** Where notifications go. */
  readonly notify: readonly Target[];
  /** `format` undefined means pretty on a terminal, otherwise JSON. */
  readonly log: {
    readonly level: RawSettings["LOG_LEVEL"];
    readonly format: "json" | "pretty" | undefined;
  };
  /** Values that must never be printed. */
  readonly secrets: readonly Secret[];
}

export type ReadConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly faults: readonly SettingFault[] };

/**
 * Reads the settings from the environment, or reports all faults at once, by name and without
 * values.
 *
 * @param readFile - reads the `_FILE` form of a setting and certificates; throws if it cannot
 */
export function readConfig(env: Environment, readFile: (path: string) => string): ReadConfig {
  const gathered = readEnvironment(env, SETTING_NAMES, readFile);
  const settings = RawSettings.safeParse(gathered.texts);
  const docker = readDockerAddress(gathered.texts, readFile);
  const faults = [
    ...gathered.faults,
    ...(settings.success
      ? []
      : settings.error.issues.flatMap((issue) => toFaults(issue, gathered, env))),
    ...contradictions(gathered.texts),
    ...("faults" in docker ? docker.faults : []),
    ...unknownSettings(env, SETTING_NAMES),
  ];
  if (!settings.success || "faults" in docker || faults.length > 0) return { ok: false, faults };
  return { ok: true, config: toConfig(settings.data, docker.address) };
}

function toFaults(
  issue: z.core.$ZodIssue,
  { texts, attempted }: ReadEnvironment,
  env: Environment,
): readonly SettingFault[] {
  const name = String(issue.path[0]);
  if (issue.code === "custom")
    return [{ name, why: issue.message, fix: String(issue.params?.["fix"]) }];
  if (attempted.has(name) || texts[name] !== undefined) return [];
  const found = likelyTypo(env, name, SETTING_NAMES);
  return [
    {
      name,
      why: "is required",
      fix:
        found === undefined
          ? (HOW_TO_GET[name] ?? "set it")
          : `rename ${found}, if it was meant to be this setting`,
    },
  ];
}

const HOW_TO_GET: Readonly<Record<string, string>> = {
  CLOUDFLARE_API_TOKEN: "create a token under dash.cloudflare.com → My Profile → API Tokens",
  AUTHENTIK_URL:
    "set it to the address that browsers use for Authentik, such as https://auth.example.com",
  AUTHENTIK_TOKEN:
    "create one in Authentik → Directory → Tokens and App passwords: intent API Token, Expiring off",
};

function toConfig(settings: RawSettings, docker: DockerAddress): Config {
  const connector = settings.TUNNEL_TOKEN;
  const notify = settings.CFAUTH_NOTIFY_URL ?? [];
  return {
    cloudflare: {
      token: settings.CLOUDFLARE_API_TOKEN,
      accountId: connector?.accountId ?? settings.CLOUDFLARE_ACCOUNT_ID,
      baseUrl: settings.CLOUDFLARE_BASE_URL,
    },
    tunnel: {
      selector:
        connector === undefined ? settings.CFAUTH_TUNNEL : { by: "token", id: connector.tunnelId },
      tokenFile: settings.CFAUTH_TUNNEL_TOKEN_FILE,
    },
    authentik: {
      url: settings.AUTHENTIK_URL,
      host: new URL(settings.AUTHENTIK_URL).hostname,
      path: new URL(settings.AUTHENTIK_URL).pathname.replace(/\/+$/, ""),
      apiUrl: settings.AUTHENTIK_API_URL ?? settings.AUTHENTIK_URL,
      token: settings.AUTHENTIK_TOKEN,
      container: settings.CFAUTH_AUTHENTIK_CONTAINER,
      slug: settings.CFAUTH_AUTHENTIK_SLUG,
      flow: settings.CFAUTH_AUTHENTIK_FLOW,
    },
    source: settings.CFAUTH_SOURCES,
    docker,
    imageLabels: settings.CFAUTH_IMAGE_LABELS,
    owner: settings.CFAUTH_OWNER,
    labels: {
      prefix: settings.CFAUTH_LABEL_PREFIX,
      reads: settings.CFAUTH_READ_LABELS,
      networks: settings.CFAUTH_NETWORK,
      target: settings.CFAUTH_TARGET,
      domain: settings.CFAUTH_DOMAIN,
      zones: settings.CFAUTH_ZONES,
      waitHealthy: settings.CFAUTH_WAIT_HEALTHY,
      allowService: settings.CFAUTH_ALLOW_SERVICE,
      allowPublic: settings.CFAUTH_ALLOW_PUBLIC,
      caPools: settings.CFAUTH_CA_POOLS,
      defaults: {
        access: settings.CFAUTH_DEFAULT_ACCESS,
        groups: settings.CFAUTH_DEFAULT_GROUPS,
        session: settings.CFAUTH_DEFAULT_SESSION,
      },
    },
    tiles: settings.CFAUTH_TILES,
    graceMs: settings.CFAUTH_GRACE_PERIOD,
    startupGraceMs: settings.CFAUTH_STARTUP_GRACE_PERIOD,
    resyncMs: settings.CFAUTH_RESYNC_INTERVAL,
    listen: settings.CFAUTH_LISTEN,
    dryRun: settings.CFAUTH_DRY_RUN,
    notify,
    log: { level: settings.LOG_LEVEL, format: settings.LOG_FORMAT },
    secrets: [
      settings.CLOUDFLARE_API_TOKEN,
      settings.AUTHENTIK_TOKEN,
      ...(connector?.secrets ?? []),
      ...notify.flatMap(secretsIn),
    ],
  };
}
