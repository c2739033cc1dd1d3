import type { DockerDns } from "../../clients/docker/dns.ts";
import { hostById, hostOnNetwork } from "../../core/domain/origin-host.ts";
import { findSelf } from "../../core/domain/self.ts";
import type { Attachment, Workload } from "../../core/domain/workload.ts";
import type { Source } from "../source.ts";
import type { OutsideProbe } from "./outside.ts";

/**
 * How long a list waits for Docker's DNS. It usually answers within 1 ms, and a pass must not wait
 * for it.
 */
const DNS_TIMEOUT_MS = 150;

export interface AnswersOptions {
  readonly dns: DockerDns;
  readonly outside: OutsideProbe;
  /** The name of the machine that this process runs on; in a container its short id. */
  readonly hostname: string;
  /** True if the workload asks for a route. */
  readonly isLabelled: (workload: Workload) => boolean;
  /** The networks that cloudflared is on. */
  readonly networks: (workloads: readonly Workload[]) => readonly string[];
  /** The hosts that deployed rules lead to, as far as they are known. */
  readonly routed: () => readonly string[];
}

/**
 * Extends a source with the answers of Docker's DNS for the names of labelled containers, on the
 * networks that this process shares with cloudflared. They are needed because no container list
 * contains aliases. Names that could not be looked up stay unknown, and no pass waits for them.
 *
 * A rule may lead to the name of a container that is gone while another container answers to that
 * name. Such names are looked up as well; their answers are attached to this process's own
 * container.
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
      : attachAnswers(workloads, { self, networks }, options);
  },
});

interface Requester {
  readonly self: Workload;
  /** The networks that it shares with cloudflared. */
  readonly networks: readonly string[];
}

async function attachAnswers(
  workloads: readonly Workload[],
  { self, networks }: Requester,
  options: AnswersOptions,
): Promise<readonly Workload[]> {
  const { dns, outside, isLabelled, routed } = options;
  const labelled = new Set(workloads.filter(isLabelled));
  const own = new Set<string>(
    [...labelled].flatMap((workload) => networks.flatMap((network) => hostsOf(workload, network))),
  );
  const orphans = (network: string) =>
    canLookUp(network) ? routed().filter((it) => it.endsWith(`.${network}`) && !own.has(it)) : [];
  const names = [...new Set([...own, ...networks.flatMap(orphans)])];
  const [answers, found] = await Promise.all([
    dns.addresses(names, DNS_TIMEOUT_MS),
    outside(networks, DNS_TIMEOUT_MS),
  ]);
  const attachAnswer = (
    workload: Workload,
    network: string,
    attachment: Attachment,
  ): Attachment => {
    if (!networks.includes(network)) return attachment;
    const how = found.get(network);
    const hosts = [
      ...(labelled.has(workload) ? hostsOf(workload, network) : []),
      ...(workload === self ? orphans(network) : []),
    ];
    const entries = hosts.flatMap((host) => answerEntry(host, answers.get(host)));
    const answered =
      entries.length > 0 ? { ...attachment, answers: Object.fromEntries(entries) } : attachment;
    return how === undefined ? answered : { ...answered, outside: how };
  };
  return workloads.map((workload) => ({
    ...workload,
    networks: Object.fromEntries(
      Object.entries(workload.networks).map(([network, attachment]) => [
        network,
        attachAnswer(workload, network, attachment),
      ]),
    ),
  }));
}

const answerEntry = (host: string, addresses: readonly string[] | undefined) =>
  addresses === undefined ? [] : [[host, addresses] as const];

/**
 * Node lower-cases names, but Docker's DNS distinguishes upper and lower case in network names
 * (measured with 20.10 and 28.5).
 */
const canLookUp = (network: string): boolean => network === network.toLowerCase();

/**
 * Lists every host by which a rule may reach the workload on a network. Without lookups by name,
 * only the short id is left.
 */
function hostsOf({ id, name, service, networks }: Workload, network: string): readonly string[] {
  if (!Object.hasOwn(networks, network)) return [];
  const names = canLookUp(network) ? [name, ...(service === undefined ? [] : [service.name])] : [];
  return [...names.map((it) => hostOnNetwork(it, network)), hostById(id, network)].flatMap(
    (it) => it ?? [],
  );
}
