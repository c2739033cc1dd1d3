/** Routes a request: Access's own domain, else a direct host, else DNS → Access → cloudflared → origin. */

import type { EdgeView } from "../cloudflare/state.ts";
import type { Passage } from "./access/gate.ts";
import type { Connector } from "./connector/connector.ts";
import { tunnelOf } from "./dns.ts";
import { inward } from "./headers.ts";
import { noDns, noTunnel, type Page } from "./pages.ts";
import { pass } from "./proxy.ts";
import { answer, type Visit } from "./visit.ts";

export interface FrontOptions {
  readonly team: string;
  readonly view: () => EdgeView;
  /** Origins of the hosts that are served without the tunnel. */
  readonly direct: ReadonlyMap<string, URL>;
  readonly teamDomain: (visit: Visit) => Promise<Page>;
  readonly gate: (visit: Visit, view: EdgeView) => Promise<Passage>;
  readonly connector: Connector;
  readonly relocated: (location: string) => string;
}

export function front(options: FrontOptions) {
  const teamHosts = [
    `${options.team}.cloudflareaccess.localhost`,
    `${options.team}.cloudflareaccess.com`,
  ];
  return async (visit: Visit): Promise<void> => {
    if (teamHosts.includes(visit.name))
      return answer(visit, "access-page", await options.teamDomain(visit));
    const direct = options.direct.get(visit.name);
    return direct ? passDirectly(visit, direct, options) : passTunnel(visit, options);
  };
}

async function passTunnel(
  visit: Visit,
  { view: look, gate, connector }: FrontOptions,
): Promise<void> {
  const view = look();
  const tunnel = tunnelOf(view.records, visit.name);
  if (tunnel === undefined) return answer(visit, "no-dns", noDns(visit.name));
  const configuration = view.configurations.get(tunnel);
  if (!configuration) return answer(visit, "no-tunnel", noTunnel(visit.name));
  const passage = await gate(visit, view);
  if (passage.application !== undefined) visit.notes.application = passage.application;
  if ("stop" in passage) return answer(visit, passage.stop, passage.page);
  visit.notes.access = passage.past;
  if (passage.email !== undefined) visit.notes.email = passage.email;
  return connector.serve(visit, tunnel, configuration, passage.jwt);
}

function passDirectly(visit: Visit, to: URL, { relocated }: FrontOptions): Promise<void> {
  const protocol = to.protocol === "https:" ? "https:" : "http:";
  const address = to.hostname.replace(/^\[|\]$/g, "");
  const upstream = {
    protocol,
    address: address.endsWith(".localhost") ? "127.0.0.1" : address,
    port: Number(to.port || (protocol === "https:" ? 443 : 80)),
    headers: inward(visit),
    connectTimeoutMs: 30_000,
  } as const;
  return pass(visit, { upstream, answered: "direct", failed: "direct", relocated });
}
