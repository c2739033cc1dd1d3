import { isIP } from "node:net";
import { isReplicaName } from "../domain/compose.ts";
import { shortId } from "../domain/origin-host.ts";
import { parseService } from "../domain/service-url.ts";
import type { Port, Workload } from "../domain/workload.ts";

/**
 * Which workloads answer to which host. If several do, Docker's DNS returns the addresses of all.
 */
export interface NameIndex {
  /**
   * The ids of the workloads that may answer to the host for a container on these networks.
   * Evidence is their name, what their labels claim, and what Docker's DNS returns where cfauth can
   * ask it.
   */
  mayAnswer(host: string, on: readonly string[]): ReadonlySet<string>;
  /** The ids of the workloads with a TCP port published at this address and port of the host. */
  publishing(host: string, port: number): ReadonlySet<string>;
  /**
   * The ids of the running workloads that a rule's service certainly leads to: by a name from the
   * engine, by address or by a published port. A name that only a label claims does not count.
   *
   * @param on - the networks on which a name counts; by default all
   */
  leadsTo(service: string, on?: readonly string[]): ReadonlySet<string>;
  /**
   * The ids of the running workloads that a rule's service may lead to. If names from the engine
   * give an answer, a label's claim does not add a workload. An answer of Docker's DNS does.
   */
  mayLeadTo(service: string, on?: readonly string[]): ReadonlySet<string>;
}

/**
 * The wildcard addresses, and the loopback addresses. A port published on one of them may answer on
 * each of them.
 */
const WILDCARD_ADDRESSES: readonly string[] = ["", "0.0.0.0", "::"];
const LOOPBACK_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "::1"];

/**
 * For each loopback host: the published addresses that answer there. Two containers may publish the
 * same port number, one by IPv4 and one by IPv6.
 */
const ANSWERING_ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  localhost: [...WILDCARD_ADDRESSES, "127.0.0.1", "::1"],
  "127.0.0.1": ["", "0.0.0.0", "127.0.0.1"],
  "::1": ["", "::", "::1"],
};

type Index = Map<string, Set<string>>;

export function createNameIndex(workloads: readonly Workload[]): NameIndex {
  /** Keyed by network and name. */
  const named: Index = new Map();
  const claimed: Index = new Map();
  const addressed: Index = new Map();
  /** Keyed by host: the addresses that Docker's DNS returned. */
  const answered: Index = new Map();
  const add = (index: Index, key: string, value: string) =>
    index.set(key, (index.get(key) ?? new Set()).add(value));
  for (const workload of workloads) {
    for (const [network, { ip, answers = {} }] of Object.entries(workload.networks)) {
      for (const name of namesOf(workload)) add(named, nameKey(network, name), workload.id);
      for (const name of claimsOf(workload)) add(claimed, nameKey(network, name), workload.id);
      for (const [host, addresses] of Object.entries(answers))
        for (const address of addresses) add(answered, host.toLowerCase(), address);
      if (ip !== undefined && ip !== "") add(addressed, ip, workload.id);
    }
  }
  const allNetworks = [...new Set(workloads.flatMap(({ networks }) => Object.keys(networks)))];
  const lookUp = (index: Index, keys: Iterable<string>) =>
    [...keys].flatMap((key) => [...(index.get(key) ?? [])]);
  const lookUpByDns = (host: string) => lookUp(addressed, answered.get(host.toLowerCase()) ?? []);
  const findPublishing = (hosts: readonly string[], port: number | undefined) => {
    const isPublished = ({ protocol, published: at }: Port) =>
      protocol === "tcp" && at !== undefined && at.port === port && hosts.includes(at.ip);
    return workloads.filter(({ ports }) => ports.some(isPublished)).map(({ id }) => id);
  };
  const findCertain = (service: string, on: readonly string[]) => {
    const { host = "", port } = parseService(service) ?? {};
    const lower = host.toLowerCase();
    const hosts = LOOPBACK_HOSTS.includes(lower) ? LOOPBACK_HOSTS : [lower];
    const names = queriedNames(host, on);
    const certain = [
      ...lookUp(named, names),
      ...lookUp(addressed, [host]),
      ...findPublishing([...hosts, ...WILDCARD_ADDRESSES], port),
    ];
    return { host, names, certain };
  };
  return {
    mayAnswer: (host, on) => {
      const names = queriedNames(host, on);
      return new Set([...lookUp(named, names), ...lookUp(claimed, names), ...lookUpByDns(host)]);
    },
    publishing: (host, port) => new Set(findPublishing(ANSWERING_ADDRESSES[host] ?? [host], port)),
    leadsTo: (service, on = allNetworks) => new Set(findCertain(service, on).certain),
    mayLeadTo: (service, on = allNetworks) => {
      const { host, names, certain } = findCertain(service, on);
      const claiming = certain.length === 0 ? lookUp(claimed, names) : [];
      return new Set([...certain, ...claiming, ...lookUpByDns(host)]);
    },
  };
}

/**
 * The names from the engine. Docker's DNS also answers to a container's short id, and to the name
 * of the service for replicas that Compose named.
 */
const namesOf = ({ id, name, service }: Workload): readonly string[] => [
  name,
  shortId(id),
  ...(service !== undefined && isReplicaName(name, service) ? [service.name] : []),
];

/** The names that its labels claim. The engine's container list does not contain aliases. */
const claimsOf = ({ service, claimedNames = [] }: Workload): readonly string[] => [
  ...(service === undefined ? [] : [service.name]),
  ...claimedNames,
];

/**
 * Docker's DNS ignores letter case in names, but not in networks (measured with 20.10 and 28.5).
 */
const nameKey = (network: string, name: string): string => `${network}\u0000${name.toLowerCase()}`;

/**
 * The names as which Docker's DNS reads the host when a container on these networks asks for it: a
 * whole name on any of them, and a name followed by one of them. No one asks it for an address.
 */
function queriedNames(host: string, on: readonly string[]): readonly string[] {
  if (isIP(host) !== 0) return [];
  const scoped = on.filter((network) => host.endsWith(`.${network}`));
  return [
    ...on.map((network) => nameKey(network, host)),
    ...scoped.map((network) => nameKey(network, host.slice(0, -network.length - 1))),
  ];
}
