/** An origin that records its requests, for the edge's own tests. */

import http, { type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface OriginStub extends AsyncDisposable {
  readonly port: number;
  /** `http://localhost:<port>`, as in an ingress rule. */
  readonly service: string;
  /** Every request, in order of arrival. */
  readonly asked: readonly Asked[];
}

/** @param listener - answers instead of "hello from the origin", after the request's body has been read */
export async function originStub(listener?: RequestListener): Promise<OriginStub> {
  const asked: Asked[] = [];
  const server = http.createServer(async (req, res) => {
    asked.push({
      method: req.method ?? "",
      target: req.url ?? "",
      headers: req.headers,
      body: await text(req),
    });
    if (listener) listener(req, res);
    else res.end("hello from the origin");
  });
  server.on("upgrade", (req, socket) => {
    asked.push({ method: req.method ?? "", target: req.url ?? "", headers: req.headers, body: "" });
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    socket.on("data", (bytes: Buffer) => socket.write(`echo ${bytes.toString()}`));
    socket.on("end", () => socket.end()).on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port, service: `http://localhost:${port}`, asked, [Symbol.asyncDispose]: close };
}
