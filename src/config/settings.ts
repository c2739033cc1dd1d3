import { z } from "zod";
import { parseSession } from "../core/domain/session.ts";
import { LABEL_DIALECTS, type LabelDialect } from "../core/labels/dialects.ts";
import { closestMatch } from "../core/text/closest-match.ts";
import { splitList } from "../core/text/list.ts";
import type { ParseResult } from "../core/text/parse-result.ts";
import { parseListen } from "./listen.ts";
import { parseTargets } from "./notify-target.ts";
import { parseConnectorToken, parseTunnel } from "./tunnel.ts";
import { parseApiUrl, parsePublicUrl } from "./urls.ts";
import {
  durationOf,
  oneOf,
  parseCaPools,
  parseContainer,
  parseDomain,
  parseFile,
  parseFlagSetting,
  parseId,
  parseNames,
  parseNetworks,
  parseOwnerName,
  parsePrefix,
  parseSlug,
  parseToken,
  parseZones,
} from "./values.ts";

/** Wraps a parser as a Zod type: the reason becomes the issue's message, the advice its `fix`. */
const read = <T>(parse: (text: string) => ParseResult<T>) =>
  z.string().transform((text, context): T => {
    const value = parse(text);
    if (value.ok) return value.value;
    context.addIssue({ code: "custom", message: value.why, params: { fix: value.fix } });
    return z.NEVER;
  });

/** A place where workloads come from. */
export type SourceName = "containers";

function parseSource(text: string): ParseResult<SourceName> {
  const sources = splitList(text);
  if (sources.length > 0 && sources.every((source) => source === "containers"))
    return { ok: true, value: "containers" };
  const why = sources.includes("swarm")
    ? "asks for swarm, which this version does not support yet"
    : "is not a source";
  return { ok: false, why, fix: "write containers, or remove it" };
}

function parseReads(text: string): ParseResult<readonly LabelDialect[]> {
  const asked = splitList(text).map((name) => ({
    name,
    family: LABEL_DIALECTS.find((it) => it === name.replace(/\.$/, "")),
  }));
  const wrong = asked.find(({ family }) => family === undefined);
  const meant = wrong && closestMatch(wrong.name, LABEL_DIALECTS);
  return wrong === undefined
    ? { ok: true, value: LABEL_DIALECTS.filter((it) => asked.some(({ family }) => family === it)) }
    : {
        ok: false,
        why: "names labels that cfauth does not support",
        fix: `write ${meant ?? `${LABEL_DIALECTS.join(" or ")}, or both with a comma`}`,
      };
}

/** All settings with their defaults. */
export const RawSettings = z.object({
  CLOUDFLARE_API_TOKEN: read(parseToken),
  CLOUDFLARE_ACCOUNT_ID: read(parseId).optional(),
  CLOUDFLARE_BASE_URL: read(parseApiUrl).optional(),
  TUNNEL_TOKEN: read(parseConnectorToken).optional(),
  CFAUTH_TUNNEL: read(parseTunnel).prefault("cfauth"),
  CFAUTH_TUNNEL_TOKEN_FILE: read(parseFile).optional(),
  AUTHENTIK_URL: read(parsePublicUrl),
  AUTHENTIK_API_URL: read(parseApiUrl).optional(),
  AUTHENTIK_TOKEN: read(parseToken),
  CFAUTH_AUTHENTIK_SLUG: read(parseSlug).prefault("cf-tunnel-access"),
  CFAUTH_AUTHENTIK_FLOW: read(parseSlug).prefault(
    "default-provider-authorization-explicit-consent",
  ),
  CFAUTH_AUTHENTIK_CONTAINER: read(parseContainer).optional(),
  CFAUTH_OWNER: read(parseOwnerName).optional(),
  CFAUTH_NETWORK: read(parseNetworks).prefault("tunnel"),
  CFAUTH_TARGET: read(oneOf("name", "id", "ip", "published")).prefault("name"),
  CFAUTH_SOURCES: read(parseSource).prefault("containers"),
  CFAUTH_DOMAIN: read(parseDomain).optional(),
  CFAUTH_ZONES: read(parseZones).optional(),
  CFAUTH_DEFAULT_ACCESS: read(oneOf("authentik", "public")).prefault("authentik"),
  CFAUTH_DEFAULT_GROUPS: read(parseNames).prefault(""),
  CFAUTH_DEFAULT_SESSION: read(parseSession).prefault("24h"),
  CFAUTH_ALLOW_PUBLIC: read(parseFlagSetting).prefault("true"),
  CFAUTH_TILES: read(parseFlagSetting).prefault("true"),
  CFAUTH_WAIT_HEALTHY: read(parseFlagSetting).prefault("true"),
  CFAUTH_GRACE_PERIOD: read(durationOf(0, "0s")).prefault("60s"),
  CFAUTH_STARTUP_GRACE_PERIOD: read(durationOf(0, "0s")).prefault("5m"),
  CFAUTH_RESYNC_INTERVAL: read(durationOf(1_000, "1s")).prefault("5m"),
  CFAUTH_READ_LABELS: read(parseReads).prefault(""),
  CFAUTH_NOTIFY_URL: read(parseTargets).optional(),
  CFAUTH_ALLOW_SERVICE: read(parseFlagSetting).prefault("false"),
  CFAUTH_IMAGE_LABELS: read(parseFlagSetting).prefault("false"),
  CFAUTH_CA_POOLS: read(parseCaPools).prefault(""),
  CFAUTH_LISTEN: read(parseListen).prefault("0.0.0.0:8080"),
  CFAUTH_DRY_RUN: read(parseFlagSetting).prefault("false"),
  CFAUTH_LABEL_PREFIX: read(parsePrefix).prefault("cfauth"),
  LOG_LEVEL: read(oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent")).prefault(
    "info",
  ),
  LOG_FORMAT: read(oneOf("json", "pretty")).optional(),
  DOCKER_HOST: z.string().optional(),
  DOCKER_TLS_VERIFY: z.string().optional(),
  DOCKER_CERT_PATH: z.string().optional(),
});

export type RawSettings = z.infer<typeof RawSettings>;

export const SETTING_NAMES: readonly string[] = Object.keys(RawSettings.shape);
