/** A gate in front of a local server, which a test can close and open while connections are made. */

import {
  type AddressInfo,
  connect,
  createServer,
  type NetConnectOpts,
  type Socket,
} from "node:net";

export interface Gate extends AsyncDisposable {
  readonly port: number;
  /** Cuts every connection, including new ones, until the gate is opened. */
  shut(): void;
  /** The same, only for connections whose first bytes match. */
  refuse(head: RegExp): void;
  open(): void;
}

/** @param to - a port of 127.0.0.1, or the path of a socket */
export async function gate(to: number | string): Promise<Gate> {
  const target: NetConnectOpts =
    typeof to === "number" ? { host: "127.0.0.1", port: to } : { path: to };
  /** The open connections, by their first bytes. These decide whether a connection is allowed. */
  const inside = new Map<Socket, string>();
  let refused: RegExp | undefined;
  const admit = (socket: Socket): void => {
    const onward = connect(target);
    const over = (): void => {
      inside.delete(socket);
      socket.destroy();
      onward.destroy();
    };
    for (const end of [socket, onward]) end.on("error", over).on("close", over);
    socket.once("data", (first: Buffer) => {
      inside.set(socket, first.toString("latin1"));
      if (refused?.test(first.toString("latin1"))) return over();
      onward.write(first);
      socket.pipe(onward);
      onward.pipe(socket);
    });
  };
  const refuse = (head: RegExp): void => {
    refused = head;
    for (const [socket, first] of inside) if (head.test(first)) socket.destroy();
  };
  const server = createServer(admit);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    port: (server.address() as AddressInfo).port,
    shut: () => refuse(/^/),
    refuse,
    open: () => {
      refused = undefined;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<unknown>((over) => server.close(over));
      refuse(/^/);
      await closed;
    },
  };
}
