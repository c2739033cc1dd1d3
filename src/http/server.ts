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
  /** Why the daemon is not well; undefined when the last pass is recent. */
  readonly livenessFailure: () => string | undefined;
  /** Whether the first convergence is done. */
  readonly ready: () => boolean;
  /** Why what was written is not in force; undefined when it is. */
  readonly notInForce?: () => string | undefined;
  /** For Prometheus. */
  readonly metrics: (report: Report) => Promise<Exposition>;
  /** Told of what kept a page from being made: a fault of cfauth's own. */
  readonly failed: (error: unknown) => void;
}

export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * How long a connection is kept that nobody uses, in milliseconds: longer than cloudflared keeps it (90 s) and than an open page
 * waits (5 s), so that it is not we who close it just when it is used again.
 */
const KEPT_MS = 100_000;

/** Health, report and status page, to be read and nothing else. */
export async function startServer(
  parts: ServerDeps,
  { host, port }: ListenAddress,
): Promise<RunningServer> {
  const server = createServer({ keepAliveTimeout: KEPT_MS }, async (request, response) =>
    send(
      request,
      response,
      await answer(parts, request).catch((error: unknown) => broken(parts, error)),
    ),
  );
  await new Promise<void>((listening, failed) =>
    server.once("error", failed).listen({ port, ...(host !== undefined && { host }) }, listening),
  );
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

/** Whoever asked is not left waiting, and learns nothing. */
function broken({ failed }: ServerDeps, error: unknown): HttpAnswer {
  failed(error);
  return json(500, { error: "cfauth could not make this page", fix: "see its log, and report it" });
}

/** Differs from one version of cfauth to another where an open page would have to be loaded anew. */
const BUILD = `b${etagOf(STYLE + SCRIPT)}`;

/** Not stored without asking: a new version brings others under the same names. */
const asset = (type: string, body: string): HttpAnswer => ({
  status: 200,
  type,
  body,
  headers: { "cache-control": "no-cache" },
});

/** By path, from its slash on. */
type Answers<Asked extends readonly unknown[]> = Readonly<
  Record<string, (...asked: Asked) => HttpAnswer | Promise<HttpAnswer>>
>;

/** Answered under any name: health checks come by all sorts of them, and what they learn is no secret. */
const OPEN: Answers<[ServerDeps]> = {
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

/** Told only to those who may know which hostnames there are. */
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

/** For a person who went astray. */
const SEE = [...Object.keys(PAGES).filter((path) => !path.includes(".")), ...Object.keys(OPEN)];

async function answer(
  parts: ServerDeps,
  { method, url = "/", headers }: IncomingMessage,
): Promise<HttpAnswer> {
  const path = url.split("?")[0] ?? "/";
  if (method !== "GET" && method !== "HEAD")
    return json(405, { error: "this page can only be read" }, { allow: "GET, HEAD" });
  const open = OPEN[path];
  if (open !== undefined) return open(parts);
  const report = parts.report();
  if (!isAllowedHost(headers.host, routed(report)))
    return json(421, { error: UNWELCOME, fix: parts.ready() ? NAME_IT : WAIT });
  return PAGES[path]?.(report, parts) ?? json(404, { error: "there is nothing here", see: SEE });
}

/** Without those that are asked for in vain: labels come with the images of strangers. */
const routed = ({ routes }: Report): ReadonlySet<string> =>
  new Set(routes.filter(({ effect }) => effect !== "closed").map(({ hostname }) => hostname));

const UNWELCOME = "cfauth does not answer to this name";
const NAME_IT =
  "open it by its IP address, as localhost, or give the container of cfauth a hostname by its label";
const WAIT =
  "open it by its IP address or as localhost; its own hostnames are not known before the first convergence is done";

const closed = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
