/** What the edge and cloudflared do to headers on the way in and on the way out. */

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

/** Access's cookie, by its name. */
export const COOKIE = "CF_Authorization";

/** Every value of Access's cookie: applications below one host may each have left one. */
export function accessCookies(header: string | undefined): string[] {
  return pairs(header).flatMap((pair) => (isAccess(pair) ? [pair.slice(COOKIE.length + 1)] : []));
}

const pairs = (header: string | undefined): string[] =>
  (header ?? "").split(";").map((pair) => pair.trim());
const isAccess = (pair: string): boolean => pair.startsWith(`${COOKIE}=`);

/**
 * What goes on to the origin. Whatever a client says in `Cf-…` is dropped (the edge alone speaks there), and so is
 * Access's cookie: Cloudflare does not promise to pass it on, so nothing behind us may come to need it.
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
    // Cloudflare would say https; here the visitor really came by http, and an origin's absolute links must work.
    "x-forwarded-proto": "http",
    "cf-connecting-ip": visit.ip,
    ...(jwt !== undefined && { "cf-access-jwt-assertion": jwt }),
  };
}

/** cloudflared drops these of an origin's answer (measured with 2026.1.2). */
const NEVER_OUT = /^cf-(int|cloudflared|proxy)-/;

/** An origin's raw headers as the visitor gets them; `relocated` puts each Location right. */
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
