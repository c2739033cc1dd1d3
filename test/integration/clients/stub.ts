import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ServiceError } from "../../../src/core/errors.ts";

export interface Received {
  readonly method: string;
  /** The path with its query. */
  readonly url: string;
  readonly body: unknown;
}

export interface Stub extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
}

type Reply = (response: ServerResponse, request: Received) => void;

/** A server that gives each request the next reply. The last reply also answers all later requests. */
export async function stub(...replies: readonly Reply[]): Promise<Stub> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void read(request).then((it) => {
      received.push(it);
      (replies[received.length - 1] ?? replies.at(-1))?.(response, it);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, received, [Symbol.asyncDispose]: close };
}

async function read(request: IncomingMessage): Promise<Received> {
  const text = await request
    .toArray()
    .then((chunks) => Buffer.concat(chunks as Buffer[]).toString());
  return {
    method: request.method ?? "",
    url: request.url ?? "",
    body: text === "" ? undefined : JSON.parse(text),
  };
}

export const answer =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply =>
  (response) =>
    void response
      .writeHead(status, { "content-type": "application/json", ...headers })
      .end(typeof body === "string" ? body : JSON.stringify(body));

export const cut: Reply = (response) => void response.destroy();

/** The service error of a call that must fail. @throws if it succeeds or fails with anything else */
export async function failure(call: Promise<unknown>): Promise<ServiceError> {
  const error = await call.then(
    () => undefined,
    (it: unknown) => it,
  );
  if (error instanceof ServiceError) return error;
  throw new Error(`not a ServiceError: ${String(error)}`);
}
