import type { Exposure, Protection } from "../domain/exposure.ts";
import { type Hostname, parseHostname, zoneOf } from "../domain/hostname.ts";
import { faulty, type Parsed } from "../domain/parsed.ts";
import { parsePath } from "../domain/path.ts";
import type { Problem } from "../domain/problem.ts";
import { type Route, routeKey } from "../domain/route.ts";
import type { Decoded, FaultyRoute } from "../plan/desired.ts";
import type { Context } from "./context.ts";
import { family, type Label } from "./family.ts";
import { type Fault, problemOf, valueFault } from "./fault.ts";
import { gateOf } from "./gate.ts";
import { type Labels, originOf } from "./origin.ts";
import type { Party } from "./party.ts";
import { parseAccess, parseFlag, parseSession } from "./values.ts";

/**
 * What a container's labels come to. Never throws. A fault that belongs to one named route keeps that route shut; one that
 * might have meant any of them (an unknown label, a route without a hostname) keeps all of the container's routes shut.
 * `enable` without a route name is the switch of the whole container.
 */
export function decode(party: Party, context: Context): Decoded {
  const { routes, problems } = family(party.name, party.labels, context.prefix);
  const enable = routes.get("")?.get("enable");
  const power = enable && parseFlag(enable.text);
  if (power?.ok === true && !power.value) return { exposures: [], faulty: [], problems };
  const read = [...routes].map(([name, labels]) => decodeRoute(party, labels, name === "" ? `${context.prefix}.` : `${context.prefix}.${name}.`, context));
  const unplaced = problems.length > 0 || power?.ok === false || read.some((route) => route.unplaced);
  return {
    exposures: unplaced ? [] : read.flatMap(({ exposures }) => exposures),
    faulty: read.flatMap((route) => [...route.faulty, ...(unplaced ? route.exposures.map(spoiled) : [])]),
    problems: [...problems, ...read.flatMap((route) => route.problems)],
  };
}

const spoiled = ({ route, workload, protection }: Exposure): FaultyRoute => ({ route, workload, saysPublic: protection.kind === "public", shut: false });

interface DecodedRoute extends Decoded {
  /** Whether the fault may have been meant for another route of the container. */
  readonly unplaced: boolean;
}

const nothing: DecodedRoute = { exposures: [], faulty: [], problems: [], unplaced: false };

function decodeRoute(party: Party, labels: Labels, prefix: string, context: Context): DecodedRoute {
  const enable = labels.get("enable");
  const enabled = enable === undefined ? undefined : parseFlag(enable.text);
  if (enabled?.ok === true && !enabled.value) return nothing;
  const hosts = hostsOf(party, labels, prefix, enabled?.ok === true, context);
  const path = readLabel(labels, "path", parsePath);
  const protection = protectionOf(labels);
  const gate = gateOf(party, labels, context);
  const origin = originOf(party, labels, prefix, context);
  const faults = [
    ...(enable !== undefined && enabled?.ok === false ? [valueFault(enable, enabled)] : []),
    ...hosts.faults,
    ...path.faults,
    ...protection.faults,
    ...gate.faults,
    ...("faults" in origin ? origin.faults : []),
  ];
  const routes = hosts.hostnames.map((hostname): Route => ({ hostname, path: path.value }));
  const warnings = hosts.hostnames.flatMap((hostname) => tooDeep(party, hosts.label, hostname, context));
  if (faults.length > 0 || "faults" in origin) {
    const saysPublic = labels.get("access")?.text === "public";
    const shut = faults.some((fault) => fault.shut === true);
    return { exposures: [], faulty: routes.map((route) => ({ route, workload: party.name, saysPublic, shut })), problems: addressed(party, faults, routes), unplaced: hosts.missing };
  }
  const common = { origin: origin.origin, protection: protection.value, workload: party.name, created: party.members[0].created, label: hosts.label, gate: gate.value };
  return { exposures: routes.map((route) => ({ route, ...common })), faulty: [], problems: warnings, unplaced: false };
}

/** Every fault once; with the route, where there is exactly one. */
const addressed = (party: Party, faults: readonly Fault[], routes: readonly Route[]): readonly Problem[] =>
  faults.map((fault) => ({ ...problemOf(party.name, fault), route: routes[0] !== undefined && routes.length === 1 ? routeKey(routes[0]) : undefined }));

