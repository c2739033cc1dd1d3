import { chooseZone, type Hostname, parseHostname, type ZoneChoice } from "../domain/hostname.ts";
import type { Problem } from "../domain/problem.ts";
import type { LabelContext } from "./context.ts";
import { type LabelFault, valueFault } from "./fault.ts";
import type { Label, Labels } from "./grouping.ts";
import type { LabelSet } from "./label-set.ts";

export interface Hosts {
  readonly label: string;
  readonly hostnames: readonly Hostname[];
  /** What stands, and may be what a name means that cannot be completed: it stays as it is. */
  readonly meant: readonly Hostname[];
  readonly faults: readonly LabelFault[];
}

/** The hostnames that one route asks for: its label, or the name of the service where it is only switched on. */
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
    return { label: name, hostnames: [], meant: [], faults: [fault] };
  }
  const asked = label ?? { name, text: labelSet.members[0].service?.name ?? labelSet.name };
  const texts = asked.text.split(",").map((text) => text.trim());
  const read = texts.map((text) => ({ text, host: parseHostname(text, context.domain) }));
  const hostnames = [...new Set(read.flatMap(({ host }) => (host.ok ? [host.value] : [])))];
  const faults = read.flatMap(({ text, host }) =>
    host.ok ? [] : [valueFault({ name: asked.name, text }, host)],
  );
  return {
    label: asked.name,
    hostnames,
    meant: read.flatMap(({ text, host }) => (host.ok ? [] : meantBy(text, context))),
    faults: [...faults, ...hostnames.flatMap((hostname) => hostFault(asked, hostname, context))],
  };
}

/** A bare name was completed with the only zone, and zones come and go: one more, or none told, is nobody's wish to close anything. */
function meantBy(text: string, { domain, deployed }: LabelContext): readonly Hostname[] {
  const whole = domain === undefined ? parseHostname(text, NOWHERE) : undefined;
  if (whole?.ok !== true) return [];
  const name = whole.value.slice(0, -NOWHERE.length);
  return [...deployed].filter((hostname) => hostname.startsWith(name)).toSorted();
}

/** A domain that there is not (RFC 2606). */
const NOWHERE = "invalid";

function hostFault(label: Label, hostname: Hostname, context: LabelContext): readonly LabelFault[] {
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
      message: `none of the zones that may be used (${known}) covers ${hostname}`,
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

/** Universal SSL covers the zone and one label below it (Cloudflare docs, checked 2026-11). */
export function tooDeep(
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
