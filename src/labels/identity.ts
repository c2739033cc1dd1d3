import { isReplicaName } from "../domain/compose.ts";
import { shortId } from "../domain/origin-host.ts";
import { singleContainer } from "../domain/party.ts";
import type { Workload } from "../domain/workload.ts";

type Service = NonNullable<Workload["service"]>;

/** By Compose service: what the containers that are it were called last, by name, short id and service. Kept while a rule leads there. */
export type KnownServices = ReadonlyMap<string, readonly string[]>;

export interface Identified {
  readonly workloads: readonly Workload[];
  readonly services: KnownServices;
}

/**
 * Which of the containers that say they are of one Compose service really are. The labels are only text, the container's name is
 * the engine's: replicas are named by Compose's scheme, and a service with a `container_name` has one container. Where several
 * contradict each other, the service is the one that it was before or that a rule leads to, also while that one is stopped; else
 * those with Compose's names; else the oldest one. Every other one is a party of its own.
 *
 * @param deployed - the names, without their network, and the short ids that deployed rules lead to; lower case
 */
export function identify(workloads: readonly Workload[], deployed: ReadonlySet<string>, before: KnownServices): Identified {
  const services = new Map([...before].filter(([, names]) => names.some((name) => deployed.has(name))));
  const running = new Set(workloads.map(({ name }) => name.toLowerCase()));
  const gone = new Set([...deployed].filter((name) => !running.has(name)));
  const impostors = new Set<Workload>();
  const claims = Map.groupBy(
    workloads.filter(({ service }) => service !== undefined),
    ({ service }) => JSON.stringify([service?.project, service?.name]),
  );
  for (const [key, all] of claims) {
    const members = membersOf(all, { deployed, gone, known: services.get(key) ?? [] });
    for (const workload of all) if (!members.includes(workload)) impostors.add(workload);
    if (members.length > 0) services.set(key, [...members.flatMap(namesOf), ...serviceNameOf(members)]);
  }
  return { workloads: workloads.map((it) => (impostors.has(it) ? alone(it) : it)), services };
}

const namesOf = ({ id, name }: Workload): readonly string[] => [name.toLowerCase(), shortId(id)];

/** Only replicas are reached by the name of their service. */
const serviceNameOf = (members: readonly Workload[]): readonly string[] =>
  members.length > 1 ? [members[0]?.service?.name.toLowerCase() ?? ""] : [];

const alone = ({ service, ...workload }: Workload): Workload => ({
  ...workload,
  service: undefined,
  party: singleContainer(workload.name),
  ...(service !== undefined && { claimedNames: [service.name, ...(workload.claimedNames ?? [])] }),
});

interface Evidence {
  readonly deployed: ReadonlySet<string>;
  /** Deployed names that no running container has. */
  readonly gone: ReadonlySet<string>;
  /** What the service was called before, where a rule still leads to it. */
  readonly known: readonly string[];
}

function membersOf(all: readonly Workload[], { deployed, gone, known }: Evidence): readonly Workload[] {
  const [service] = all.flatMap((it) => it.service ?? []);
  if (service === undefined) return [];
  const candidates = candidatesOf(all, service);
  const called = (has: (name: string) => boolean) => candidates.find((members) => members.flatMap(namesOf).some(has));
  const proven = called((name) => known.includes(name)) ?? called((name) => deployed.has(name));
  const [likeliest = []] = candidates;
  if (proven !== undefined || likeliest.some(({ name }) => isReplicaName(name, service))) return proven ?? likeliest;
  // While the service is away and a rule leads to it, a container with a name of its own choice is not it.
  const away = known.length > 0 || [...gone].some((name) => isReplicaName(name, service));
  return away ? [] : likeliest;
}

/** The containers that may be the service together, the best founded first. */
function candidatesOf(all: readonly Workload[], service: Service): readonly (readonly Workload[])[] {
  const replicas = all.filter(({ name }) => isReplicaName(name, service));
  const others = all.filter((it) => !replicas.includes(it)).toSorted((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
  return [...(replicas.length > 0 ? [replicas] : []), ...others.map((it) => [it])];
}
