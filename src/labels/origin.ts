import type { Origin, OriginOptions } from "../domain/origin.ts";
import type { Workload } from "../domain/workload.ts";
import type { Context } from "./context.ts";
import type { Label, Labels } from "./family.ts";
import { type Fault, valueFault } from "./fault.ts";
import { excludingOwn, type LabelSet } from "./label-set.ts";
import { elsewhere } from "./neighbours.ts";
import { serviceFault } from "./service.ts";
import { parseOriginOption, parsePort, parseScheme } from "./values.ts";

/** Where cloudflared finds the container, or everything that is in the way. */
export function originOf(
  labelSet: LabelSet,
  labels: Labels,
  prefix: string,
  context: Context,
): { readonly origin: Origin } | { readonly faults: readonly Fault[] } {
  const options = optionsOf(labels, context.caPools);
  const service = serviceOf(labelSet, labels, prefix, context);
  const faults = [...options.faults, ...("faults" in service ? service.faults : [])];
  return faults.length > 0 || "faults" in service ? { faults } : { origin: { service: service.service, options: options.options } };
}

function optionsOf(labels: Labels, caPools: readonly string[]): { readonly options: OriginOptions; readonly faults: readonly Fault[] } {
  const read = [...labels]
    .filter(([key]) => key.startsWith("origin."))
    .map(([key, label]) => ({
      option: key.slice("origin.".length),
      label,
      value: parseOriginOption(key.slice("origin.".length), label.text, caPools),
    }));
  return {
    options: Object.fromEntries(read.flatMap(({ option, value }) => (value.ok ? [[option, value.value]] : []))),
    faults: read.flatMap(({ label, value }) => (value.ok ? [] : [valueFault(label, value)])),
  };
}

type Service = { readonly service: string } | { readonly faults: readonly Fault[] };

function serviceOf(labelSet: LabelSet, labels: Labels, prefix: string, context: Context): Service {
  const whole = labels.get("service");
  if (whole !== undefined) {
    const fault = serviceFault(labelSet, whole, labels, context) ?? strayed(labelSet, labels, prefix, context);
    return fault === undefined ? { service: whole.text } : { faults: [fault] };
  }
  const scheme = labels.get("scheme");
  const kind = scheme === undefined ? ({ ok: true, value: "http" } as const) : parseScheme(scheme.text);
  const port = portOf(labelSet, labels, prefix);
  const host = context.target === "published" ? undefined : hostOf(labelSet, labels, prefix, context);
  const faults = [
    ...(kind.ok || scheme === undefined ? [] : [valueFault(scheme, kind)]),
    ...("fault" in port ? [port.fault] : []),
    ...(host !== undefined && "fault" in host ? [host.fault] : []),
  ];
  if (faults.length > 0 || !kind.ok || "fault" in port) return { faults };
  if (host !== undefined) return "host" in host ? { service: `${kind.value}://${host.host}:${port.port}` } : { faults };
  const published = staying(
    labelSet.members.flatMap((member) => publishedAt(member, port.port) ?? []),
    context,
  );
  if (published !== undefined) return { service: `${kind.value}://${published}` };
  return { faults: [unpublished(labelSet, prefix, port.port)] };
}

/** Another tool's cloudflared may have been on other networks than ours: its service can be right and still lead nowhere. */
function strayed(labelSet: LabelSet, labels: Labels, prefix: string, context: Context): Fault | undefined {
  if (!labelSet.foreign || context.allowService || context.target === "published") return undefined;
  const reached = context.networks.some((name) => Object.hasOwn(labelSet.members[0].networks, name));
  return reached ? undefined : offNetwork(labelSet, labels.get("service"), prefix, context.networks);
}

function portOf(labelSet: LabelSet, labels: Labels, prefix: string): { readonly port: number } | { readonly fault: Fault } {
  const label = labels.get("port");
  if (label !== undefined) {
    const port = parsePort(label.text);
    return port.ok ? { port: port.value } : { fault: valueFault(label, port) };
  }
  const exposed = [...new Set(labelSet.members[0].ports.filter(({ protocol }) => protocol === "tcp").map(({ number }) => number))].toSorted(
    (a, b) => a - b,
  );
  const [only, ...more] = exposed;
  const name = `${prefix}port`;
  if (only === undefined)
    return {
      fault: {
        code: "CFA-PORT-NONE",
        label: name,
        message: "the image exposes no TCP port, so cfauth cannot know where the container listens",
        fix: `add ${name}: "8080" with the port that the container listens on`,
      },
    };
  if (more.length === 0) return { port: only };
  return {
    fault: {
      code: "CFA-PORT-MANY",
      label: name,
      message: `the image exposes ${spell(exposed)}, and which one is meant cannot be guessed`,
      fix: `add ${name}: "${only}" (or another of them)`,
    },
  };
}

