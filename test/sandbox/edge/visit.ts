/** One parsed request from the internet: its target, its sender, and how to answer it. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { html, type Page } from "./pages.ts";

/** How a request ended. */
export type Decision =
  /** 530: no proxied record leads from this name to a tunnel. */
  | "no-dns"
  /** 530: the record's tunnel has no configuration. */
  | "no-tunnel"
  /** Sent to the team's login page. */
  | "login"
  /** Access knows the visitor and denies access. */
  | "denied"
  /** One of Access's own pages: the team domain, the end of a login, a logout. */
  | "access-page"
  /** cloudflared's JWT check refused it. */
  | "refused-by-connector"
  /** cloudflared itself answered: `http_status`, `hello_world`, no rule, or an unreachable origin. */
  | "connector"
  /** The origin answered. */
  | "origin"
  /** A host that is served without the tunnel. */
  | "direct"
  /** 500: the sandbox does not know what Cloudflare would do. */
  | "fault";

/** How a request passed Access: no application, a bypass policy, or a login or service token. */
export type PastAccess = "open" | "bypass" | "passed";

/** The decision on one request. */
export interface Seen {
  readonly host: string;
  /** The unchanged request target, with the query. */
  readonly path: string;
  readonly method: string;
  readonly decision: Decision;
  /** 101 for an accepted WebSocket. */
  readonly status: number;
  /** Absent if Access was not involved or refused the request. */
  readonly access?: PastAccess;
  /** The name of the Access application that covered it. */
  readonly application?: string;
  /** The e-mail address of a visitor with a login. */
  readonly email?: string;
}

export interface Visit {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The connection of a WebSocket upgrade. */
  readonly upgrade?: { readonly socket: Duplex; readonly head: Buffer };
  /** As the visitor sent it, without the port: cloudflared compares this. */
  readonly host: string;
  /** Lower case, no trailing dot: DNS and Access compare this. */
  readonly name: string;
  /** The unchanged request target. */
  readonly target: string;
  /** The decoded, uncleaned path, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly ip: string;
  /** Filled in during the request, for the report. */
  readonly notes: { access?: PastAccess; application?: string; email?: string };
  /** Called right before the answer's head is sent, so that the report exists when the answer arrives. */
  readonly report: (decision: Decision, status: number) => void;
}

/**
 * The path of a request target as cloudflared matches it: without the query, decoded, not cleaned.
 * @returns undefined if a `%` starts no valid escape; Go's servers answer 400 too
 */
export function decodedPath(target: string): string | undefined {
  const path = target.split("?", 1)[0] ?? "";
  if (/%(?![0-9a-f]{2})/i.test(path)) return undefined;
  const bytes = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/**
 * Parses a request. It splits the target by hand: `new URL("//hooks", base)` would treat `hooks` as a host and
 * would clean `/a/../b`.
 * @returns undefined if the request is malformed: no host, two hosts, or a target that is not a path
 */
export function visitOf(
  connection: Pick<Visit, "req" | "res" | "upgrade">,
  onRequest: (seen: Seen) => void,
): Visit | undefined {
  const { req } = connection;
  const target = req.url ?? "";
  const hosts = req.headersDistinct.host ?? [];
  const host = (hosts[0] ?? "").replace(/:\d*$/, "");
  if (hosts.length !== 1 || host === "" || !target.startsWith("/")) return undefined;
  const path = decodedPath(target);
  if (path === undefined) return undefined;
  const notes: Visit["notes"] = {};
  return {
    ...connection,
    host,
    name: host.toLowerCase().replace(/\.$/, ""),
    target,
    path,
    query: new URLSearchParams(target.split("?").slice(1).join("?")),
    ip: (req.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    notes,
    report: (decision, status) =>
      onRequest({ host, path: target, method: req.method ?? "GET", decision, status, ...notes }),
  };
}

/** Sends one of the edge's own pages and reports it. */
export function answer(visit: Visit, decision: Decision, page: Page): void {
  visit.report(decision, page.status);
  send(visit.res, page);
}

export function send(res: ServerResponse, page: Page): void {
  const body = page.body ?? html(page);
  res.writeHead(page.status, {
    "content-type": page.type ?? "text/html; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    ...page.headers,
  });
  res.end(res.req.method === "HEAD" ? undefined : body);
}
