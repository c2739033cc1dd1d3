import type { Detour, Origin, OriginOptions } from "../domain/origin.ts";
import type { LabelContext } from "./context.ts";
import { type LabelFault, valueFault } from "./fault.ts";
import type { Labels } from "./grouping.ts";
import type { LabelSet } from "./label-set.ts";
import { hostOf, publishedAt } from "./place.ts";
import { serviceOfLabel } from "./service.ts";
import { parseOriginOption, parsePort, parseScheme } from "./values.ts";

/** The origin of the route, or all faults that prevent one. */
export function originOf(
  labelSet: LabelSet,
  labels: Labels,
  prefix: string,
  context: LabelContext,
):
  | { readonly origin: Origin; readonly detour?: Detour | undefined; readonly elsewhere?: true }
  | { readonly faults: readonly LabelFault[] } {
  const options = optionsOf(labels, context.caPools);
  const service = serviceOf(labelSet, labels, prefix, context);
  const faults = [...options.faults, ...("faults" in service ? service.faults : [])];
  if (faults.length > 0 || "faults" in service) return { faults };
  const { service: url, ...details } = service;
  return { origin: { service: url, options: options.value }, ...details };
}

function optionsOf(
  labels: Labels,
  caPools: readonly string[],
): { readonly value: OriginOptions; readonly faults: readonly LabelFault[] } {
  const options: [string, string | number | boolean][] = [];
  const faults: LabelFault[] = [];
  for (const [key, label] of labels) {
    if (!key.startsWith("origin.")) continue;
    const option = key.slice("origin.".length);
    const parsed = parseOriginOption(option, label.text, caPools);
    if (parsed.ok) options.push([option, parsed.value]);
    else faults.push(valueFault(label, parsed));
  }
  return { value: Object.fromEntries(options), faults };
}

type Service =
  | { readonly service: string; readonly detour?: Detour | undefined; readonly elsewhere?: true }
  | { readonly faults: readonly LabelFault[] };

function serviceOf(
  labelSet: LabelSet,
  labels: Labels,
  prefix: string,
  context: LabelContext,
): Service {
  const whole = labels.get("service");
  if (whole !== undefined) {
    const service = serviceOfLabel(labelSet, whole, labels, prefix, context);
    return "fault" in service ? { faults: [service.fault] } : service;
  }
  const scheme = labels.get("scheme");
  const kind =
    scheme === undefined ? ({ ok: true, value: "http" } as const) : parseScheme(scheme.text);
  const port = portOf(labelSet, labels, prefix);
  const host =
    context.target === "published"
      ? undefined
      : hostOf(labelSet, labels, prefix, context.target, context);
  const faults = [
    ...(kind.ok || scheme === undefined ? [] : [valueFault(scheme, kind)]),
    ...("fault" in port ? [port.fault] : []),
    ...(host !== undefined && "fault" in host ? [host.fault] : []),
  ];
  if (faults.length > 0 || !kind.ok || "fault" in port) return { faults };
  if (host !== undefined)
    return "host" in host
      ? { service: `${kind.value}://${host.host}:${port.port}`, detour: host.detour }
      : { faults };
  const published = publishedAt(labelSet, port.port, context);
  return published === undefined
    ? { faults: [unpublishedFault(labelSet, prefix, port.port)] }
    : { service: `${kind.value}://${published}` };
}

function portOf(
  labelSet: LabelSet,
  labels: Labels,
  prefix: string,
): { readonly port: number } | { readonly fault: LabelFault } {
  const label = labels.get("port");
  if (label !== undefined) {
    const port = parsePort(label.text);
    return port.ok ? { port: port.value } : { fault: valueFault(label, port) };
  }
  const exposed = [
    ...new Set(
      labelSet.members[0].ports
        .filter(({ protocol }) => protocol === "tcp")
        .map(({ number }) => number),
    ),
  ].toSorted((a, b) => a - b);
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
      message: `the image exposes ${listPorts(exposed)}, and cfauth cannot know which one is meant`,
      fix: `add ${name}: "${only}" (or another of them)`,
    },
  };
}

const listPorts = (ports: readonly number[]): string =>
  `${ports.slice(0, -1).join(", ")} and ${ports.at(-1)}`;

const unpublishedFault = (labelSet: LabelSet, prefix: string, port: number): LabelFault => ({
  code: "CFA-PORT-NONE",
  label: `${prefix}port`,
  message: `port ${port} of ${labelSet.name} is not published on the host, where cloudflared looks for it (CFAUTH_TARGET=published)`,
  fix: `publish it, ports: ["127.0.0.1:${port}:${port}"], or run cloudflared in Docker`,
});
