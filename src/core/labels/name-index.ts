import { isIP } from "node:net";
import { isReplicaName } from "../domain/compose.ts";
import { shortId } from "../domain/origin-host.ts";
import { parseService } from "../domain/service-url.ts";
import type { Port, Workload } from "../domain/workload.ts";

/** Who answers to which host: Docker's DNS gives the addresses of all of them. */
export interface NameIndex {
  /**
   * The workloads, by id, that may answer to the host for a container on these networks: by name, by what their labels claim,
   * and by what Docker's DNS says where cfauth could ask it.
   */
  mayAnswer(host: string, on: readonly string[]): ReadonlySet<string>;
  /** The workloads, by id, of which the engine publishes a TCP port at this address and port of the host. */
  publishing(host: string, port: number): ReadonlySet<string>;
  /**
   * The running workloads, by id, that a rule's service certainly leads to: by a name that the engine gives, by address or by a
   * published port. What only a label claims does not count.
   *
   * @param on - the networks on which a name counts; without them all do
   */
  leadsTo(service: string, on?: readonly string[]): ReadonlySet<string>;
  /**
   * Those that it may lead to. Where the engine's names say who it is, a label does not make it anybody else as well; that
   * Docker's DNS answers with another one does.
   */
  mayLeadTo(service: string, on?: readonly string[]): ReadonlySet<string>;
}

/** All addresses of the machine, and its own: what is published on one of these may answer on each of them. */
const EVERYWHERE: readonly string[] = ["", "0.0.0.0", "::"];
const HERE: readonly string[] = ["localhost", "127.0.0.1", "::1"];

/** By how a container on the host is asked for: the published addresses that answer. One number may be two containers', by IPv4 and IPv6. */
const ANSWERING: Readonly<Record<string, readonly string[]>> = {
  localhost: [...EVERYWHERE, "127.0.0.1", "::1"],
  "127.0.0.1": ["", "0.0.0.0", "127.0.0.1"],
  "::1": ["", "::", "::1"],
};

type Index = Map<string, Set<string>>;

export function createNameIndex(workloads: readonly Workload[]): NameIndex {
  /** By network and name. */
  const named: Index = new Map();
  const claimed: Index = new Map();
  const addressed: Index = new Map();
  /** By host: the addresses that Docker's DNS gave for it. */
  const answered: Index = new Map();
  const add = (all: Index, at: string, it: string) =>
    all.set(at, (all.get(at) ?? new Set()).add(it));
  for (const workload of workloads) {
    for (const [network, { ip, answers = {} }] of Object.entries(workload.networks)) {
      for (const name of namesOf(workload)) add(named, place(network, name), workload.id);
      for (const name of claimsOf(workload)) add(claimed, place(network, name), workload.id);
      for (const [host, all] of Object.entries(answers))
        for (const it of all) add(answered, host.toLowerCase(), it);
      if (ip !== undefined && ip !== "") add(addressed, ip, workload.id);
    }
  }
  const everywhere = [...new Set(workloads.flatMap(({ networks }) => Object.keys(networks)))];
  const found = (all: Index, keys: Iterable<string>) =>
    [...keys].flatMap((key) => [...(all.get(key) ?? [])]);
  const byDns = (host: string) => found(addressed, answered.get(host.toLowerCase()) ?? []);
  const publishing = (hosts: readonly string[], port: number | undefined): readonly string[] => {
    const publishes = ({ protocol, published: at }: Port) =>
      protocol === "tcp" && at !== undefined && at.port === port && hosts.includes(at.ip);
    return workloads.filter(({ ports }) => ports.some(publishes)).map(({ id }) => id);
  };
  const reached = (service: string, on: readonly string[]) => {
    const { host = "", port } = parseService(service) ?? {};
    const places = questions(host, on);
    const published = publishing(
      [...(HERE.includes(host.toLowerCase()) ? HERE : [host.toLowerCase()]), ...EVERYWHERE],
      port,
    );
    return {
      host,
      places,
      certain: [...found(named, places), ...found(addressed, [host]), ...published],
    };
  };
  return {
    mayAnswer: (host, on) => {
      const places = questions(host, on);
      return new Set([...found(named, places), ...found(claimed, places), ...byDns(host)]);
    },
    publishing: (host, port) => new Set(publishing(ANSWERING[host] ?? [host], port)),
    leadsTo: (service, on = everywhere) => new Set(reached(service, on).certain),
    mayLeadTo: (service, on = everywhere) => {
      const { host, places, certain } = reached(service, on);
      return new Set([
        ...certain,
        ...(certain.length === 0 ? found(claimed, places) : []),
        ...byDns(host),
      ]);
    },
  };
}

/** What the engine gives it: Docker's DNS knows a container by its short id too, and replicas that Compose named by their service. */
const namesOf = ({ id, name, service }: Workload): readonly string[] => [
  name,
  shortId(id),
  ...(service !== undefined && isReplicaName(name, service) ? [service.name] : []),
];

/** What its labels say that it answers to. Aliases are in no list of containers. */
const claimsOf = ({ service, claimedNames = [] }: Workload): readonly string[] => [
  ...(service === undefined ? [] : [service.name]),
  ...claimedNames,
];

/** Docker's DNS passes over letter case in names, and not in networks (measured with 20.10 and 28.5). */
const place = (network: string, name: string): string => `${network}\u0000${name.toLowerCase()}`;

/**
 * What Docker's DNS takes the host for, asked by a container on these networks: a whole name on any of them, and a name with one of
 * them behind it. It is never asked for an address.
 */
function questions(host: string, on: readonly string[]): readonly string[] {
  if (isIP(host) !== 0) return [];
  const scoped = on.filter((network) => host.endsWith(`.${network}`));
  return [
    ...on.map((network) => place(network, host)),
    ...scoped.map((network) => place(network, host.slice(0, -network.length - 1))),
  ];
}
