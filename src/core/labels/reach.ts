import { serviceKey } from "../domain/compose.ts";
import type { Detour } from "../domain/origin.ts";
import { hostByAddress, hostById, hostOnNetwork, type OriginHost } from "../domain/origin-host.ts";
import { isOutsideEnding } from "../domain/outside-name.ts";
import type { Workload } from "../domain/workload.ts";
import type { LabelContext } from "./context.ts";
import { excludingOwn, type LabelSet } from "./label-set.ts";

/** A container, or the replicas of a Compose service. */
type Target = Pick<LabelSet, "members" | "replicated">;

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

/**
 * Who answers to a host. `own`: only the container or the replicas. `shared`: others too, or others
 * may. `unanswered`: Docker's DNS does not know it.
 */
type Verdict = "own" | "shared" | "unanswered";

/** The allowed ways for each CFAUTH_TARGET, the preferred one first. */
const WAYS: Readonly<Record<"name" | "id" | "ip", readonly Way[]>> = {
  name: ["service", "name", "id", "address"],
  id: ["id", "address"],
  ip: ["address"],
};

/**
 * The host by which cloudflared reaches the container on the network; undefined if no host leads to
 * it alone. If a deployed rule already uses a correct host, that host stays, so a replica or a
 * neighbour that comes and goes costs no write.
 */
export function reach(
  labelSet: Target,
  network: string,
  target: "name" | "id" | "ip",
  context: LabelContext,
): Reach | undefined {
  const candidates = WAYS[target].flatMap((by) =>
    hostsBy(by, labelSet, network).map(
      (host): Candidate => ({ by, host, verdict: verdictOf(by, host, labelSet, network, context) }),
    ),
  );
  const usable = candidates.filter(({ verdict }) => verdict === "own");
  const current = usable.find(
    (it) =>
      context.routed.has(it.host) &&
      isLasting(it, target) &&
      (it.by !== "service" || wasReplicated(labelSet, context)),
  );
  const found = current ?? usable.find(({ by }) => by !== "service" || labelSet.replicated);
  if (found === undefined) return undefined;
  return {
    host: found.host,
    detour: target === "name" ? detourOf(found, candidates, labelSet, network) : undefined,
  };
}

/**
 * False for a host that a better one replaces: a name once there are replicas, an address once
 * there is a name.
 */
const isLasting = ({ by }: Candidate, target: "name" | "id" | "ip"): boolean =>
  by === "service" || by === "id" || target === "ip";

/**
 * True if a rule may still use the service name for the last remaining replica. If cfauth never saw
 * the replicas, the rule may belong to a container of that name: a label proves nothing.
 */
function wasReplicated({ members, replicated }: Target, { services }: LabelContext): boolean {
  const [{ service }] = members;
  const isKnown = (it: NonNullable<Workload["service"]>) =>
    services.names.get(serviceKey(it))?.includes(it.name.toLowerCase()) === true;
  return replicated || (service !== undefined && isKnown(service));
}

function hostsBy(by: Way, { members, replicated }: Target, network: string): readonly OriginHost[] {
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

/** A service name is the text of a label: with a dot it could be any name. */
function serviceHost({ service }: Workload, network: string): OriginHost | undefined {
  return service === undefined || service.name.includes(".")
    ? undefined
    : hostOnNetwork(service.name, network);
}

/**
 * Who answers to a host. Docker's DNS counts only while it knows the container. It does not while
 * the container restarts, and afterwards the address may differ. A missing answer counts only if
 * Docker's DNS knows another name of the container.
 */
function verdictOf(
  by: Way,
  host: OriginHost,
  labelSet: Target,
  network: string,
  { networks, named, nameIndex }: LabelContext,
): Verdict {
  // An address needs no DNS: the engine gives each address on a network to one container only.
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
  const returned = answers.flatMap((it) => it[host] ?? []);
  // A further address belongs to another workload, even if no list contains it (a Swarm service).
  if (hasOwn(returned) && returned.some((address) => !own.includes(address))) return "shared";
  const wasQueried = answers.some((it) => it[host] !== undefined);
  const isKnown = answers.some((it) => Object.values(it).some(hasOwn));
  return wasQueried && isKnown && !hasOwn(returned) ? "unanswered" : "own";
}

function detourOf(
  { by }: Candidate,
  candidates: readonly Candidate[],
  labelSet: Target,
  network: string,
): Detour | undefined {
  if (by === "service" || by === "name") return undefined;
  const [oldest] = labelSet.members;
  const preferred = candidates.find((it) => it.by === (labelSet.replicated ? "service" : "name"));
  const name = `${labelSet.replicated ? (oldest.service?.name ?? oldest.name) : oldest.name}.${network}`;
  if (preferred === undefined)
    return { by, name, why: isOutsideEnding(network) ? "outside" : "unusable" };
  return { by, name, why: preferred.verdict === "own" ? "kept" : preferred.verdict };
}
