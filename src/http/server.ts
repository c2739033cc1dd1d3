import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Exposition } from "../metrics/metrics.ts";
import type { Report } from "../status/report.ts";
import { welcome } from "./hosts.ts";
import type { Listen } from "./listen.ts";

export interface PageParts {
  readonly report: () => Report;
  /** Why the daemon is not well; undefined when the last pass is recent. */
  readonly ailment: () => string | undefined;
  /** Whether the first convergence is done. */
  readonly ready: () => boolean;
  /** For Prometheus. */
  readonly metrics: (report: Report) => Promise<Exposition>;
}

export interface Page {
  readonly port: number;
  close(): Promise<void>;
}

const HEADERS = {
  "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/** Health and report, to be read and nothing else. */
export async function openPage(parts: PageParts, { host, port }: Listen): Promise<Page> {
  const server = createServer((request, response) => answer(parts, request, response));
  await new Promise<void>((listening, failed) =>
    server.once("error", failed).listen({ port, ...(host !== undefined && { host }) }, listening),
  );
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

function answer(parts: PageParts, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? "/").split("?")[0];
  if (request.method !== "GET" && request.method !== "HEAD")
    return send(request, response, 405, { error: "this page can only be read" }, { allow: "GET, HEAD" });
  if (path === "/healthz") return health(parts, request, response);
  if (path === "/readyz")
    return send(request, response, parts.ready() ? 200 : 503, {
      status: parts.ready() ? "ready" : "the first convergence is not done yet",
    });
  const report = parts.report();
  if (!welcome(request.headers.host, new Set(report.routes.map(({ hostname }) => hostname))))
    return send(request, response, 421, { error: "cfauth does not answer to this name" });
  if (path === "/api/routes") return send(request, response, 200, report);
  if (path === "/metrics") return void expose(parts, report, request, response);
  if (path === "/")
    return send(request, response, 200, { cfauth: report.version, see: ["/api/routes", "/healthz", "/readyz", "/metrics"] });
  return send(request, response, 404, { error: "there is nothing here", see: ["/api/routes", "/healthz", "/readyz", "/metrics"] });
}

function health({ ailment }: PageParts, request: IncomingMessage, response: ServerResponse): void {
  const ill = ailment();
  send(request, response, ill === undefined ? 200 : 503, { status: ill ?? "ok" });
}

async function expose({ metrics }: PageParts, report: Report, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const exposition = await metrics(report).catch(() => undefined);
  if (exposition === undefined) return send(request, response, 500, { error: "the metrics could not be read" });
  const { contentType, text } = exposition;
  response.writeHead(200, { ...HEADERS, "content-type": contentType });
  response.end(request.method === "HEAD" ? undefined : text);
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = `${JSON.stringify(body, undefined, 2)}\n`;
  const etag = `W/"${createHash("sha256").update(text).digest("base64url").slice(0, 16)}"`;
  const same = status === 200 && request.headers["if-none-match"] === etag;
  response.writeHead(same ? 304 : status, { ...HEADERS, ...headers, "content-type": "application/json; charset=utf-8", etag });
  response.end(same || request.method === "HEAD" ? undefined : text);
}

const closed = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