interface Hosts {
  readonly label: string;
  readonly hostnames: readonly Hostname[];
  readonly faults: readonly Fault[];
  readonly missing: boolean;
}

function hostsOf(party: Party, labels: Labels, prefix: string, enabled: boolean, context: Context): Hosts {
  const label = labels.get("hostname");
  const name = `${prefix}hostname`;
  if (label === undefined && !enabled) {
    const first = [...labels.values()][0]?.name ?? name;
    const fault: Fault = { code: "CFA-LABEL-NO-HOSTNAME", label: first, message: `${first} is set, but no hostname`, fix: `add ${name}: app.${context.zones[0] ?? "example.com"}` };
    return { label: name, hostnames: [], faults: [fault], missing: true };
  }
  const asked = label ?? { name, text: party.members[0].service?.name ?? party.name };
  const texts = asked.text.split(",").map((text) => text.trim());
  const read = texts.map((text) => ({ text, host: parseHostname(text, context.domain) }));
  const hostnames = [...new Set(read.flatMap(({ host }) => (host.ok ? [host.value] : [])))];
  const faults = read.flatMap(({ text, host }) => (host.ok ? [] : [valueFault({ name: asked.name, text }, host)]));
  return { label: asked.name, hostnames, faults: [...faults, ...hostnames.flatMap((hostname) => hostFault(asked, hostname, labels, context))], missing: false };
}

function hostFault(label: Label, hostname: Hostname, labels: Labels, context: Context): readonly Fault[] {
  const zones = context.zones.map((name) => ({ name }));
  if (zoneOf(hostname, zones) === undefined) {
    const known = context.zones.join(", ") || "none at all: is Zone · Read missing?";
    const fix = `correct it, or give the token Zone · Read and DNS · Edit for the zone of ${hostname}`;
    return [{ code: "CFA-HOST-NO-ZONE", label: label.name, message: `none of the zones that may be used (${known}) covers ${hostname}`, fix }];
  }
  if (hostname !== context.authentikHost || labels.get("access")?.text === "public") return [];
  const fix = `remove ${label.name}, and make the public hostname of Authentik by hand for now`;
  return [{ code: "CFA-AK-OWN-HOST", label: label.name, message: `${hostname} is Authentik itself: behind its own login nobody could log in`, fix }];
}

/** Universal SSL covers the zone and one label below it (Cloudflare docs, checked 2026-11). */
function tooDeep(party: Party, label: string, hostname: Hostname, context: Context): readonly Problem[] {
  const zone = zoneOf(hostname, context.zones.map((name) => ({ name })));
  if (zone === undefined || hostname === zone.name) return [];
  const below = hostname.slice(0, -zone.name.length - 1);
  if (!below.includes(".")) return [];
  const message = `Cloudflare's free certificate does not cover ${hostname}, only ${zone.name} and one label below it`;
  const fix = `use ${below.replace("*.", "").replaceAll(".", "-")}.${zone.name}, or order an advanced certificate`;
  return [{ code: "CFA-HOST-TOO-DEEP", severity: "warning", container: party.name, label, route: undefined, message, effect: "unchanged", fix }];
}

function protectionOf(labels: Labels): { readonly value: Protection; readonly faults: readonly Fault[] } {
  const access = readLabel(labels, "access", parseAccess);
  const session = readLabel(labels, "access.session", parseSession);
  const value: Protection = access.value === "public" ? { kind: "public" } : { kind: "authentik", session: session.value ?? "24h" };
  const label = labels.get("access.session");
  const idle = access.value === "public" && label !== undefined ? [valueFault(label, faulty("has no effect on a public route", `remove ${label.name}`), "CFA-LABEL-CLASH")] : [];
  return { value, faults: [...access.faults, ...session.faults, ...idle] };
}

function readLabel<T>(labels: Labels, key: string, parse: (text: string) => Parsed<T>): { readonly value: T | undefined; readonly faults: readonly Fault[] } {
  const label = labels.get(key);
  if (label === undefined) return { value: undefined, faults: [] };
  const read = parse(label.text);
  return read.ok ? { value: read.value, faults: [] } : { value: undefined, faults: [valueFault(label, read)] };
}
