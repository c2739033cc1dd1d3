/** A door in front of a server on this machine, to be shut and opened while somebody goes in and out. */

import {
  type AddressInfo,
  connect,
  createServer,
  type NetConnectOpts,
  type Socket,
} from "node:net";

export interface Gate extends AsyncDisposable {
  readonly port: number;
  /** Cuts every connection; those that come are cut as well, until it is opened. */
  shut(): void;
  /** The same for connections alone whose first bytes are like this. */
  refuse(head: RegExp): void;
  open(): void;
}

/** @param to - a port of 127.0.0.1, or the path of a socket */
export async function gate(to: number | string): Promise<Gate> {
  const target: NetConnectOpts =
    typeof to === "number" ? { host: "127.0.0.1", port: to } : { path: to };
  /** Every connection that is open, by the first bytes that came over it; they decide whether it may be. */
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
