/** Listens: turns requests and upgrades into visits, and errors into pages. */

import { type Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { malformed } from "./pages.ts";
import { answer, type Seen, send, type Visit, visitOf } from "./visit.ts";

export interface Listening {
  readonly server: Server;
  readonly port: number;
  readonly serve: (visit: Visit) => Promise<void>;
  readonly onRequest: (seen: Seen) => void;
}

type Connection = Pick<Visit, "req" | "res" | "upgrade">;

/** Starts the server. @returns how to stop it. An upgrade is a request whose answer uses its connection. */
export async function listening({
  server,
  port,
  serve,
  onRequest,
}: Listening): Promise<() => Promise<void>> {
  const sockets = new Set<Duplex>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const take = (connection: Connection): void => void receive(connection, serve, onRequest);
  server.on("request", (req, res) => take({ req, res }));
  server.on("upgrade", (req, socket, head) => {
    const res = new ServerResponse(req);
    res.shouldKeepAlive = false;
    res.assignSocket(req.socket);
    res.on("finish", () => socket.end());
    take({ req, res, upgrade: { socket, head } });
  });
  await new Promise<void>((resolve, reject) =>
    server.once("error", reject).listen(port, "127.0.0.1", resolve),
  );
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}

async function receive(
  connection: Connection,
  serve: (visit: Visit) => Promise<void>,
  onRequest: (seen: Seen) => void,
): Promise<void> {
  const visit = visitOf(connection, onRequest);
  if (!visit) return send(connection.res, malformed);
  try {
    await serve(visit);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (visit.res.headersSent) visit.res.destroy();
    else answer(visit, "fault", { status: 500, title: "The sandbox cannot decide", sentence: why });
  }
}
