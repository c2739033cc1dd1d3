import { isFoundOn } from "../domain/networks.ts";
import { hostByAddress, shortId } from "../domain/origin-host.ts";
import type { Workload } from "../domain/workload.ts";
import type { LabelContext } from "./context.ts";
import { clip, type LabelFault } from "./fault.ts";
import type { Label, Labels } from "./grouping.ts";
import type { LabelSet } from "./label-set.ts";
import { type Reach, reach } from "./reach.ts";

/**
 * The host by which cloudflared reaches the container on one of the networks, or the fault that
 * prevents it.
 */
export function hostOf(
  labelSet: LabelSet,
  labels: Labels,
  prefix: string,
  target: "name" | "id" | "ip",
  context: LabelContext,
): Reach | { readonly fault: LabelFault } {
  const label = labels.get("network");
  if (label !== undefined && !isFoundOn(label.text, target))
    return { fault: namelessNetworkFault(labelSet, label, context) };
  const candidates = label === undefined ? context.networks : [label.text];
  const network = candidates.find((name) => Object.hasOwn(labelSet.members[0].networks, name));
  const labelName = label?.name ?? `${prefix}network`;
  if (network === undefined) return { fault: offNetworkFault(labelSet, labelName, candidates) };
  const found = reach(labelSet, network, target, context);
  if (found !== undefined) return found;
  return {
    fault:
      target === "ip"
        ? offNetworkFault(labelSet, labelName, candidates)
        : ambiguousNameFault(labelSet, prefix, network),
  };
}

/**
 * The host and port at which the engine publishes the container's port; undefined if it does not.
 */
export function publishedAt(
  labelSet: LabelSet,
  port: number,
  { routed }: LabelContext,
): string | undefined {
  const places = labelSet.members.flatMap(
    (member) => publishedBy(member, ({ number }) => number === port) ?? [],
  );
  return places.find((it) => routed.has(it)) ?? places[0];
}

/**
 * The host and port at which a member publishes such a port. IPv4 if available, and never
 * `localhost`: Docker may choose different numbers for IPv4 and IPv6, and the same number may
 * belong to another container by the other protocol.
 */
export function publishedBy(
  member: Workload,
  isWanted: (port: Workload["ports"][number]) => boolean,
): string | undefined {
  const places = member.ports.flatMap((it) =>
    it.protocol === "tcp" && it.published !== undefined && isWanted(it) ? [it.published] : [],
  );
  const at = places.find(({ ip }) => !ip.includes(":")) ?? places[0];
  const host = at && hostByAddress(LOOPBACK[at.ip] ?? at.ip);
  return host && `${host}:${at.port}`;
}

/** The loopback address on which a port answers that is published on all addresses. */
const LOOPBACK: Readonly<Record<string, string>> = {
  "": "127.0.0.1",
  "0.0.0.0": "127.0.0.1",
  "::": "::1",
};

const offNetworkFault = (
  labelSet: LabelSet,
  label: string,
  wanted: readonly string[],
): LabelFault => ({
  code: "CFA-NETWORK-MISSING",
  label,
  message: `the container is on ${Object.keys(labelSet.members[0].networks).toSorted().join(", ") || "no network"}, not on ${wanted.join(" or ")}, so cloudflared cannot reach it`,
  fix: addNetwork(labelSet, wanted[0] ?? "tunnel"),
});

const addNetwork = (labelSet: LabelSet, network: string): string =>
  hasNetworkMode(labelSet)
    ? `write networks: [${network}] in place of network_mode`
    : `add networks: [${network}] to the service`;

/**
 * True if the container is on no network of its own, so its service must have `network_mode`.
 * Compose rejects `networks` next to `network_mode`, and puts no container on `bridge` by default.
 */
const hasNetworkMode = (labelSet: LabelSet): boolean =>
  Object.keys(labelSet.members[0].networks).every(
    (name) => name === "host" || name === "none" || name === "bridge",
  );

const ambiguousNameFault = (labelSet: LabelSet, prefix: string, network: string): LabelFault => ({
  code: "CFA-NAME-AMBIGUOUS",
  label: `${prefix}hostname`,
  message: `another container also answers to the name and the id of ${labelSet.name} on the network ${network}, and the container has no address there, so visitors could reach the other container`,
  fix: `remove the aliases ${labelSet.members[0].name} and ${shortId(labelSet.members[0].id)} from the other container, or take it off the network ${network}`,
});

const namelessNetworkFault = (
  labelSet: LabelSet,
  label: Label,
  { networks }: LabelContext,
): LabelFault => ({
  code: "CFA-LABEL-VALUE",
  label: label.name,
  message: `${label.name}="${clip(label.text)}" is a network on which Docker resolves no names, so cloudflared would look for the container elsewhere`,
  fix: Object.hasOwn(labelSet.members[0].networks, networks[0] ?? "")
    ? `remove ${label.name}`
    : `remove ${label.name}, and ${addNetwork(labelSet, networks[0] ?? "tunnel")}`,
});
