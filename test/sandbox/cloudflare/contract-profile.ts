import { isDeepStrictEqual } from "node:util";
import type { Profile } from "../contract.ts";
import type { Operation } from "../openapi.ts";
import { type Fields, isFields } from "./fields.ts";
import type { CloudflareState } from "./state.ts";

/** Where Cloudflare's published schema is too weak or wrong (each case tried with ajv, 2026-11). */
export function contractProfile(state: CloudflareState): Profile {
  return {
    api: "cloudflare",
    // The published error schemas of 11 operations refuse `result: null`, which every error has.
    errorSchema: "#/components/schemas/access_api-response-common-failure",
    bodySchema,
    body: (operation, body, call) => {
      if (isProbe(operation, body)) return PROBES.find(([path]) => path.test(operation.path))?.[1];
      if (isRecords(operation)) return withPatchesCompleted(state, operation, body, call.path);
      return isConfiguration(operation)
        ? withoutQuirks(withoutUnchanged(body, stored(state, call.path)), "last")
        : body;
    },
    answer: (operation, body) => {
      if (isRecords(operation)) return withRecordsCompleted(body);
      return isConfiguration(operation) ? answerWithoutQuirks(body) : withoutNulls(body);
    },
  };
}

/** The published unions accept almost anything, so this selects the intended member. */
function bodySchema({ method, path }: Operation, body: unknown): string | undefined {
  if (method !== "POST" && method !== "PUT") return undefined;
  const type = isFields(body) ? body.type : undefined;
  if (/\/access\/apps(\/\{app_id\})?$/.test(path) && (type === "self_hosted" || type === undefined))
    return "#/components/schemas/access_app_request/anyOf/0";
  if (path.includes("/access/identity_providers") && type === "oidc")
    return "#/components/schemas/access_identity-providers/anyOf/7";
  if (/\/dns_records(\/\{dns_record_id\})?$/.test(path) && type === "CNAME")
    return "#/components/schemas/dns-records_CNAMERecord";
  return undefined;
}

/** An empty write changes nothing, and its error shows whether the token may write. The schema requires a complete body. */
const PROBES: readonly (readonly [path: RegExp, whole: Fields])[] = [
  [/\/access\/apps(\/\{app_id\})?$/, { type: "self_hosted", domain: "probe.example.com" }],
  [
    /\/access\/identity_providers\/\{identity_provider_id\}$/,
    { name: "probe", type: "onetimepin", config: {} },
  ],
];

const isProbe = ({ path }: Operation, body: unknown): boolean =>
  isFields(body) &&
  Object.keys(body).length === 0 &&
  PROBES.some(([pattern]) => pattern.test(path));

function isConfiguration({ path }: Operation): boolean {
  return path.endsWith("/configurations");
}

function isRecords({ path }: Operation): boolean {
  return path.includes("/dns_records");
}

/** A PATCH contains only what it changes, but the schema requires the whole record. */
function withPatchesCompleted(
  state: CloudflareState,
  { method, path }: Operation,
  body: unknown,
  called: string,
): unknown {
  const complete = (patch: unknown, id: unknown): unknown => {
    const {
      name = "gone.example.com",
      type = "CNAME",
      ttl = 1,
    } = state.records.get(String(id)) ?? {};
    return isFields(patch) ? { name, type, ttl, ...patch } : patch;
  };
  if (method === "PATCH") return complete(body, called.split("/").at(-1));
  if (!path.endsWith("/batch") || !isFields(body) || !Array.isArray(body.patches)) return body;
  return {
    ...body,
    patches: body.patches.map((patch) => complete(patch, isFields(patch) ? patch.id : undefined)),
  };
}

/** The schema requires `data` in every record, although only types such as SRV have it, and a comment that is a string. */
function withRecordsCompleted(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withRecordsCompleted);
  if (!isFields(part)) return part;
  if ("content" in part) return { data: {}, ...part, comment: part.comment ?? "" };
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, withRecordsCompleted(value)]),
  );
}

function stored(state: CloudflareState, path: string): Fields {
  const tunnel = /\/cfd_tunnel\/([^/]+)\//.exec(path)?.[1] ?? "";
  return state.configurations.get(tunnel)?.config ?? {};
}

/** A writer copies foreign rules unchanged and is not responsible for their errors. */
function withoutUnchanged(body: unknown, before: Fields): unknown {
  if (!isFields(body) || !isFields(body.config)) return body;
  const config = Object.entries(body.config).filter(
    ([key, value]) => key === "ingress" || !isDeepStrictEqual(value, before[key]),
  );
  const ingress = body.config.ingress;
  if (!Array.isArray(ingress)) return { ...body, config: Object.fromEntries(config) };
  const known = Array.isArray(before.ingress) ? before.ingress : [];
  const unchanged = { hostname: "unchanged.example.com", service: "http_status:404" };
  const rules = ingress.map((rule) =>
    known.some((old) => isDeepStrictEqual(old, rule)) ? unchanged : rule,
  );
  return { ...body, config: { ...Object.fromEntries(config), ingress: rules } };
}

/** Options of cloudflared that the schema does not declare. */
const UNDECLARED_OPTIONS = ["bastionMode", "proxyAddress", "proxyPort", "ipRules"];

/**
 * The schema requires a hostname in every rule. The catch-all, always the last rule, has none, and foreign rules in
 * answers may have none either. The schema also requires a document, which a tunnel without configuration does not have.
 */
function withoutQuirks(body: unknown, nameless: "last" | "any"): unknown {
  if (!isFields(body)) return body;
  const { config, ...rest } = body;
  if (config === null) return rest;
  if (!isFields(config) || !Array.isArray(config.ingress)) return body;
  const rules = config.ingress.map((rule, index, all) => {
    if (!isFields(rule)) return rule;
    const named =
      nameless === "any" || (index === all.length - 1 && !("path" in rule))
        ? { hostname: "", ...rule }
        : rule;
    return isFields(rule.originRequest)
      ? { ...named, originRequest: declaredOptions(rule.originRequest) }
      : named;
  });
  return { ...rest, config: { ...config, ingress: rules } };
}

function declaredOptions(options: Fields): Fields {
  return Object.fromEntries(
    Object.entries(options).filter(([key]) => !UNDECLARED_OPTIONS.includes(key)),
  );
}

function answerWithoutQuirks(body: unknown): unknown {
  return isFields(body) ? { ...body, result: withoutQuirks(body.result, "any") } : body;
}

/** The API returns null for these, although the schema declares strings. */
const NULL_IN_ANSWERS = ["deleted_at", "conns_active_at", "conns_inactive_at"];

function withoutNulls(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withoutNulls);
  if (!isFields(part)) return part;
  const kept = Object.entries(part).filter(
    ([key, value]) => value !== null || !NULL_IN_ANSWERS.includes(key),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutNulls(value)]));
}
