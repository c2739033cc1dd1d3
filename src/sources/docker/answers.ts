import type { DockerDns } from "../../clients/docker/dns.ts";
import { hostById, hostOnNetwork } from "../../core/domain/origin-host.ts";
import { findSelf } from "../../core/domain/self.ts";
import type { Attachment, Workload } from "../../core/domain/workload.ts";
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
  /** The hosts that deployed rules lead to, as far as they are known. */
  readonly routed: () => readonly string[];
}

/**
 * The same source with what Docker's DNS answers for the names of labelled containers, on the networks that this process shares
 * with cloudflared. What could not be asked is unknown: aliases are in no list of containers, and no pass waits for them.
 *
 * A rule may lead to the name of a container that is gone, while another one answers to that name: such a name is asked for as well,
 * and the answer is told with this process's own container.
 */
export const withAnswers = (source: Source, options: AnswersOptions): Source => ({
  ...source,
  list: async () => {
    const workloads = await source.list();
    const self = findSelf(workloads, options.hostname);
    const networks =
      self === undefined
        ? []
        : options.networks(workloads).filter((network) => Object.hasOwn(self.networks, network));
    return self === undefined || networks.length === 0
      ? workloads
      : asked(workloads, { self, networks }, options);
  },
});

interface Asker {
  readonly self: Workload;
  /** Those that it shares with cloudflared. */
  readonly networks: readonly string[];
}

async function asked(
  workloads: readonly Workload[],
  { self, networks }: Asker,
  options: AnswersOptions,
): Promise<readonly Workload[]> {
  const { dns, outside, isLabelled, routed } = options;
  const labelled = new Set(workloads.filter(isLabelled));
  const own = new Set<string>(
    [...labelled].flatMap((workload) => networks.flatMap((network) => hostsOf(workload, network))),
  );
  const orphans = (network: string) =>
    isAskable(network) ? routed().filter((it) => it.endsWith(`.${network}`) && !own.has(it)) : [];
  const names = [...new Set([...own, ...networks.flatMap(orphans)])];
  const [answers, found] = await Promise.all([
    dns.addresses(names, PATIENCE_MS),
    outside(networks, PATIENCE_MS),
  ]);
  const attached = (workload: Workload, network: string, attachment: Attachment): Attachment => {
    if (!networks.includes(network)) return attachment;
    const how = found.get(network);
    const hosts = [
      ...(labelled.has(workload) ? hostsOf(workload, network) : []),
      ...(workload === self ? orphans(network) : []),
    ];
    const told = hosts.flatMap((host) => entry(host, answers.get(host)));
    return {
      ...attachment,
      ...(told.length > 0 && { answers: Object.fromEntries(told) }),
      ...(how !== undefined && { outside: how }),
    };
  };
  return workloads.map((workload) => ({
    ...workload,
    networks: Object.fromEntries(
      Object.entries(workload.networks).map(([network, attachment]) => [
        network,
        attached(workload, network, attachment),
      ]),
    ),
  }));
}

const entry = (host: string, addresses: readonly string[] | undefined) =>
  addresses === undefined ? [] : [[host, addresses] as const];

/** Node asks in lower case, and Docker's DNS takes a network in other letter case for another one (measured with 20.10 and 28.5). */
const isAskable = (network: string): boolean => network === network.toLowerCase();

/** Every host by which a rule may lead to it on the network: only the short id where names on the network cannot be asked for. */
function hostsOf({ id, name, service, networks }: Workload, network: string): readonly string[] {
  if (!Object.hasOwn(networks, network)) return [];
  const names = isAskable(network) ? [name, ...(service === undefined ? [] : [service.name])] : [];
  return [...names.map((it) => hostOnNetwork(it, network)), hostById(id, network)].flatMap(
    (it) => it ?? [],
  );
}
