/** Hosts that are served without the tunnel, for an identity provider with its own public origin. */

import http, { type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** A server's URL, or a listener, for which a server is started. */
export type DirectHost = string | RequestListener;

export interface DirectHosts {
  readonly hosts: ReadonlyMap<string, URL>;
  add(host: string, to: DirectHost): Promise<void>;
  close(): Promise<void>;
}

export async function directHosts(
  initial: Readonly<Record<string, DirectHost>>,
): Promise<DirectHosts> {
  const hosts = new Map<string, URL>();
  const servers: http.Server[] = [];
  const add = async (host: string, to: DirectHost): Promise<void> => {
    hosts.set(host.toLowerCase(), new URL(typeof to === "string" ? to : await served(to, servers)));
  };
  for (const [host, to] of Object.entries(initial)) await add(host, to);
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(stopped));
  };
  return { hosts, add, close };
}

async function served(listener: RequestListener, servers: http.Server[]): Promise<string> {
  const server = http.createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function stopped(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
