import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ListenAddress } from "../config/listen.ts";
import type { Exposition } from "../metrics/metrics.ts";
import type { Report } from "../status/report.ts";
import { isAllowedHost } from "./allowed-hosts.ts";
import { etagOf, type HttpAnswer, json, send } from "./answer.ts";
import { pageHtml } from "./page/page.ts";
import { SCRIPT } from "./page/script.ts";
import { FAVICON, STYLE } from "./page/style.ts";

export interface ServerDeps {
  readonly report: () => Report;
  /** Why the daemon is unhealthy; undefined if the last pass is recent. */
  readonly livenessFailure: () => string | undefined;
  /** True once the first convergence is done. */
  readonly ready: () => boolean;
  /** Why the written rules are not in force; undefined if they are. */
  readonly notInForce?: () => string | undefined;
  /** For Prometheus. */
  readonly metrics: (report: Report) => Promise<Exposition>;
  /** Called if a page could not be rendered: a bug in cfauth. */
  readonly failed: (error: unknown) => void;
}

export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * How long an idle connection is kept, in milliseconds. Longer than cloudflared keeps it (90 s) and
 * than an open page waits (5 s), so that the server does not close a connection just as it is used
 * again.
 */
const KEEP_ALIVE_MS = 100_000;

/** Starts the read-only server for health, report, metrics and status page. */
export async function startServer(
  parts: ServerDeps,
  { host, port }: ListenAddress,
): Promise<RunningServer> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, async (request, response) =>
    send(
      request,
      response,
      await answer(parts, request).catch((error: unknown) => errorAnswer(parts, error)),
    ),
  );
  await new Promise<void>((listening, failed) =>
    server.once("error", failed).listen({ port, ...(host !== undefined && { host }) }, listening),
  );
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server) };
}

/** The client gets an answer without any details of the error. */
function errorAnswer({ failed }: ServerDeps, error: unknown): HttpAnswer {
  failed(error);
  return json(500, {
    error: "cfauth could not render this page",
    fix: "see the log of cfauth and report the error",
  });
}

/** Changes whenever style or script change, so that an open page reloads itself. */
const BUILD = `b${etagOf(STYLE + SCRIPT)}`;

/** Must be revalidated: a new version serves other content under the same names. */
const asset = (type: string, body: string): HttpAnswer => ({
  status: 200,
  type,
  body,
  headers: { "cache-control": "no-cache" },
});

/** Handlers by path. */
type Answers<Asked extends readonly unknown[]> = Readonly<
  Record<string, (...asked: Asked) => HttpAnswer | Promise<HttpAnswer>>
>;

/** Answered under any hostname: health checks use many of them, and the answers are no secret. */
const HEALTH_PATHS: Answers<[ServerDeps]> = {
  "/healthz": ({ livenessFailure }) => {
    const ill = livenessFailure();
    return json(ill === undefined ? 200 : 503, { status: ill ?? "ok" });
  },
  "/readyz": ({ ready, notInForce }) => {
    if (!ready()) return json(503, { status: "the first convergence is not done yet" });
    const late = notInForce?.();
    return late === undefined ? json(200, { status: "ready" }) : json(503, { status: late });
  },
};

/** Answered only under allowed hostnames, because the answers contain all routed hostnames. */
const PAGES: Answers<[Report, ServerDeps]> = {
  "/": (report) => ({
    status: 200,
    type: "text/html; charset=utf-8",
    body: pageHtml(report, BUILD),
  }),
  "/style.css": () => asset("text/css; charset=utf-8", STYLE),
  "/page.js": () => asset("text/javascript; charset=utf-8", SCRIPT),
  "/favicon.svg": () => asset("image/svg+xml", FAVICON),
  "/api/routes": (report) => json(200, report),
  "/metrics": async (report, { metrics }) => {
    const exposition = await metrics(report).catch(() => undefined);
    if (exposition === undefined) return json(500, { error: "the metrics could not be read" });
    return { status: 200, type: exposition.contentType, body: exposition.text };
  },
};

/** Listed in a 404 response. */
const KNOWN_PATHS = [
  ...Object.keys(PAGES).filter((path) => !path.includes(".")),
  ...Object.keys(HEALTH_PATHS),
];

async function answer(
  parts: ServerDeps,
  { method, url = "/", headers }: IncomingMessage,
): Promise<HttpAnswer> {
  const path = url.split("?")[0] ?? "/";
  if (method !== "GET" && method !== "HEAD")
    return json(405, { error: "this page is read-only" }, { allow: "GET, HEAD" });
  const open = HEALTH_PATHS[path];
  if (open !== undefined) return open(parts);
  const report = parts.report();
  if (!isAllowedHost(headers.host, routedHostnames(report)))
    return json(421, {
      error: HOST_NOT_ALLOWED,
      fix: parts.ready() ? HOST_FIX : HOST_FIX_WHILE_STARTING,
    });
  return (
    PAGES[path]?.(report, parts) ?? json(404, { error: "there is no such page", see: KNOWN_PATHS })
  );
}

/** Without closed routes with a problem, because labels may come from foreign images. */
const routedHostnames = ({ routes }: Report): ReadonlySet<string> =>
  new Set(routes.filter(({ effect }) => effect !== "closed").map(({ hostname }) => hostname));

const HOST_NOT_ALLOWED = "cfauth does not answer under this hostname";
const HOST_FIX = "use its IP address or localhost, or give cfauth's own container a hostname label";
const HOST_FIX_WHILE_STARTING =
  "use its IP address or localhost; its own hostnames are not known before the first convergence is done";

const closeServer = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
