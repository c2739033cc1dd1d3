/** Forwards a visit to an HTTP server with an unchanged request target, and returns its answer; also for WebSockets. */

import http from "node:http";
import https from "node:https";
import { outward } from "./headers.ts";
import { badGateway } from "./pages.ts";
import { answer, type Decision, type Visit } from "./visit.ts";

export interface Upstream {
  readonly protocol: "http:" | "https:";
  /** An address, or a name that this machine resolves. */
  readonly address: string;
  readonly port: number;
  readonly headers: http.OutgoingHttpHeaders;
  /** The server name in the TLS handshake. */
  readonly servername?: string;
  readonly verify?: boolean;
  /** 0 means no timeout. */
  readonly connectTimeoutMs: number;
}

export interface Passing {
  readonly upstream: Upstream;
  /** The decisions to report for an answer and for a failure. */
  readonly answered: Decision;
  readonly failed: Decision;
  readonly relocated: (location: string) => string;
}

/** Resolves when the answer has started or failed; the bodies continue to stream. */
export function pass(visit: Visit, passing: Passing): Promise<void> {
  return new Promise((resolve) => {
    const request = ask(visit, passing.upstream);
    request.on("response", (response) => {
      visit.report(passing.answered, response.statusCode ?? 502);
      visit.res.writeHead(
        response.statusCode ?? 502,
        response.statusMessage,
        outward(response.rawHeaders, passing.relocated),
      );
      response.on("error", () => visit.res.destroy());
      response.pipe(visit.res);
      resolve();
    });
    request.on("upgrade", (response, socket, head) => {
      visit.report(passing.answered, 101);
      join(visit, response, socket, head);
      resolve();
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      if (visit.res.headersSent) visit.res.destroy();
      else
        answer(
          visit,
          passing.failed,
          badGateway(`The origin could not be reached: ${error.code ?? error.message}.`),
        );
      resolve();
    });
    visit.res.on("close", () => request.destroy());
    if (visit.upgrade) request.end();
    else visit.req.pipe(request);
  });
}

function ask(visit: Visit, upstream: Upstream): http.ClientRequest {
  const request = (upstream.protocol === "https:" ? https : http).request({
    host: upstream.address,
    port: upstream.port,
    method: visit.req.method,
    path: visit.target,
    headers: upstream.headers,
    agent: false,
    ...(upstream.servername !== undefined && { servername: upstream.servername }),
    rejectUnauthorized: upstream.verify ?? true,
  });
  if (upstream.connectTimeoutMs > 0) giveUpConnecting(request, upstream.connectTimeoutMs);
  return request;
}

function giveUpConnecting(request: http.ClientRequest, ms: number): void {
  const timer = setTimeout(() => request.destroy(new Error("no connection in time")), ms);
  request.on("close", () => clearTimeout(timer));
  request.on("socket", (socket) => {
    socket.once("connect", () => clearTimeout(timer));
    socket.once("error", () => clearTimeout(timer));
  });
}

/** Both ends use WebSocket from here on; the edge only forwards bytes. */
function join(
  visit: Visit,
  response: http.IncomingMessage,
  origin: NodeJS.ReadWriteStream & { destroy(): void },
  head: Buffer,
): void {
  const client = visit.upgrade?.socket;
  if (!client) {
    origin.destroy();
    return;
  }
  visit.res.detachSocket(visit.req.socket);
  const lines: string[] = [];
  for (let i = 0; i + 1 < response.rawHeaders.length; i += 2)
    lines.push(`${response.rawHeaders[i]}: ${response.rawHeaders[i + 1]}`);
  client.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
  if (head.length > 0) client.write(head);
  if (visit.upgrade.head.length > 0) origin.write(visit.upgrade.head);
  client.pipe(origin).pipe(client);
  client.on("close", () => origin.destroy()).on("error", () => origin.destroy());
  origin.on("close", () => client.destroy()).on("error", () => client.destroy());
}