const spell = (ports: readonly number[]): string => `${ports.slice(0, -1).join(", ")} and ${ports.at(-1)}`;

function hostOf(
  labelSet: LabelSet,
  labels: Labels,
  prefix: string,
  context: Context,
): { readonly host: string } | { readonly fault: Fault } {
  const asked = labels.get("network");
  const wanted = asked === undefined ? context.networks : [asked.text];
  const network = wanted.find((name) => Object.hasOwn(labelSet.members[0].networks, name));
  if (network === undefined) return { fault: offNetwork(labelSet, asked, prefix, wanted) };
  if (context.target === "ip") {
    const ip = staying(
      labelSet.members.flatMap(({ networks }) => networks[network]?.ip || []),
      context,
    );
    return ip === undefined ? { fault: offNetwork(labelSet, asked, prefix, wanted) } : { host: ip };
  }
  const shared = (name: string) => sharedOn(labelSet, name, network, context);
  const service = labelSet.members[0].service?.name;
  // A service that is reached by its own name stays so while all but one of its replicas restart.
  if (service !== undefined && context.routed.has(service) && !elsewhere(service) && shared(service) === undefined)
    return { host: service };
  if (elsewhere(labelSet.name)) return { fault: misleading(labelSet, prefix) };
  const place = shared(labelSet.name);
  return place === undefined ? { host: labelSet.name } : { fault: ambiguous(labelSet, prefix, place) };
}

/** Of the replicas' places the one that a rule leads to now, so that none that comes back makes it move; else the oldest's. */
const staying = (places: readonly string[], { routed }: Context): string | undefined => places.find((it) => routed.has(it)) ?? places[0];

/** The network on which somebody else answers to the name too: cloudflared is on all of them, and asks for it on any. */
function sharedOn(labelSet: LabelSet, name: string, network: string, { networks, named, neighbours }: Context): string | undefined {
  return [...new Set([network, ...networks, ...named])].find((it) => excludingOwn(labelSet, neighbours.answering(it, name)).length > 0);
}

const offNetwork = (labelSet: LabelSet, asked: Label | undefined, prefix: string, wanted: readonly string[]): Fault => ({
  code: "CFA-NETWORK-MISSING",
  label: asked?.name ?? `${prefix}network`,
  message: `the container is on ${Object.keys(labelSet.members[0].networks).toSorted().join(", ") || "no network"}, not on ${wanted.join(" or ")}, so cloudflared cannot reach it`,
  fix: `${without(labelSet) ? "write" : "add"} networks: [${wanted[0] ?? "tunnel"}] ${without(labelSet) ? "in place of network_mode" : "to the service"}`,
});

/** Whether it has no network of its own: Compose takes no `networks` beside `network_mode`. */
const without = (labelSet: LabelSet): boolean =>
  Object.keys(labelSet.members[0].networks).every((name) => name === "host" || name === "none");

const ambiguous = (labelSet: LabelSet, prefix: string, network: string): Fault => ({
  code: "CFA-NAME-AMBIGUOUS",
  label: `${prefix}hostname`,
  message: `another container answers to the name ${labelSet.name} on the network ${network} too, so visitors could be led to it`,
  fix: "give one of the two another name (container_name, or the name of the Compose service)",
  shut: "route",
});

const misleading = (labelSet: LabelSet, prefix: string): Fault => ({
  code: "CFA-NAME-AMBIGUOUS",
  label: `${prefix}hostname`,
  message: `cloudflared does not take the name ${labelSet.name} for this container but for something else, where visitors would be led`,
  fix: "give the container another name (container_name), one that is no address and does not end with a dot",
  shut: "route",
});

/**
 * The host's address at which the engine publishes the container's port; IPv4 where there is one. Never `localhost`: where the
 * numbers differ, as those that Docker chooses may, the same one by the other protocol is another container's.
 */
function publishedAt(member: Workload, port: number): string | undefined {
  const places = member.ports.flatMap((it) =>
    it.number === port && it.protocol === "tcp" && it.published !== undefined ? [it.published] : [],
  );
  const at = places.find(({ ip }) => !ip.includes(":")) ?? places[0];
  if (at === undefined) return undefined;
  const ip = HERE[at.ip] ?? at.ip;
  return `${ip.includes(":") ? `[${ip}]` : ip}:${at.port}`;
}

/** What is published on all addresses answers on this machine's own. */
const HERE: Readonly<Record<string, string>> = { "": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1" };

const unpublished = (labelSet: LabelSet, prefix: string, port: number): Fault => ({
  code: "CFA-PORT-NONE",
  label: `${prefix}port`,
  message: `port ${port} of ${labelSet.name} is not published on the host, where cloudflared looks for it (CFAUTH_TARGET=published)`,
  fix: `publish it, ports: ["127.0.0.1:${port}:${port}"], or run cloudflared in Docker`,
});
