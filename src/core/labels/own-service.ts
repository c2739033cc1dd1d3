import { isReplicaName } from "../domain/compose.ts";
import { isFoundOn } from "../domain/networks.ts";
import { shortId } from "../domain/origin-host.ts";
import { serviceHost, withHost } from "../domain/service-url.ts";
import type { Workload } from "../domain/workload.ts";
import type { RouteOwners } from "../plan/types.ts";
import type { LabelContext } from "./context.ts";
import { reach } from "./reach.ts";

type Containers = readonly [Workload, ...Workload[]];

/**
 * The service that a deployed rule must have so that only these containers answer. Only its host
 * changes. Undefined if the rule was not made for them, or if no host leads to them alone.
 *
 * | the host of the rule                           | result                              |
 * |------------------------------------------------|-------------------------------------|
 * | their name, short id or address                | a host that leads to them alone     |
 * | a short id that no container has               | the same, after a possible recreate |
 * | another container's address (CFAUTH_TARGET=ip) | the same, after a possible recreate |
 * | any other                                      | undefined                           |
 *
 * Also undefined with CFAUTH_TARGET=published: the port in the rule is the host's and does not show
 * the container's port.
 */
export function ownService(
  service: string,
  owners: RouteOwners,
  workloads: readonly Workload[],
  context: LabelContext,
): string | undefined {
  const { target } = context;
  const members = membersOf(owners, workloads);
  const host = serviceHost(service).toLowerCase();
  if (target === "published" || members === undefined || host === "") return undefined;
  // If no label may point elsewhere, the rule led to their own container, whatever the label says
  // now.
  const wasOwn = owners.recreated && (!owners.elsewhere || !context.allowService);
  if (!isOwn(host, members, context) && !(wasOwn && isLost(host, workloads, context)))
    return undefined;
  const network = networkOf(host, members, target, context);
  const found =
    network === undefined
      ? undefined
      : reach({ members, replicated: members.length > 1 }, network, target, context);
  return found && withHost(service, found.host);
}

/** The first container, and other replicas of its Compose service. */
function membersOf(
  { members }: RouteOwners,
  workloads: readonly Workload[],
): Containers | undefined {
  const byId = new Map(workloads.map((it) => [it.id, it]));
  const [first, ...others] = members.flatMap((id) => byId.get(id) ?? []);
  return (
    first && [
      first,
      ...others.filter(
        ({ service }) => service !== undefined && service.name === first.service?.name,
      ),
    ]
  );
}

/** A host without a network counts too: earlier versions wrote names in that form. */
function isOwn(host: string, members: Containers, context: LabelContext): boolean {
  const around = [
    ...context.networks,
    ...context.named,
    ...members.flatMap(({ networks }) => Object.keys(networks)),
  ];
  return members.some(
    (member) =>
      addressesOf(member).includes(host) ||
      namesOf(member).some(
        (name) => host === name || around.some((network) => host === onNetwork(name, network)),
      ),
  );
}

function isLost(
  host: string,
  workloads: readonly Workload[],
  { target, networks, named, nameIndex }: LabelContext,
): boolean {
  const around = [...networks, ...named];
  const [id = ""] = host.split(".");
  const isId =
    SHORT_ID.test(id) && (host === id || around.some((network) => host === onNetwork(id, network)));
  if (isId) return nameIndex.mayAnswer(host, around).size === 0;
  return target === "ip" && workloads.some((it) => addressesOf(it).includes(host));
}

const SHORT_ID = /^[0-9a-f]{12}$/;

/** The network of the rule's host, else the first tunnel network that they are on. */
function networkOf(
  host: string,
  members: Containers,
  target: "name" | "id" | "ip",
  { networks, named }: LabelContext,
): string | undefined {
  const [first] = members;
  const usable = [...networks, ...named, ...Object.keys(first.networks)].filter(
    (network) => Object.hasOwn(first.networks, network) && isFoundOn(network, target),
  );
  const isOfHost = (network: string) =>
    members.some(
      (member) =>
        member.networks[network]?.ip === host ||
        namesOf(member).some((name) => host === onNetwork(name, network)),
    );
  return (
    usable.find(isOfHost) ?? usable.find((network) => [...networks, ...named].includes(network))
  );
}

/** The name of a Compose service counts only if the container's own name confirms it. */
const namesOf = ({ id, name, service }: Workload): readonly string[] =>
  [
    name,
    shortId(id),
    ...(service !== undefined && isReplicaName(name, service) ? [service.name] : []),
  ].map((it) => it.toLowerCase());

const addressesOf = ({ networks }: Workload): readonly string[] =>
  Object.values(networks).flatMap(({ ip }) => ip ?? []);

const onNetwork = (name: string, network: string): string => `${name}.${network.toLowerCase()}`;
