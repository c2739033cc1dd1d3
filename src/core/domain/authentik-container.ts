import { shortId } from "./origin-host.ts";
import type { Party } from "./party.ts";
import type { Workload } from "./workload.ts";

/**
 * How the settings name Authentik's own container. `setting`: CFAUTH_AUTHENTIK_CONTAINER, a container's name or a Compose
 * service. `host`: the host of AUTHENTIK_API_URL. `none`: neither leads to a container.
 */
export type AuthentikReference =
  | { readonly kind: "setting"; readonly name: string }
  | { readonly kind: "host"; readonly host: string }
  | { readonly kind: "none" };

/** Authentik's own container, the only one that may have the hostname of AUTHENTIK_URL. */
export type AuthentikContainer =
  /** Nothing names one, so no container can be it. */
  | { readonly kind: "unnamed" }
  /** None of that name runs. */
  | { readonly kind: "absent"; readonly name: string }
  /** Several have an equal claim to the name, so none of them is it. */
  | { readonly kind: "ambiguous"; readonly name: string; readonly containers: readonly string[] }
  /** The container, or the replicas of its Compose service. */
  | {
      readonly kind: "found";
      readonly party: Party;
      readonly ids: ReadonlySet<string>;
      readonly names: ReadonlySet<string>;
    };

/** What else shows which of several containers is Authentik. Names alone prove little: any project may choose them. */
export interface AuthentikEvidence {
  /** The party of cfauth's own container; undefined where that is not known. */
  readonly ownParty?: Party | undefined;
  /** The party that Authentik had when a deployed rule last led to it. */
  readonly knownParty?: Party | undefined;
  /** Ids of the containers that a deployed rule on Authentik's hostname certainly leads to. */
  readonly incumbents?: ReadonlySet<string>;
  /** Whether such a rule leads to a container that does not run. */
  readonly isAway?: boolean;
}

/**
 * Which container is Authentik: the one that has the name, as its own, as its short id or as its Compose service.
 *
 * | the containers of that name                        | then                                                     |
 * |----------------------------------------------------|----------------------------------------------------------|
 * | one is in cfauth's own party                       | that one                                                 |
 * | Authentik was found in another party before        | absent: a name that became free is not inherited         |
 * | it is not known, and a rule leads to one that is   | absent, until the rule's grace period is over            |
 * | away                                               |                                                          |
 * | one, or the replicas of one service                | that one                                                 |
 * | several, and a deployed rule leads to one of them  | that one                                                 |
 * | several, of which CFAUTH_AUTHENTIK_CONTAINER is    | that one: the engine keeps names of containers unique    |
 * | the container's own name                           |                                                          |
 * | several                                            | ambiguous                                                |
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
  const only = (has: (service: Service) => boolean): Service | undefined => {
    const [first, ...others] = services.filter(has);
    return others.length === 0 ? first : undefined;
  };
  const own = ownParty === undefined ? undefined : only(([first]) => first.party === ownParty);
  if (own !== undefined) return found(own);
  if (knownParty !== undefined) {
    const known = only(([first]) => first.party === knownParty);
    return known === undefined ? { kind: "absent", name } : found(known);
  }
  const led = only((service) => service.some(({ id }) => incumbents.has(id)));
  if (led === undefined && isAway) return { kind: "absent", name };
  const called =
    reference.kind === "setting"
      ? only((service) => service.some((it) => same(it.name, name)))
      : undefined;
  const chosen = only(() => true) ?? led ?? called;
  if (chosen !== undefined) return found(chosen);
  return services.length === 0
    ? { kind: "absent", name }
    : {
        kind: "ambiguous",
        name,
        containers: services.flatMap((service) => service.map((it) => it.name)).toSorted(),
      };
}

/** A container, or the replicas of one Compose service in one party. */
type Service = readonly [Workload, ...Workload[]];

const found = (service: Service): AuthentikContainer => ({
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
      ? [named(reference.name), ...byHost(reference.name)]
      : byHost(reference.host);
  const spelled = workloads.filter((it) => matches.some(({ exactly }) => exactly(it)));
  const all =
    spelled.length > 0
      ? spelled
      : workloads.filter((it) => matches.some(({ inAnyCase }) => inAnyCase(it)));
  const groups = Map.groupBy(all, ({ id, party, service }) =>
    service === undefined ? id : JSON.stringify([party, service]),
  );
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [[first, ...others] as const],
  );
}

/** Replicas are called by their service as well. */
const namesOf = (all: Service): ReadonlySet<string> =>
  new Set(
    all.flatMap(({ name, service }) =>
      all.length > 1 && service !== undefined ? [name, service.name] : [name],
    ),
  );

/** Whether the workload is Authentik's own container. */
export const isAuthentik = (container: AuthentikContainer, { id }: Pick<Workload, "id">): boolean =>
  container.kind === "found" && container.ids.has(id);

interface Match {
  readonly exactly: (workload: Workload) => boolean;
  readonly inAnyCase: (workload: Workload) => boolean;
}

/** By all that Docker's DNS may answer to: its own name, its short id, its Compose service, and what only its labels claim. */
function named(wanted: string): Match {
  const names = ({ id, name, service, claimedNames = [] }: Workload) => [
    name,
    shortId(id),
    ...(service === undefined ? [] : [service.name]),
    ...claimedNames,
  ];
  return {
    exactly: (it) => names(it).includes(wanted),
    inAnyCase: (it) => names(it).some((name) => same(name, wanted)),
  };
}

/** A host with a dot is no container's plain name: anyone could call a container like a machine of the house. */
function byHost(host: string): readonly Match[] {
  if (host === "localhost") return [];
  const at = host.lastIndexOf(".");
  if (at === -1) return [named(host)];
  const [name, network] = [host.slice(0, at), host.slice(at + 1)];
  if (name.includes(".")) return [];
  const isThere = ({ networks }: Workload): boolean =>
    Object.keys(networks).some((it) => same(it, network));
  const { exactly, inAnyCase } = named(name);
  return [
    {
      exactly: (it) => isThere(it) && exactly(it),
      inAnyCase: (it) => isThere(it) && inAnyCase(it),
    },
  ];
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
