import { isReplicaName, type KnownServices, serviceKey } from "../domain/compose.ts";
import { shortId } from "../domain/origin-host.ts";
import { singleContainer } from "../domain/party.ts";
import type { Workload } from "../domain/workload.ts";

type Service = NonNullable<Workload["service"]>;

export interface Identified {
  readonly workloads: readonly Workload[];
  readonly services: KnownServices;
}

/**
 * Decides which containers with the labels of a Compose service really belong to it. Labels are
 * only text, but the engine guarantees the container's name.
 *
 * Containers with names in Compose's scheme are the service. Without any, the service is a single
 * container with a `container_name`: the one that it was before, else one that a rule leads to,
 * else the oldest. Every other container is a party of its own while it runs. So the identity of a
 * container never depends on the state of its own rule.
 *
 * @param deployed - the names, without their network, and the short ids that deployed rules lead
 *   to; lower case
 */
export function identify(
  workloads: readonly Workload[],
  deployed: ReadonlySet<string>,
  before: KnownServices,
): Identified {
  const running = new Set(workloads.flatMap(namesOf));
  const gone = new Set([...deployed].filter((name) => !running.has(name)));
  const names = new Map(
    [...before.names].filter(([, all]) =>
      all.some((name) => deployed.has(name) || running.has(name)),
    ),
  );
  const apart = new Set<string>();
  const claims = Map.groupBy(
    workloads.filter(({ service }) => service !== undefined),
    ({ service }) => service && serviceKey(service),
  );
  for (const [key = "", all] of claims) {
    const eligible = all.filter(({ id }) => !before.apart.has(id));
    const members = membersOf(eligible, { deployed, gone, known: names.get(key) ?? [] });
    for (const workload of all) if (!members.includes(workload)) apart.add(workload.id);
    if (members.length > 0)
      names.set(key, [
        ...members.flatMap(namesOf),
        ...serviceNameOf(members, names.get(key) ?? [], deployed),
      ]);
  }
  return {
    workloads: workloads.map((it) => (apart.has(it.id) ? asSingleContainer(it) : it)),
    services: { names, apart },
  };
}

const namesOf = ({ id, name }: Workload): readonly string[] => [name.toLowerCase(), shortId(id)];

/**
 * The service name counts only for replicas. The last remaining replica keeps it while a rule leads
 * to that name.
 */
function serviceNameOf(
  members: readonly Workload[],
  known: readonly string[],
  deployed: ReadonlySet<string>,
): readonly string[] {
  const name = members[0]?.service?.name.toLowerCase() ?? "";
  return members.length > 1 || (known.includes(name) && deployed.has(name)) ? [name] : [];
}

const asSingleContainer = ({ service, ...workload }: Workload): Workload => ({
  ...workload,
  service: undefined,
  party: singleContainer(workload.name),
  ...(service !== undefined && { claimedNames: [service.name, ...(workload.claimedNames ?? [])] }),
});

interface Evidence {
  readonly deployed: ReadonlySet<string>;
  /** Deployed names that no running container has. */
  readonly gone: ReadonlySet<string>;
  /** Earlier names of the service, if it runs or a rule still leads to it. */
  readonly known: readonly string[];
}

function membersOf(
  claimants: readonly Workload[],
  { deployed, gone, known }: Evidence,
): readonly Workload[] {
  const [service] = claimants.flatMap((it) => it.service ?? []);
  if (service === undefined) return [];
  const replicas = claimants.filter(({ name }) => isReplicaName(name, service));
  if (replicas.length > 0) return replicas;
  const oldestFirst = claimants.toSorted((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
  const findByName = (matches: (name: string) => boolean) =>
    oldestFirst.find((it) => namesOf(it).some(matches));
  const same = findByName((name) => known.includes(name));
  if (same !== undefined) return [same];
  // While the service is away and a rule leads to it, a container with another name does not
  // belong.
  if (isAway(service, known, gone)) return [];
  const chosen = findByName((name) => deployed.has(name)) ?? oldestFirst[0];
  return chosen === undefined ? [] : [chosen];
}

const isAway = (service: Service, known: readonly string[], gone: ReadonlySet<string>): boolean =>
  known.length > 0 || [...gone].some((name) => isReplicaName(name, service));
