import { shortId } from "./origin-host.ts";
import type { Party } from "./party.ts";
import type { Workload } from "./workload.ts";

/**
 * How the settings name Authentik's own container.
 *
 * - `setting`: CFAUTH_AUTHENTIK_CONTAINER, the name of a container or of a Compose service
 * - `host`: the host of AUTHENTIK_API_URL
 * - `none`: neither setting names a container
 */
export type AuthentikReference =
  | { readonly kind: "setting"; readonly name: string }
  | { readonly kind: "host"; readonly host: string }
  | { readonly kind: "none" };

/** Authentik's own container, the only one that may have the hostname of AUTHENTIK_URL. */
export type AuthentikContainer =
  /** No setting names a container, so no container counts as Authentik. */
  | { readonly kind: "unnamed" }
  /** No container of that name runs. */
  | { readonly kind: "absent"; readonly name: string }
  /** Several containers have an equal claim to the name, so none counts as Authentik. */
  | { readonly kind: "ambiguous"; readonly name: string; readonly containers: readonly string[] }
  /** The container, or the replicas of its Compose service. */
  | {
      readonly kind: "found";
      readonly party: Party;
      readonly ids: ReadonlySet<string>;
      readonly names: ReadonlySet<string>;
    };

/**
 * Further evidence of which container is Authentik. A name alone proves little, because any project
 * may choose it.
 */
export interface AuthentikEvidence {
  /** The party of cfauth's own container; undefined if unknown. */
  readonly ownParty?: Party | undefined;
  /** The party that Authentik had when a deployed rule last led to it. */
  readonly knownParty?: Party | undefined;
  /** Ids of the containers that a deployed rule on Authentik's hostname certainly leads to. */
  readonly incumbents?: ReadonlySet<string>;
  /** True if such a rule leads to a container that does not run. */
  readonly isAway?: boolean;
}

/**
 * Finds the container that is Authentik. A container matches by its own name, its short id or its
 * Compose service. The first row that applies decides:
 *
 * | the matching containers                        | result                                      |
 * |------------------------------------------------|---------------------------------------------|
 * | one is in cfauth's own party                   | that one                                    |
 * | Authentik's party is known from before         | the one in that party, else absent: another |
 * |                                                | party does not inherit a free name          |
 * | no deployed rule leads to any of them, and one | absent, until that rule's grace period ends |
 * | leads to a container that does not run         |                                             |
 * | one, or the replicas of one service            | that one                                    |
 * | several, and a deployed rule leads to one      | that one                                    |
 * | several, and CFAUTH_AUTHENTIK_CONTAINER is the | that one: container names are unique        |
 * | own name of one                                |                                             |
 * | several                                        | ambiguous                                   |
 */
export function findAuthentik(
  workloads: readonly Workload[],
  reference: AuthentikReference,
  evidence: AuthentikEvidence = {},
): AuthentikContainer {
  if (reference.kind === "none") return { kind: "unnamed" };
  const name = reference.kind === "setting" ? reference.name : reference.host;
  const { ownParty, knownParty, incumbents = new Set<string>(), isAway = false } = evidence;
  const services = servicesOf(workloads, reference);
  const findOnly = (matches: (service: Service) => boolean): Service | undefined => {
    const [first, ...others] = services.filter(matches);
    return others.length === 0 ? first : undefined;
  };
  const own = ownParty === undefined ? undefined : findOnly(([first]) => first.party === ownParty);
  if (own !== undefined) return foundContainer(own);
  if (knownParty !== undefined) {
    const known = findOnly(([first]) => first.party === knownParty);
    return known === undefined ? { kind: "absent", name } : foundContainer(known);
  }
  const deployed = findOnly((service) => service.some(({ id }) => incumbents.has(id)));
  if (deployed === undefined && isAway) return { kind: "absent", name };
  const named =
    reference.kind === "setting"
      ? findOnly((service) => service.some((it) => isSameName(it.name, name)))
      : undefined;
  const chosen = findOnly(() => true) ?? deployed ?? named;
  if (chosen !== undefined) return foundContainer(chosen);
  if (services.length === 0) return { kind: "absent", name };
  const containers = services.flatMap((service) => service.map((it) => it.name)).toSorted();
  return { kind: "ambiguous", name, containers };
}

/** A container, or the replicas of one Compose service in one party. */
type Service = readonly [Workload, ...Workload[]];

const foundContainer = (service: Service): AuthentikContainer => ({
  kind: "found",
  party: service[0].party,
  ids: new Set(service.map(({ id }) => id)),
  names: namesOf(service),
});

function servicesOf(
  workloads: readonly Workload[],
  reference: Exclude<AuthentikReference, { readonly kind: "none" }>,
): readonly Service[] {
  const matches =
    reference.kind === "setting"
      ? [matchName(reference.name), ...matchHost(reference.name)]
      : matchHost(reference.host);
  const exact = workloads.filter((it) => matches.some(({ exactly }) => exactly(it)));
  const all =
    exact.length > 0
      ? exact
      : workloads.filter((it) => matches.some(({ inAnyCase }) => inAnyCase(it)));
  const groups = Map.groupBy(all, ({ id, party, service }) =>
    service === undefined ? id : JSON.stringify([party, service]),
  );
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [[first, ...others] as const],
  );
}

/** Replicas are also known by the name of their service. */
const namesOf = (all: Service): ReadonlySet<string> =>
  new Set(
    all.flatMap(({ name, service }) =>
      all.length > 1 && service !== undefined ? [name, service.name] : [name],
    ),
  );

/** True if the workload is Authentik's own container. */
export const isAuthentik = (container: AuthentikContainer, { id }: Pick<Workload, "id">): boolean =>
  container.kind === "found" && container.ids.has(id);

interface Match {
  readonly exactly: (workload: Workload) => boolean;
  readonly inAnyCase: (workload: Workload) => boolean;
}

/**
 * Matches every name for which Docker's DNS may return the container: its own name, its short id,
 * its Compose service, and the names that only its labels claim.
 */
function matchName(wanted: string): Match {
  const names = ({ id, name, service, claimedNames = [] }: Workload) => [
    name,
    shortId(id),
    ...(service === undefined ? [] : [service.name]),
    ...claimedNames,
  ];
  return {
    exactly: (it) => names(it).includes(wanted),
    inAnyCase: (it) => names(it).some((name) => isSameName(name, wanted)),
  };
}

/**
 * Reads a host with a dot as a name on a network, never as the plain name of a container. Anyone
 * could give a container the name of another machine in the local network.
 */
function matchHost(host: string): readonly Match[] {
  if (host === "localhost") return [];
  const at = host.lastIndexOf(".");
  if (at === -1) return [matchName(host)];
  const [name, network] = [host.slice(0, at), host.slice(at + 1)];
  if (name.includes(".")) return [];
  const isOnNetwork = ({ networks }: Workload): boolean =>
    Object.keys(networks).some((it) => isSameName(it, network));
  const { exactly, inAnyCase } = matchName(name);
  return [
    {
      exactly: (it) => isOnNetwork(it) && exactly(it),
      inAnyCase: (it) => isOnNetwork(it) && inAnyCase(it),
    },
  ];
}

const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
