import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An engine made of a few lines, on a socket of its own: what it answers is up to the test. */
export interface FakeEngine extends AsyncDisposable {
  readonly path: string;
  /** Answers GET of this path from now on. */
  on(path: string, answer: (request: IncomingMessage, response: ServerResponse) => void): void;
  /** Every request so far, `GET /containers/json`. */
  readonly asked: readonly string[];
  /** Event streams that are open now. */
  readonly streams: ReadonlySet<ServerResponse>;
  /** Sends these bytes on every open stream. */
  send(chunk: string): void;
  /** Ends every open stream, as a proxy does; or cuts it without a farewell. */
  cut(how: "ended" | "reset"): void;
  /** Takes the socket away, and puts it back. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** Any image, unless the test says something else of it. */
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

/** An event as the engine writes it. */
export const event = (action: string): string =>
  `${JSON.stringify({ Type: "container", Action: action, Actor: { ID: "c1", Attributes: {} }, time: 1, timeNano: 1 })}\n`;
