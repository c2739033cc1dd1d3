import { isFoundOn } from "../domain/networks.ts";
import { hostByAddress, shortId } from "../domain/origin-host.ts";
import type { Workload } from "../domain/workload.ts";
import type { LabelContext } from "./context.ts";
import { clip, type LabelFault } from "./fault.ts";
import type { Label, Labels } from "./grouping.ts";
import type { LabelSet } from "./label-set.ts";
import { type Reach, reach } from "./reach.ts";

/** The host by which cloudflared reaches the container on one of the networks, or what is in the way. */
export function hostOf(
  labelSet: LabelSet,
  labels: Labels,
  prefix: string,
  target: "name" | "id" | "ip",
  context: LabelContext,
): Reach | { readonly fault: LabelFault } {
  const asked = labels.get("network");
  if (asked !== undefined && !isFoundOn(asked.text, target))
    return { fault: nameless(labelSet, asked, context) };
  const wanted = asked === undefined ? context.networks : [asked.text];
  const network = wanted.find((name) => Object.hasOwn(labelSet.members[0].networks, name));
  if (network === undefined) return { fault: offNetwork(labelSet, asked, prefix, wanted) };
  const found = reach(labelSet, network, target, context);
  if (found !== undefined) return found;
  return {
    fault:
      target === "ip"
        ? offNetwork(labelSet, asked, prefix, wanted)
        : ambiguous(labelSet, prefix, network),
  };
}

/** The host and port at which the engine publishes the container's port; undefined where it does not. */
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
 * The place by which a member publishes such a port. IPv4 where there is one, never `localhost`: where the numbers differ, as those
 * that Docker chooses may, the same one by the other protocol is another container's.
 */
export function publishedBy(
  member: Workload,
  isWanted: (port: Workload["ports"][number]) => boolean,
): string | undefined {
  const places = member.ports.flatMap((it) =>
    it.protocol === "tcp" && it.published !== undefined && isWanted(it) ? [it.published] : [],
  );
  const at = places.find(({ ip }) => !ip.includes(":")) ?? places[0];
  const host = at && hostByAddress(HERE[at.ip] ?? at.ip);
  return host && `${host}:${at.port}`;
}

/** What is published on all addresses answers on this machine's own. */
const HERE: Readonly<Record<string, string>> = {
  "": "127.0.0.1",
  "0.0.0.0": "127.0.0.1",
  "::": "::1",
};

const offNetwork = (
  labelSet: LabelSet,
  asked: Label | undefined,
  prefix: string,
  wanted: readonly string[],
): LabelFault => ({
  code: "CFA-NETWORK-MISSING",
  label: asked?.name ?? `${prefix}network`,
  message: `the container is on ${Object.keys(labelSet.members[0].networks).toSorted().join(", ") || "no network"}, not on ${wanted.join(" or ")}, so cloudflared cannot reach it`,
  fix: `${without(labelSet) ? "write" : "add"} networks: [${wanted[0] ?? "tunnel"}] ${without(labelSet) ? "in place of network_mode" : "to the service"}`,
});

/** Whether it is on none of its own: Compose takes no `networks` beside `network_mode`, and puts nothing on `bridge` by itself. */
const without = (labelSet: LabelSet): boolean =>
  Object.keys(labelSet.members[0].networks).every(
    (name) => name === "host" || name === "none" || name === "bridge",
  );

const ambiguous = (labelSet: LabelSet, prefix: string, network: string): LabelFault => ({
  code: "CFA-NAME-AMBIGUOUS",
  label: `${prefix}hostname`,
  message: `another container answers to the name and the id of ${labelSet.name} on the network ${network} too, and the container has no address there, so visitors could be led to the other one`,
  fix: `remove the aliases ${labelSet.members[0].name} and ${shortId(labelSet.members[0].id)} from the other container, or take it off the network ${network}`,
});

const nameless = (labelSet: LabelSet, asked: Label, { networks }: LabelContext): LabelFault => ({
  code: "CFA-LABEL-VALUE",
  label: asked.name,
  message: `${asked.name}="${clip(asked.text)}" is a network on which Docker resolves no names, so cloudflared would look for the container elsewhere`,
  fix: Object.hasOwn(labelSet.members[0].networks, networks[0] ?? "")
    ? `remove ${asked.name}`
    : `remove ${asked.name}, and ${without(labelSet) ? "write" : "add"} networks: [${networks[0] ?? "tunnel"}] ${without(labelSet) ? "in place of network_mode" : "to the service"}`,
});
