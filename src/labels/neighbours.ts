import { isIP } from "node:net";
import type { Port, Workload } from "../domain/workload.ts";

/** Who answers to which name on which network: Docker's DNS gives the addresses of all of them. */
export interface Neighbours {
  /** The workloads, by id, that answer to the name there. */
  answering(network: string, name: string): ReadonlySet<string>;
  /** The workloads, by id, of which the engine publishes a TCP port at this address and port of the host. */
  publishing(host: string, port: number): ReadonlySet<string>;
  /**
   * The running workloads, by id, that a rule's service leads to: by name, by address or by a published port.
   *
   * @param on - the networks on which a name counts; without them all do
   */
  leadsTo(service: string, on?: readonly string[]): ReadonlySet<string>;
}

/**
 * Whether cloudflared takes a container's name for something else, and so never asks Docker for it, or not for this very name:
 * an address, its own machine, or a name with a closing dot, which Docker's DNS cuts off.
 */
export const elsewhere = (name: string): boolean => isIP(name) !== 0 || name.toLowerCase() === "localhost" || name.endsWith(".");

/** Docker's DNS knows a container by its short id too, and passes over letter case (moby libnetwork, checked 2026-11). */
const namesOf = ({ id, name, service }: Workload): readonly string[] =>
  [name, service?.name ?? name, id.slice(0, 12)].map((it) => it.toLowerCase());

const place = (network: string, name: string): string => `${network}\u0000${name.toLowerCase()}`;

/** All addresses of the machine, and its own: what is published on one of these may answer on each of them. */
const EVERYWHERE: readonly string[] = ["", "0.0.0.0", "::"];
const HERE: readonly string[] = ["localhost", "127.0.0.1", "::1"];

/** By how a container on the host is asked for: the published addresses that answer. One number may be two containers', by IPv4 and IPv6. */
const ANSWERING: Readonly<Record<string, readonly string[]>> = {
  localhost: [...EVERYWHERE, "127.0.0.1", "::1"],
  "127.0.0.1": ["", "0.0.0.0", "127.0.0.1"],
  "::1": ["", "::", "::1"],
};

export function neighbours(workloads: readonly Workload[]): Neighbours {
  const names = new Map<string, Set<string>>();
  const anywhere = new Map<string, Set<string>>();
  const addresses = new Map<string, Set<string>>();
  const add = (all: Map<string, Set<string>>, at: string, id: string) => all.set(at, (all.get(at) ?? new Set()).add(id));
  for (const workload of workloads) {
    for (const name of namesOf(workload)) {
      add(anywhere, name, workload.id);
      for (const network of Object.keys(workload.networks)) add(names, place(network, name), workload.id);
    }
    for (const { ip } of Object.values(workload.networks)) if (ip !== undefined && ip !== "") add(addresses, ip, workload.id);
  }
  const publishing = (hosts: readonly string[], port: number): ReadonlySet<string> => {
    const publishes = ({ protocol, published: at }: Port) =>
      protocol === "tcp" && at !== undefined && at.port === port && hosts.includes(at.ip);
    return new Set(workloads.filter(({ ports }) => ports.some(publishes)).map(({ id }) => id));
  };
  return {
    answering: (network, name) => (elsewhere(name) ? undefined : names.get(place(network, name))) ?? new Set(),
    publishing: (host, port) => publishing(ANSWERING[host] ?? [host], port),
    leadsTo: (service, on = undefined) => {
      const [, host = "", port = ""] = /^[a-z]+:\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?/.exec(service) ?? [];
      const name = host.replace(/^\[|\]$/g, "").toLowerCase();
      const published = publishing([...(HERE.includes(name) ? HERE : [name]), ...EVERYWHERE], Number(port));
      const called = on === undefined ? [anywhere.get(name)] : on.map((network) => names.get(place(network, name)));
      return new Set([...called, addresses.get(name), published].flatMap((ids) => [...(ids ?? [])]));
    },
  };
}
