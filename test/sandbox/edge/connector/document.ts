/**
 * Parses a tunnel's configuration like cloudflared, which accepts it whole or not at all. What it accepts and refuses
 * was measured with cloudflared 2026.1.2, including what seems odd (unknown keys, letter case, `0` for a duration).
 */

import { domainToASCII } from "node:url";
import { re2 } from "./re2.ts";
import { type Service, serviceOf } from "./service.ts";

/** cloudflared logs this and keeps its old configuration. */
export class RefusedDocument extends Error {}

export interface AccessCheck {
  readonly required: boolean;
  readonly teamName: string;
  readonly audTag: readonly string[];
}

export interface OriginRequest {
  readonly connectTimeoutMs: number;
  readonly httpHostHeader: string;
  readonly originServerName: string;
  readonly noTLSVerify: boolean;
  readonly matchSNItoHost: boolean;
}

export interface Rule {
  /** `""` for every host. */
  readonly hostname: string;
  /** The same in lower-case punycode; a wildcard has none. */
  readonly punycode?: string;
  readonly path?: RegExp;
  readonly service: Service;
  readonly access: AccessCheck;
  readonly origin: OriginRequest;
}

type Json = Readonly<Record<string, unknown>>;

const refuse = (why: string): never => {
  throw new RefusedDocument(why);
};

/** @throws {RefusedDocument} */
export function accept(document: unknown): Rule[] {
  const config = object(document, "config");
  object(field(config, "warp-routing"), "warp-routing");
  const top = object(field(config, "originRequest"), "originRequest");
  checked(top);
  const listed = field(config, "ingress") ?? [];
  if (!Array.isArray(listed)) return refuse("ingress is no list");
  return listed.map((rule, i) =>
    ruleOf(object(rule, `ingress[${i}]`), top, i === listed.length - 1),
  );
}

function ruleOf(json: Json, top: Json, last: boolean): Rule {
  const hostname = text(json, "hostname") === "*" ? "" : text(json, "hostname");
  const path = text(json, "path");
  if (last && (hostname !== "" || path !== "")) refuse("the last ingress rule must match all URLs");
  if (!last && hostname === "" && path === "") refuse("a rule before the last matches all URLs");
  if (hostname.includes(":") || hostname.lastIndexOf("*") > 0) refuse(`hostname ${hostname}`);
  const own = object(field(json, "originRequest"), "originRequest");
  checked(own);
  const ascii = hostname.includes("*") ? "" : domainToASCII(hostname);
  return {
    hostname,
    ...(ascii !== "" && { punycode: ascii }),
    ...(path !== "" && { path: compiled(path) }),
    service: serviceOf(text(json, "service")) ?? refuse(`service ${text(json, "service")}`),
    // Only the rule's own block: a top-level originRequest.access protects nothing.
    access: accessOf(own),
    origin: originOf(own, top),
  };
}

function compiled(path: string): RegExp {
  try {
    return re2(path);
  } catch (cause) {
    throw new RefusedDocument(`path ${path}`, { cause });
  }
}

function accessOf(own: Json): AccessCheck {
  const access = object(field(own, "access"), "access");
  const audTag = field(access, "audTag") ?? [];
  const teamName = text(access, "teamName");
  if (!Array.isArray(audTag) || audTag.some((tag) => typeof tag !== "string"))
    return refuse("audTag is no list of texts");
  if (audTag.length > 0 && teamName === "") refuse("audTag without teamName");
  return { required: flag(access, "required"), teamName, audTag };
}

function originOf(own: Json, top: Json): OriginRequest {
  const either = <T>(read: (json: Json, key: string) => T, key: string): T =>
    read(field(own, key) == null ? top : own, key);
  return {
    connectTimeoutMs: either((json, key) => seconds(json, key) ?? 30, "connectTimeout") * 1000,
    httpHostHeader: either(text, "httpHostHeader"),
    originServerName: either(text, "originServerName"),
    noTLSVerify: either(flag, "noTLSVerify"),
    matchSNItoHost: either(flag, "matchSNItoHost"),
  };
}

const FLAGS = [
  "noTLSVerify",
  "matchSNItoHost",
  "http2Origin",
  "disableChunkedEncoding",
  "noHappyEyeballs",
  "bastionMode",
];
const TEXTS = ["httpHostHeader", "originServerName", "caPool", "proxyType", "proxyAddress"];
const DURATIONS = ["connectTimeout", "tlsTimeout", "tcpKeepAlive", "keepAliveTimeout"];
const NUMBERS = ["keepAliveConnections", "proxyPort"];

/** One value of the wrong type anywhere refuses the whole document, used or not. */
function checked(origin: Json): void {
  for (const key of FLAGS) flag(origin, key);
  for (const key of TEXTS) text(origin, key);
  for (const key of [...DURATIONS, ...NUMBERS]) seconds(origin, key);
  accessOf(origin);
}

/** Go's JSON decoder accepts keys in any letter case. */
function field(json: Json, key: string): unknown {
  return (
    json[key] ??
    Object.entries(json).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1]
  );
}

function object(value: unknown, name: string): Json {
  if (value == null) return {};
  return typeof value === "object" && !Array.isArray(value)
    ? (value as Json)
    : refuse(`${name} is no object`);
}

function text(json: Json, key: string): string {
  const value = field(json, key) ?? "";
  return typeof value === "string" ? value : refuse(`${key} is no text`);
}

function flag(json: Json, key: string): boolean {
  const value = field(json, key) ?? false;
  return typeof value === "boolean" ? value : refuse(`${key} is neither true nor false`);
}

/** Durations are whole seconds: `"30s"` and 1.5 refuse the document. */
function seconds(json: Json, key: string): number | undefined {
  const value = field(json, key) ?? undefined;
  return value === undefined || Number.isInteger(value)
    ? (value as number | undefined)
    : refuse(`${key} is no whole number`);
}
