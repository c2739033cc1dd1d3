import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";

export interface BadServer extends AsyncDisposable {
  readonly url: string;
  /** The number of requests so far. */
  readonly requests: () => number;
}

/** What a server does with each request. `number` counts from 1. */
export type Misbehaviour = (response: ServerResponse, number: number) => void;

export async function badServer(behave: Misbehaviour): Promise<BadServer> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    response.on("error", () => {});
    behave(response, requests);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const MIB = 1024 * 1024;

/** 300 MB of spaces, which gzip compresses to 300 kB. */
export async function bombOf(beginning: string): Promise<Buffer> {
  const gzip = createGzip();
  const packed = gzip.toArray();
  gzip.write(beginning);
  const blanks = Buffer.alloc(MIB, " ");
  for (let written = 0; written < 300; written += 1)
    if (!gzip.write(blanks)) await once(gzip, "drain");
  gzip.end();
  return Buffer.concat((await packed) as Buffer[]);
}

export const zipped =
  (body: Buffer, status = 200): Misbehaviour =>
  (response) =>
    void response
      .writeHead(status, { "content-type": "application/json", "content-encoding": "gzip" })
      .end(body);

/** Sends as fast as the other side reads and never ends. */
export const endless =
  (beginning: string, status = 200): Misbehaviour =>
  (response) => {
    const chunk = "x".repeat(64 * 1024);
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.writeHead(status, { "content-type": "application/json" }).write(beginning);
    response.on("drain", more);
    more();
  };

export const whole =
  (body: string, status = 200): Misbehaviour =>
  (response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(body);

/** A list of containers with long labels, generated while it is sent. */
export const containers =
  (count: number, labels: number, characters: number): Misbehaviour =>
  (response) => {
    const list = Readable.from(listed(count, labels, characters));
    pipeline(list, response.writeHead(200, { "content-type": "application/json" }), () => {});
  };

const PER_CHUNK = 1_000;

function* listed(count: number, labels: number, characters: number): Generator<string> {
  const value = "x".repeat(characters);
  const end =
    '"State":"running","Status":"Up","Ports":[],"NetworkSettings":{"Networks":{"tunnel":{"IPAddress":"172.20.0.3"}}}';
  for (let at = 0; at < count; at += 1) {
    yield `${at === 0 ? "[" : ","}{"Id":"${at}","Names":["/app${at}"],"Created":1,"Labels":{"cfauth.hostname":"app.example.com"`;
    for (let label = 0; label < labels; label += PER_CHUNK) {
      const some = Array.from(
        { length: Math.min(PER_CHUNK, labels - label) },
        (_, n) => `,"cfauth.r${label + n}.app.name":"${value}"`,
      );
      yield some.join("");
    }
    yield `},${end}}`;
  }
  yield "]";
}
