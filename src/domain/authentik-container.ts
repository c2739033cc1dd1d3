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
  | { readonly kind: "found"; readonly party: Party; readonly ids: ReadonlySet<string>; readonly names: ReadonlySet<string> };

/** Docker's DNS knows a container by as many characters of its id. */
const SHORT_ID_LENGTH = 12;

/**
 * Which container is Authentik. What the engine keeps unique counts before what a label says: the container's name, exactly
 * and then in any letter case, `<name>.<network>`, the short id, and only then the Compose service with its replicas.
 *
 * @param incumbents - ids of the containers that a deployed rule on Authentik's hostname leads to: of several with an equal
 *   claim to the name they stay, so that a copied label cannot shut the login
 */
export function findAuthentik(
  workloads: readonly Workload[],
  reference: AuthentikReference,
  incumbents: ReadonlySet<string> = new Set(),
): AuthentikContainer {
  if (reference.kind === "none") return { kind: "unnamed" };
  const name = reference.kind === "setting" ? reference.name : reference.host;
  const matches = reference.kind === "setting" ? bySetting(reference.name) : byHost(reference.host);
  for (const match of matches) {
    const all = workloads.filter(match);
    if (all.length === 0) continue;
    const found = replicasIn(all) ?? replicasIn(all.filter(({ id }) => incumbents.has(id)));
    if (found === undefined) return { kind: "ambiguous", name, containers: all.map((it) => it.name).toSorted() };
    return { kind: "found", party: found[0].party, ids: new Set(found.map(({ id }) => id)), names: namesOf(found) };
  }
  return { kind: "absent", name };
}

/** All of them, where they are one container or the replicas of one Compose service in one party. */
function replicasIn([first, ...others]: readonly Workload[]): readonly [Workload, ...Workload[]] | undefined {
  return first !== undefined && others.every((other) => isReplica(first, other)) ? [first, ...others] : undefined;
}

/** Replicas are called by their service as well. */
const namesOf = (all: readonly Workload[]): ReadonlySet<string> =>
  new Set(all.flatMap(({ name, service }) => (all.length > 1 && service !== undefined ? [name, service.name] : [name])));

/** Whether the workload is Authentik's own container. */
export const isAuthentik = (container: AuthentikContainer, { id }: Pick<Workload, "id">): boolean =>
  container.kind === "found" && container.ids.has(id);

type Match = (workload: Workload) => boolean;

const bySetting = (name: string): readonly Match[] => [
  (it) => it.name === name,
  (it) => same(it.name, name),
  (it) => it.service?.name === name,
  (it) => it.service !== undefined && same(it.service.name, name),
];

/** A host with a dot is no container's plain name: anyone could call a container like a machine of the house. */
function byHost(host: string): readonly Match[] {
  if (host === "localhost") return [];
  const at = host.lastIndexOf(".");
  if (at === -1) return [...bySetting(host).slice(0, 2), (it) => shortId(it) === host, ...bySetting(host).slice(2)];
  const [name, network] = [host.slice(0, at), host.slice(at + 1)];
  if (name.includes(".")) return [];
  const isThere: Match = ({ networks }) => Object.keys(networks).some((it) => same(it, network));
  return byHost(name).map(
    (match): Match =>
      (it) =>
        isThere(it) && match(it),
  );
}

const isReplica = (a: Workload, b: Workload): boolean =>
  a.party === b.party && a.service !== undefined && a.service.project === b.service?.project && a.service.name === b.service.name;

const shortId = ({ id }: Workload): string => id.slice(0, SHORT_ID_LENGTH);

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
