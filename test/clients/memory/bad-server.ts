import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createGzip } from "node:zlib";

export interface BadServer extends AsyncDisposable {
  readonly url: string;
  /** Requests so far. */
  readonly requests: () => number;
}

/** What a server does with each request, which is the `number`th, from 1. */
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

/** 300 MB of blanks, which gzip makes 300 kB of. */
export async function bombOf(beginning: string): Promise<Buffer> {
  const gzip = createGzip();
  const packed = gzip.toArray();
  gzip.write(beginning);
  const blanks = Buffer.alloc(MIB, " ");
  for (let written = 0; written < 300; written += 1) if (!gzip.write(blanks)) await once(gzip, "drain");
  gzip.end();
  return Buffer.concat((await packed) as Buffer[]);
}

export const zipped =
  (body: Buffer, status = 200): Misbehaviour =>
  (response) =>
    void response.writeHead(status, { "content-type": "application/json", "content-encoding": "gzip" }).end(body);

/** Sends as fast as the other side reads, and never ends. */
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
