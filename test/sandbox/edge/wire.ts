/** How Cloudflare itself sends requests to an identity provider. */

import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";

export interface WireAnswer {
  readonly status: number;
  readonly body: string;
}

export interface WireRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @throws if there is no answer within ten seconds */
export type Wire = (url: string, request?: WireRequest) => Promise<WireAnswer>;

const PATIENCE_MS = 10_000;

/**
 * Names under `.localhost` are this machine, at the URL's port. A request for a name that the edge itself serves enters
 * like any other request. If the identity provider is behind Access, this is the loop that fails.
 */
export function wire(edge: { port(): number; serves(host: string): boolean }): Wire {
  return async (url, { method = "GET", headers = {}, body } = {}) => {
    const to = new URL(url);
    const local = to.hostname === "localhost" || to.hostname.endsWith(".localhost");
    const own = !local && edge.serves(to.hostname);
    const request = (to.protocol === "https:" && !own ? https : http).request({
      host: local || own ? "127.0.0.1" : to.hostname,
      port: own ? edge.port() : to.port,
      method,
      path: to.pathname + to.search,
      headers: {
        ...headers,
        host: to.host,
        ...(body !== undefined && { "content-length": Buffer.byteLength(body) }),
      },
      agent: false,
      timeout: PATIENCE_MS,
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    const response = new Promise<http.IncomingMessage>((resolve, reject) =>
      request.on("response", resolve).on("error", reject),
    );
    request.end(body);
    const answered = await response;
    return { status: answered.statusCode ?? 0, body: await text(answered) };
  };
}
