import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A minimal fake engine on its own socket. The test defines its answers. */
export interface FakeEngine extends AsyncDisposable {
  readonly path: string;
  /** Sets the answer to GET requests for this path. */
  on(path: string, answer: (request: IncomingMessage, response: ServerResponse) => void): void;
  /** Every request so far, such as `GET /containers/json`. */
  readonly asked: readonly string[];
  /** The open event streams. */
  readonly streams: ReadonlySet<ServerResponse>;
  /** Sends these bytes on every open stream. */
  send(chunk: string): void;
  /** Ends every open stream as a proxy does, or resets it. */
  cut(how: "ended" | "reset"): void;
  /** Removes the socket; `start` restores it. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** The answer for an image that the test does not define. */
const unlabelled: Answering = (_request, response) =>
  response.end(JSON.stringify({ Config: { Labels: null } }));
const unknown: Answering = (_request, response) => response.writeHead(404).end();

export async function fakeEngine(): Promise<FakeEngine> {
  const folder = await mkdtemp(join(tmpdir(), "cfauth-engine-"));
  const path = join(folder, "docker.sock");
  const answers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
  const asked: string[] = [];
  const streams = new Set<ServerResponse>();
  let server: Server | undefined;

  answers.set("/events", (_request, response) => {
    streams.add(response.on("close", () => streams.delete(response)));
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
  });

  const engine: FakeEngine = {
    path,
    asked,
    streams,
    on: (at, answer) => void answers.set(at, answer),
    send: (chunk) => {
      for (const stream of streams) stream.write(chunk);
    },
    cut: (how) => {
      for (const stream of streams) how === "ended" ? stream.end() : stream.destroy();
    },
    start: async () => {
      server = createServer((request, response) => {
        const at = (request.url ?? "").split("?")[0] ?? "";
        asked.push(`${request.method} ${request.url}`);
        (answers.get(at) ?? (at.startsWith("/images/") ? unlabelled : unknown))(request, response);
      });
      await new Promise<void>((listening) => server?.listen(path, listening));
    },
    stop: async () => {
      const closed = new Promise<unknown>((over) => server?.close(over));
      server?.closeAllConnections();
      await closed;
    },
    [Symbol.asyncDispose]: async () => {
      await engine.stop();
      await rm(folder, { recursive: true });
    },
  };
  await engine.start();
  return engine;
}

/** An event in the engine's format. */
export const event = (action: string): string =>
  `${JSON.stringify({ Type: "container", Action: action, Actor: { ID: "c1", Attributes: {} }, time: 1, timeNano: 1 })}\n`;
