import type { DockerDns } from "../../clients/docker/dns.ts";
import { hostById, hostOnNetwork } from "../../domain/origin-host.ts";
import { findSelf } from "../../domain/self.ts";
import type { Attachment, Workload } from "../../domain/workload.ts";
import type { Source } from "../source.ts";
import type { OutsideProbe } from "./outside.ts";

/** How long a list waits for Docker's DNS, in milliseconds. It answers within one, and a pass may not wait for it. */
const PATIENCE_MS = 150;

export interface AnswersOptions {
  readonly dns: DockerDns;
  readonly outside: OutsideProbe;
  /** The name of the machine on which this process runs: in a container its short id. */
  readonly hostname: string;
  /** Whether the workload asks for a route. */
  readonly isLabelled: (workload: Workload) => boolean;
  /** The networks that cloudflared is on. */
  readonly networks: (workloads: readonly Workload[]) => readonly string[];
}

/**
 * The same source with what Docker's DNS answers for the names of labelled containers, on the networks that this process shares
 * with cloudflared. What could not be asked is unknown: aliases are in no list of containers, and no pass waits for them.
 */
export const withAnswers = (source: Source, options: AnswersOptions): Source => ({
  ...source,
  list: async () => {
    const workloads = await source.list();
    const networks = sharedNetworks(workloads, options);
    return networks.length === 0 ? workloads : asked(workloads, networks, options);
  },
});

/** None where this process runs outside of Docker, or has a hostname of its own. */
function sharedNetworks(workloads: readonly Workload[], { hostname, networks }: AnswersOptions): readonly string[] {
  const self = findSelf(workloads, hostname);
  return self === undefined ? [] : networks(workloads).filter((network) => Object.hasOwn(self.networks, network));
}

async function asked(workloads: readonly Workload[], networks: readonly string[], options: AnswersOptions): Promise<readonly Workload[]> {
  const { dns, outside, isLabelled } = options;
  const labelled = new Set(workloads.filter(isLabelled));
  const names = [...labelled].flatMap((workload) => networks.flatMap((network) => hostsOf(workload, network)));
  const [answers, found] = await Promise.all([dns.addresses(names, PATIENCE_MS), outside(networks, PATIENCE_MS)]);
  const attached = (workload: Workload, network: string, attachment: Attachment): Attachment => {
    if (!networks.includes(network)) return attachment;
    const how = found.get(network);
    const told = labelled.has(workload) ? hostsOf(workload, network).flatMap((host) => entry(host, answers.get(host))) : [];
    return {
      ...attachment,
      ...(told.length > 0 && { answers: Object.fromEntries(told) }),
      ...(how !== undefined && { outside: how }),
    };
  };
  return workloads.map((workload) => ({
    ...workload,
    networks: Object.fromEntries(
      Object.entries(workload.networks).map(([network, attachment]) => [network, attached(workload, network, attachment)]),
    ),
  }));
}

const entry = (host: string, addresses: readonly string[] | undefined) => (addresses === undefined ? [] : [[host, addresses] as const]);

/**
 * Every host by which a rule may lead to it on the network. Node asks in lower case, and Docker's DNS takes a network in other
 * letter case for another one (measured with 20.10 and 28.5): then only the short id can be asked for.
 */
function hostsOf({ id, name, service, networks }: Workload, network: string): readonly string[] {
  if (!Object.hasOwn(networks, network)) return [];
  const names = network === network.toLowerCase() ? [name, ...(service === undefined ? [] : [service.name])] : [];
  return [...names.map((it) => hostOnNetwork(it, network)), hostById(id, network)].flatMap((it) => it ?? []);
}
