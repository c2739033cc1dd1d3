import { chooseZone, type Hostname, parseHostname, type ZoneChoice } from "../domain/hostname.ts";
import type { Problem } from "../domain/problem.ts";
import type { LabelContext } from "./context.ts";
import { type LabelFault, valueFault } from "./fault.ts";
import type { Label, Labels } from "./grouping.ts";
import type { LabelSet } from "./label-set.ts";

export interface Hosts {
  readonly label: string;
  readonly hostnames: readonly Hostname[];
  /** Deployed hostnames that an incomplete name may mean: they stay as they are. */
  readonly possible: readonly Hostname[];
  readonly faults: readonly LabelFault[];
}

/**
 * The hostnames that one route requests: from its label, or from the name of the service if only
 * `enable` is set.
 */
export function hostsOf(
  labelSet: LabelSet,
  labels: Labels,
  prefix: string,
  enabled: boolean,
  context: LabelContext,
): Hosts {
  const label = labels.get("hostname");
  const name = `${prefix}hostname`;
  if (label === undefined && !enabled) {
    const first = [...labels.values()][0]?.name ?? name;
    const fault: LabelFault = {
      code: "CFA-LABEL-NO-HOSTNAME",
      label: first,
      message: `${first} is set, but no hostname`,
      fix: `add ${name}: app.${context.zones[0] ?? "example.com"}`,
    };
    return { label: name, hostnames: [], possible: [], faults: [fault] };
  }
  const requested = label ?? { name, text: labelSet.members[0].service?.name ?? labelSet.name };
  const hostnames = new Set<Hostname>();
  const possible: Hostname[] = [];
  const faults: LabelFault[] = [];
  for (const part of requested.text.split(",")) {
    const text = part.trim();
    const host = parseHostname(text, context.domain);
    if (host.ok) {
      hostnames.add(host.value);
      continue;
    }
    faults.push(valueFault({ name: requested.name, text }, host));
    possible.push(...possibleHostnames(text, context));
  }
  const zoneFaults = [...hostnames].flatMap((hostname) => zoneFault(requested, hostname, context));
  return {
    label: requested.name,
    hostnames: [...hostnames],
    possible,
    faults: [...faults, ...zoneFaults],
  };
}

/**
 * Deployed hostnames that a bare name may mean. cfauth completes a bare name with the only zone. A
 * second zone, or an empty list of zones, does not mean that the operator wants to close a route.
 */
function possibleHostnames(text: string, { domain, deployed }: LabelContext): readonly Hostname[] {
  const completed = domain === undefined ? parseHostname(text, NONEXISTENT_DOMAIN) : undefined;
  if (completed?.ok !== true) return [];
  const name = completed.value.slice(0, -NONEXISTENT_DOMAIN.length);
  return [...deployed].filter((hostname) => hostname.startsWith(name)).toSorted();
}

/** A domain that never exists (RFC 2606). */
const NONEXISTENT_DOMAIN = "invalid";

function zoneFault(label: Label, hostname: Hostname, context: LabelContext): readonly LabelFault[] {
  const choice = zoneIn(hostname, context);
  if (choice.is === "usable") return [];
  if (choice.is === "excluded") {
    const message = `${hostname} belongs to the zone ${choice.name}, which CFAUTH_ZONES leaves out`;
    const fix = `add ${choice.name} to CFAUTH_ZONES, or use a hostname in one of the zones that it lists (${context.zones.join(", ") || "none at all"})`;
    return [{ code: "CFA-HOST-NO-ZONE", label: label.name, message, fix }];
  }
  const known = context.zones.join(", ") || "none at all: is Zone · Read missing?";
  const fix = `correct it, or give the token Zone · Read and DNS · Edit for the zone of ${hostname}`;
  return [
    {
      code: "CFA-HOST-NO-ZONE",
      label: label.name,
      message: `none of the usable zones (${known}) covers ${hostname}`,
      fix,
    },
  ];
}

const zoneIn = (
  hostname: Hostname,
  { zones, excludedZones }: LabelContext,
): ZoneChoice<{ readonly name: string }> =>
  chooseZone(
    hostname,
    zones.map((name) => ({ name })),
    excludedZones,
  );

/**
 * A warning if Universal SSL does not cover the hostname. It covers the zone and one label below it
 * (Cloudflare docs, checked 2026-11).
 */
export function certificateProblem(
  labelSet: LabelSet,
  label: string,
  hostname: Hostname,
  context: LabelContext,
): readonly Problem[] {
  const choice = zoneIn(hostname, context);
  if (choice.is !== "usable" || hostname === choice.zone.name) return [];
  const { zone } = choice;
  const below = hostname.slice(0, -zone.name.length - 1);
  if (!below.includes(".")) return [];
  const message = `Cloudflare's free certificate does not cover ${hostname}, only ${zone.name} and one label below it`;
  const fix = `use ${below.replace("*.", "").replaceAll(".", "-")}.${zone.name}, or order an advanced certificate`;
  return [
    {
      code: "CFA-HOST-TOO-DEEP",
      severity: "warning",
      container: labelSet.name,
      label,
      route: undefined,
      message,
      effect: "unchanged",
      fix,
    },
  ];
}
