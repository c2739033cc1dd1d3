/** One request from the internet, read once: what was asked for, by whom, and how to answer. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { html, type Page } from "./pages.ts";

/** How a request ended. */
export type Decision =
  /** 530: no proxied record leads this name to a tunnel. */
  | "no-dns"
  /** 530: the record's tunnel has no configuration. */
  | "no-tunnel"
  /** Sent to the team's login page. */
  | "login"
  /** Access knows who it is, and says no. */
  | "denied"
  /** One of Access's own pages: the team domain, the end of a login, a logout. */
  | "access-page"
  /** cloudflared's JWT check shut it out. */
  | "refused-by-connector"
  /** cloudflared answered by itself: `http_status`, `hello_world`, no rule, an origin that cannot be reached. */
  | "connector"
  /** The origin answered. */
  | "origin"
  /** A host that is served past the tunnel. */
  | "direct"
  /** 500: the sandbox does not know what Cloudflare would do. */
  | "fault";

/** How a request came past Access: no application covered it, a bypass policy, or a login or service token. */
export type PastAccess = "open" | "bypass" | "passed";

/** What was decided on one request. */
export interface Seen {
  readonly host: string;
  /** The request target exactly as it came, query included. */
  readonly path: string;
  readonly method: string;
  readonly decision: Decision;
  /** 101 for a WebSocket that was let through. */
  readonly status: number;
  /** Absent when Access was not asked or did not let it past. */
  readonly access?: PastAccess;
  /** Name of the Access application that covered it. */
  readonly application?: string;
  /** Of the visitor who passed by a login. */
  readonly email?: string;
}

export interface Visit {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** A WebSocket upgrade brings its connection along. */
  readonly upgrade?: { readonly socket: Duplex; readonly head: Buffer };
  /** As the visitor wrote it, without the port: what cloudflared compares. */
  readonly host: string;
  /** Lower case, no closing dot: what DNS and Access compare. */
  readonly name: string;
  /** The request target exactly as it came. */
  readonly target: string;
  /** Decoded, uncleaned, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly ip: string;
  /** Filled in on the way, for the report. */
  readonly notes: { access?: PastAccess; application?: string; email?: string };
  /** Called right before the answer's head is sent, so that whoever has the answer can already see the report. */
  readonly report: (decision: Decision, status: number) => void;
}

/**
 * The path of a request target as cloudflared matches it: without the query, decoded, not cleaned.
 * @returns undefined when a `%` begins no escape; Go's servers answer 400 as well
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
 * Reads a request. The target is split by hand: `new URL("//hooks", base)` would take `hooks` for a host, and
 * would clean `/a/../b`.
 * @returns undefined when the request is malformed: no or two hosts, a target that is no path
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

/** Sends a page of the edge's own and reports it. */
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
