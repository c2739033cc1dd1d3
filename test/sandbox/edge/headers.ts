/** What the edge and cloudflared change in the headers of requests and answers. */

import type { OutgoingHttpHeaders } from "node:http";
import type { Visit } from "./visit.ts";

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

const OURS = new Set(["x-forwarded-for", "x-forwarded-proto"]);

/** The name of Access's cookie. */
export const COOKIE = "CF_Authorization";

/** Every value of Access's cookie: each application below a host may have set one. */
export function accessCookies(header: string | undefined): string[] {
  return pairs(header).flatMap((pair) => (isAccess(pair) ? [pair.slice(COOKIE.length + 1)] : []));
}

const pairs = (header: string | undefined): string[] =>
  (header ?? "").split(";").map((pair) => pair.trim());
const isAccess = (pair: string): boolean => pair.startsWith(`${COOKIE}=`);

/**
 * The headers for the origin. Drops a client's `Cf-…` headers, which only the edge may set, and Access's cookie:
 * Cloudflare does not promise to forward it, so no origin may depend on it.
 */
export function inward(visit: Visit, jwt?: string): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {};
  for (const [name, values] of Object.entries(visit.req.headersDistinct)) {
    if (HOP_BY_HOP.has(name) || name.startsWith("cf-") || OURS.has(name)) continue;
    if (values) kept[name] = values.length === 1 ? values[0] : values;
  }
  const cookie = pairs(visit.req.headers.cookie)
    .filter((pair) => pair !== "" && !isAccess(pair))
    .join("; ");
  delete kept.cookie;
  return {
    ...kept,
    ...(cookie !== "" && { cookie }),
    ...(visit.upgrade && { connection: "Upgrade", upgrade: visit.req.headers.upgrade }),
    ...(visit.req.headers["transfer-encoding"] && { "transfer-encoding": "chunked" }),
    "x-forwarded-for": [...(visit.req.headersDistinct["x-forwarded-for"] ?? []), visit.ip].join(
      ", ",
    ),
    // Cloudflare would send https. Here the visitor uses http, and an origin's absolute links must work.
    "x-forwarded-proto": "http",
    "cf-connecting-ip": visit.ip,
    ...(jwt !== undefined && { "cf-access-jwt-assertion": jwt }),
  };
}

/** cloudflared drops these headers from an origin's answer (measured with 2026.1.2). */
const NEVER_OUT = /^cf-(int|cloudflared|proxy)-/;

/** An origin's raw headers for the visitor; `relocated` corrects each Location. */
export function outward(raw: readonly string[], relocated: (location: string) => string): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = "", value = ""] = [raw[i], raw[i + 1]];
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || NEVER_OUT.test(lower)) continue;
    kept.push(name, lower === "location" ? relocated(value) : value);
  }
  return kept;
}
