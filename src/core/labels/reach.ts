import { serviceKey } from "../domain/compose.ts";
import type { Detour } from "../domain/origin.ts";
import { hostByAddress, hostById, hostOnNetwork, type OriginHost } from "../domain/origin-host.ts";
import { isOutsideEnding } from "../domain/outside-name.ts";
import type { Workload } from "../domain/workload.ts";
import type { LabelContext } from "./context.ts";
import { excludingOwn, type LabelSet } from "./label-set.ts";

/** A container, or the replicas of a Compose service. */
type Reached = Pick<LabelSet, "members" | "replicated">;

export interface Reach {
  readonly host: OriginHost;
  readonly detour: Detour | undefined;
}

type Way = "service" | "name" | Detour["by"];

interface Candidate {
  readonly by: Way;
  readonly host: OriginHost;
  readonly verdict: Verdict;
}

/** Whether only the container, or the replicas, answer to a host. */
type Verdict = "own" | "shared" | "unanswered";

/** Which ways may be taken, the preferred one first. */
const WAYS: Readonly<Record<"name" | "id" | "ip", readonly Way[]>> = {
  name: ["service", "name", "id", "address"],
  id: ["id", "address"],
  ip: ["address"],
};

/**
 * The host by which cloudflared reaches the container on the network, or undefined where no host is its alone. Where a rule leads
 * to it by a host that is right, that one stays: a replica or a neighbour that comes and goes costs no write.
 */
export function reach(
  labelSet: Reached,
  network: string,
  target: "name" | "id" | "ip",
  context: LabelContext,
): Reach | undefined {
  const candidates = WAYS[target].flatMap((by) =>
    hostsBy(by, labelSet, network).map(
      (host): Candidate => ({ by, host, verdict: verdictOf(by, host, labelSet, network, context) }),
    ),
  );
  const sound = candidates.filter(({ verdict }) => verdict === "own");
  const stays = sound.find(
    (it) =>
      context.routed.has(it.host) &&
      isLasting(it, target) &&
      (it.by !== "service" || wasReplicated(labelSet, context)),
  );
  const found = stays ?? sound.find(({ by }) => by !== "service" || labelSet.replicated);
  if (found === undefined) return undefined;
  return {
    host: found.host,
    detour: target === "name" ? detourOf(found, candidates, labelSet, network) : undefined,
  };
}

/** A name gives way to the service's once there are replicas, and an address to a name. */
const isLasting = ({ by }: Candidate, target: "name" | "id" | "ip"): boolean =>
  by === "service" || by === "id" || target === "ip";

/**
 * Whether a rule may still lead to the one that is left of its replicas by the name of their service. Without having seen the
 * replicas the rule may be that of a container of this name: what a label says proves nothing.
 */
function wasReplicated({ members, replicated }: Reached, { services }: LabelContext): boolean {
  const [{ service }] = members;
  const isKnown = (it: NonNullable<Workload["service"]>) =>
    services.names.get(serviceKey(it))?.includes(it.name.toLowerCase()) === true;
  return replicated || (service !== undefined && isKnown(service));
}

function hostsBy(
  by: Way,
  { members, replicated }: Reached,
  network: string,
): readonly OriginHost[] {
  const [oldest] = members;
  switch (by) {
    case "service":
      return [serviceHost(oldest, network)].flatMap((it) => it ?? []);
    case "name":
      return replicated ? [] : [hostOnNetwork(oldest.name, network)].flatMap((it) => it ?? []);
    case "id":
      return members.flatMap(({ id }) => hostById(id, network) ?? []);
    case "address":
      return members.flatMap(({ networks }) => hostByAddress(networks[network]?.ip ?? "") ?? []);
  }
}

/** A name of a service is the text of a label: with a dot it could be anything. */
function serviceHost({ service }: Workload, network: string): OriginHost | undefined {
  return service === undefined || service.name.includes(".")
    ? undefined
    : hostOnNetwork(service.name, network);
}

/**
 * Docker's DNS counts as far as it knows the container at this moment: it does not while the container restarts, and its address may
 * be another one by then. That it does not know a name says something only where it knows another one of the container's.
 */
function verdictOf(
  by: Way,
  host: OriginHost,
  labelSet: Reached,
  network: string,
  { networks, named, nameIndex }: LabelContext,
): Verdict {
  // No name is asked for: whatever another container is called, the engine gives an address on a network to one container.
  if (by === "address") return "own";
  const others = excludingOwn(
    labelSet,
    nameIndex.mayAnswer(host, [...new Set([network, ...networks, ...named])]),
  );
  if (others.length > 0) return "shared";
  const answers = labelSet.members.map((member) => member.networks[network]?.answers ?? {});
  const own = labelSet.members.flatMap((member) =>
    Object.values(member.networks).map(({ ip }) => ip),
  );
  const hasOwn = (addresses: readonly string[]) =>
    addresses.some((address) => own.includes(address));
  const told = answers.flatMap((it) => it[host] ?? []);
  // An address beside the container's own belongs to another one even if no list has it, such as that of a Swarm service.
  if (hasOwn(told) && told.some((address) => !own.includes(address))) return "shared";
  const isAsked = answers.some((it) => it[host] !== undefined);
  const isKnown = answers.some((it) => Object.values(it).some(hasOwn));
  return isAsked && isKnown && !hasOwn(told) ? "unanswered" : "own";
}

function detourOf(
  { by }: Candidate,
  candidates: readonly Candidate[],
  labelSet: Reached,
  network: string,
): Detour | undefined {
  if (by === "service" || by === "name") return undefined;
  const [oldest] = labelSet.members;
  const wanted = candidates.find((it) => it.by === (labelSet.replicated ? "service" : "name"));
  const name = `${labelSet.replicated ? (oldest.service?.name ?? oldest.name) : oldest.name}.${network}`;
  if (wanted === undefined)
    return { by, name, why: isOutsideEnding(network) ? "outside" : "unusable" };
  return { by, name, why: wanted.verdict === "own" ? "kept" : wanted.verdict };
}
