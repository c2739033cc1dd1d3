import type { Exposure, Protection } from "../domain/exposure.ts";
import { faulty, type Parsed } from "../domain/parsed.ts";
import { parsePath } from "../domain/path.ts";
import type { Problem } from "../domain/problem.ts";
import { type Route, type RouteKey, routeKey } from "../domain/route.ts";
import type { Decoded, FaultyRoute } from "../plan/desired.ts";
import type { Context } from "./context.ts";
import { family, type Labels } from "./family.ts";
import { type Fault, problemOf, valueFault } from "./fault.ts";
import { gateOf } from "./gate.ts";
import { aroundLogin, hostsOf, tooDeep } from "./hosts.ts";
import { originOf } from "./origin.ts";
import type { Party } from "./party.ts";
import { parseAccess, parseFlag, parseSession } from "./values.ts";

/**
 * What a container's labels come to. Never throws. A fault that belongs to one named route keeps that route shut; one that
 * might have meant any of them (an unknown label, a route without a hostname) keeps all of the container's routes shut.
 * `enable` without a route name is the switch of the whole container; beside named routes it asks for no route of its own.
 */
export function decode(party: Party, context: Context): Decoded {
  const { routes, problems } = family(party.name, party.labels, context.prefix);
  const enable = routes.get("")?.get("enable");
  const power = enable && parseFlag(enable.text);
  if (power?.ok === true && !power.value) return { exposures: [], faulty: [], problems };
  const read = [...routes]
    .filter(([name, labels]) => name !== "" || routes.size === 1 || labels.size > 1 || power?.ok !== true)
    .map(([name, labels]) => decodeRoute(party, labels, name === "" ? `${context.prefix}.` : `${context.prefix}.${name}.`, context));
  const doubles = twice(
    party,
    read.flatMap(({ exposures }) => exposures),
  );
  const unplaced = problems.length > 0 || power?.ok === false || read.some((route) => route.unplaced);
  return {
    exposures: unplaced ? [] : read.flatMap(({ exposures }) => exposures.filter(({ route }) => !doubles.has(routeKey(route)))),
    faulty: read.flatMap((route) => [
      ...route.faulty,
      ...route.exposures.filter((it) => unplaced || doubles.has(routeKey(it.route))).map((it) => spoiled(it, doubles)),
    ]),
    problems: [...problems, ...doubles.values(), ...read.flatMap((route) => route.problems)],
  };
}

/** Routes that the container asks for more than once: which of the ways is meant can not be guessed. */
function twice(party: Party, exposures: readonly Exposure[]): ReadonlyMap<RouteKey, Problem> {
  const groups = Map.groupBy(exposures, ({ route }) => routeKey(route));
  return new Map(
    [...groups].flatMap(([key, [first, second]]) => {
      if (first === undefined || second === undefined) return [];
      const message = `${first.label} and ${second.label} both ask for ${key}`;
      const fault = {
        code: "CFA-LABEL-CLASH",
        label: second.label,
        message,
        fix: `remove one, or give one another hostname or path`,
      } as const;
      return [[key, { ...problemOf(party.name, fault), route: key }] as const];
    }),
  );
}

const spoiled = ({ route, workload, protection }: Exposure, doubles: ReadonlyMap<RouteKey, unknown>): FaultyRoute => ({
  route,
  workload,
  saysPublic: protection.kind === "public" && !doubles.has(routeKey(route)),
  shut: false,
});

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
  const guarded = protection.value.kind === "authentik";
  const warnings = hosts.hostnames.flatMap((hostname) => [
    ...tooDeep(party, hosts.label, hostname, context),
    ...(guarded ? aroundLogin(party, hosts.label, hostname, context) : []),
  ]);
  if (faults.length > 0 || "faults" in origin) {
    const saysPublic = labels.get("access")?.text === "public";
    const shut = faults.some((fault) => fault.shut === true);
    return {
      exposures: [],
      faulty: routes.map((route) => ({ route, workload: party.name, saysPublic, shut })),
      problems: addressed(party, faults, routes),
      unplaced: hosts.missing,
    };
  }
  const common = {
    origin: origin.origin,
    protection: protection.value,
    workload: party.name,
    created: party.members[0].created,
    label: hosts.label,
    gate: gate.value,
  };
  return { exposures: routes.map((route) => ({ route, ...common })), faulty: [], problems: warnings, unplaced: false };
}

/** Every fault once; with the route, where there is exactly one. */
const addressed = (party: Party, faults: readonly Fault[], routes: readonly Route[]): readonly Problem[] =>
  faults.map((fault) => ({
    ...problemOf(party.name, fault),
    route: routes[0] !== undefined && routes.length === 1 ? routeKey(routes[0]) : undefined,
  }));

function protectionOf(labels: Labels): { readonly value: Protection; readonly faults: readonly Fault[] } {
  const access = readLabel(labels, "access", parseAccess);
  const session = readLabel(labels, "access.session", parseSession);
  const value: Protection = access.value === "public" ? { kind: "public" } : { kind: "authentik", session: session.value ?? "24h" };
  const label = labels.get("access.session");
  const idle =
    access.value === "public" && label !== undefined
      ? [valueFault(label, faulty("has no effect on a public route", `remove ${label.name}`), "CFA-LABEL-CLASH")]
      : [];
  return { value, faults: [...access.faults, ...session.faults, ...idle] };
}

function readLabel<T>(
  labels: Labels,
  key: string,
  parse: (text: string) => Parsed<T>,
): { readonly value: T | undefined; readonly faults: readonly Fault[] } {
  const label = labels.get(key);
  if (label === undefined) return { value: undefined, faults: [] };
  const read = parse(label.text);
  return read.ok ? { value: read.value, faults: [] } : { value: undefined, faults: [valueFault(label, read)] };
}
