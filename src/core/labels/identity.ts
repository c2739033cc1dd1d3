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
 * Which of the containers that say they are of one Compose service really are. The labels are only text, the container's name is
 * the engine's: those with names of Compose's scheme are the service. Without them it is one container, with a `container_name`:
 * the one that it was before, else one that a rule leads to, else the oldest. Every other one is a party of its own for as long
 * as it runs: what a container is never depends on what its own rule has come to.
 *
 * @param deployed - the names, without their network, and the short ids that deployed rules lead to; lower case
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
    workloads: workloads.map((it) => (apart.has(it.id) ? alone(it) : it)),
    services: { names, apart },
  };
}

const namesOf = ({ id, name }: Workload): readonly string[] => [name.toLowerCase(), shortId(id)];

/** Only replicas are reached by the name of their service; one that is left of them stays so while a rule leads there. */
function serviceNameOf(
  members: readonly Workload[],
  known: readonly string[],
  deployed: ReadonlySet<string>,
): readonly string[] {
  const name = members[0]?.service?.name.toLowerCase() ?? "";
  return members.length > 1 || (known.includes(name) && deployed.has(name)) ? [name] : [];
}

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
  /** What the service was called before, where it runs or a rule still leads to it. */
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
  const called = (names: (name: string) => boolean) =>
    oldestFirst.find((it) => namesOf(it).some(names));
  const same = called((name) => known.includes(name));
  if (same !== undefined) return [same];
  // While the service is away and a rule leads to it, a container with another name is not it.
  if (isAway(service, known, gone)) return [];
  return [called((name) => deployed.has(name)) ?? oldestFirst[0]].flatMap((it) => it ?? []);
}

const isAway = (service: Service, known: readonly string[], gone: ReadonlySet<string>): boolean =>
  known.length > 0 || [...gone].some((name) => isReplicaName(name, service));
