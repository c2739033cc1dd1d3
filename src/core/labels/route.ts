import { isAuthentik } from "../domain/authentik-container.ts";
import type { Exposure } from "../domain/exposure.ts";
import type { Hostname } from "../domain/hostname.ts";
import { parsePath } from "../domain/path.ts";
import type { Problem } from "../domain/problem.ts";
import { type Route, routeKey } from "../domain/route.ts";
import type { FaultyRoute } from "../plan/types.ts";
import type { LabelContext } from "./context.ts";
import { displayOf, HIDDEN_DISPLAY } from "./display.ts";
import { type LabelFault, problemOf } from "./fault.ts";
import type { Labels } from "./grouping.ts";
import { certificateProblem, type Hosts, hostsOf } from "./hosts.ts";
import type { LabelSet } from "./label-set.ts";
import { originOf } from "./origin.ts";
import { isLoginRoute, loginFaults, notAuthentikFault, protectionOf } from "./protection.ts";
import { readLabel } from "./read.ts";
import { notReadyReason } from "./readiness.ts";
import { parseFlagLabel, parseShareWith, readableParties } from "./values.ts";

export interface DecodedRoute {
  /** The label that gave the hostname. */
  readonly label: string;
  /** The valid routes. */
  readonly exposures: readonly Exposure[];
  /** Every requested route, with what matters if it does not open. */
  readonly requested: readonly FaultyRoute[];
  readonly problems: readonly Problem[];
  /** True if a fault may concern another route of the container. */
  readonly mayConcernAnyRoute: boolean;
}

/**
 * Decodes the labels of one route name: a route for each hostname, and one for each path of it that
 * needs no login.
 *
 * | fault of       | Authentik's own hostname | other hostnames | their paths without a login |
 * |----------------|--------------------------|-----------------|-----------------------------|
 * | the protection | opens                    | do not open     | do not open                 |
 * | anything else  | does not open            | do not open     | do not open                 |
 */
export function decodeRoute(
  labelSet: LabelSet,
  labels: Labels,
  prefix: string,
  context: LabelContext,
): DecodedRoute {
  const enabled = readLabel(labels, "enable", parseFlagLabel);
  if (enabled.value === false) return withoutRoutes(`${prefix}hostname`, []);
  const found = hostsOf(labelSet, labels, prefix, enabled.value === true, context);
  const isBarred = (hostname: Hostname) =>
    hostname === context.login.host && !isAuthentikItself(labelSet, context);
  const barred = found.hostnames.some(isBarred)
    ? [problemOf(labelSet.name, notAuthentikFault(found.label, labelSet, context))]
    : [];
  // The container cannot have this route anyway, so its other faults do not matter.
  if (found.hostnames.length > 0 && found.hostnames.every(isBarred))
    return withoutRoutes(found.label, barred);

  const input = { labelSet, labels, prefix, context };
  const parts = readParts(input, withoutHosts(found, isBarred));
  const routes = routesOf(parts, context);
  const faults = faultsOf(parts, routes, enabled.faults);
  const { label } = parts.hosts;
  const requested = requestsOf(input, parts, routes, faults);
  const problems = [...barred, ...problemsOf(input, parts, routes, faults)];
  if (faults.common.length > 0 || "faults" in parts.origin)
    return {
      label,
      exposures: [],
      requested,
      problems,
      // An invalid hostname, or one outside every zone, may be a place inside another route.
      mayConcernAnyRoute: parts.hosts.faults.length > 0,
    };
  const exposures = exposuresOf(input, { ...parts, origin: parts.origin }, routes, faults);
  return { label, exposures, requested, problems, mayConcernAnyRoute: false };
}

const withoutRoutes = (label: string, problems: readonly Problem[]): DecodedRoute => ({
  label,
  exposures: [],
  requested: [],
  problems,
  mayConcernAnyRoute: false,
});

/** Authentik's own container may have every path of its hostname. */
const isAuthentikItself = ({ members }: LabelSet, { login }: LabelContext): boolean =>
  members.every((member) => isAuthentik(login.container, member));

const withoutHosts = (hosts: Hosts, isBarred: (hostname: Hostname) => boolean): Hosts => ({
  ...hosts,
  hostnames: hosts.hostnames.filter((it) => !isBarred(it)),
  possible: hosts.possible.filter((it) => !isBarred(it)),
});

interface RouteInput {
  readonly labelSet: LabelSet;
  readonly labels: Labels;
  readonly prefix: string;
  readonly context: LabelContext;
}

type Parts = ReturnType<typeof readParts>;

function readParts({ labelSet, labels, prefix, context }: RouteInput, hosts: Hosts) {
  const path = readLabel(labels, "path", parsePath);
  // Homepage has one page per container: it belongs to the route without a name only.
  const homepage = prefix === `${context.prefix}.` ? labelSet.members[0].labels : {};
  return {
    hosts,
    path,
    protection: protectionOf(labels, prefix, path.value, context),
    readiness: notReadyReason(labelSet, labels, context),
    origin: originOf(labelSet, labels, prefix, context),
    display: displayOf(labels, homepage),
    adopt: readLabel(labels, "adopt", parseFlagLabel),
    shareWith: readLabel(labels, "share-with", parseShareWith),
  };
}

interface Routes {
  readonly all: readonly Route[];
  /** Authentik's own routes. */
  readonly logins: readonly Route[];
  readonly others: readonly Route[];
  /** Paths of the others that need no login. */
  readonly bypassed: readonly Route[];
}

function routesOf({ hosts, path, protection }: Parts, context: LabelContext): Routes {
  const all = [...new Set([...hosts.hostnames, ...hosts.possible])].map(
    (hostname): Route => ({ hostname, path: path.value }),
  );
  const others = all.filter((route) => !isLoginRoute(route, context));
  // Without a valid path there is no place for paths below it.
  const prefixes = path.faults.length > 0 ? [] : protection.bypass;
  return {
    all,
    logins: all.filter((route) => isLoginRoute(route, context)),
    others,
    bypassed: others.flatMap(({ hostname }) =>
      prefixes.map((prefix): Route => ({ hostname, path: prefix })),
    ),
  };
}

interface RouteFaults {
  /** Faults of the hostnames and the path. */
  readonly place: readonly LabelFault[];
  /** Faults of the protection. */
  readonly guard: readonly LabelFault[];
  readonly rest: readonly LabelFault[];
  /** Faults that keep every route closed, Authentik's own included. */
  readonly common: readonly LabelFault[];
}

function faultsOf(
  { hosts, path, protection, readiness, display, adopt, shareWith, origin }: Parts,
  { logins, others }: Routes,
  enableFaults: readonly LabelFault[],
): RouteFaults {
  const place = [...enableFaults, ...hosts.faults, ...path.faults];
  const rest = [
    ...readiness.faults,
    ...display.faults,
    ...adopt.faults,
    ...shareWith.faults,
    ...("faults" in origin ? origin.faults : []),
  ];
  const isLoginOnly = logins.length > 0 && others.length === 0;
  return {
    place,
    guard: isLoginOnly ? [] : protection.faults,
    rest,
    common: [...place, ...rest],
  };
}

function requestsOf(
  { labelSet, labels, prefix }: RouteInput,
  { hosts, origin, shareWith }: Parts,
  { logins, others, bypassed }: Routes,
  { common, guard }: RouteFaults,
): readonly FaultyRoute[] {
  const shared = {
    workload: labelSet.name,
    party: labelSet.members[0].party,
    created: labelSet.members[0].created,
    members: labelSet.members.map(({ id }) => id),
    service: "faults" in origin ? undefined : origin.origin.service,
    elsewhere: "faults" in origin ? labels.has("service") : origin.elsewhere === true,
    label: hosts.label,
    ...sharingOf(labelSet, labels, prefix, shareWith.value),
  };
  const saysPublic = labels.get("access")?.text === "public";
  const all = [...common, ...guard];
  const closesRoute = all.some(({ closeNow }) => closeNow === "route");
  const closesBypass = closesRoute || all.some(({ closeNow }) => closeNow === "bypass");
  const closesLogin = common.some(({ closeNow }) => closeNow === "route");
  return [
    ...logins.map((route) => ({ ...shared, route, saysPublic: true, closeNow: closesLogin })),
    ...others.map((route) => ({ ...shared, route, saysPublic, closeNow: closesRoute })),
    ...bypassed.map((route) => ({ ...shared, route, saysPublic: true, closeNow: closesBypass })),
  ];
}

/** Which parties may route paths inside the hostname, as far as the label can be read. */
const sharingOf = (
  { foreign }: LabelSet,
  labels: Labels,
  prefix: string,
  shareWith: readonly string[] | undefined,
): Pick<Exposure, "shareWith" | "shareLabel"> => ({
  shareWith: shareWith ?? readableParties(labels.get("share-with")?.text ?? ""),
  shareLabel: foreign ? undefined : `${prefix}share-with`,
});

function problemsOf(
  { labelSet, labels, context }: RouteInput,
  { hosts }: Parts,
  { all, logins, others }: Routes,
  { place, guard, rest }: RouteFaults,
): readonly Problem[] {
  const separateRoute = ({ hostname }: Route): string | undefined =>
    others.length === 0
      ? undefined
      : `give ${hostname} a route of its own, ${context.prefix}.login.hostname`;
  return [
    ...faultProblems(labelSet, place, all),
    ...faultProblems(labelSet, guard, others),
    ...faultProblems(labelSet, rest, all),
    ...hosts.hostnames.flatMap((hostname) =>
      certificateProblem(labelSet, hosts.label, hostname, context),
    ),
    ...logins.flatMap((login) => {
      const faults = loginFaults(labels, login.hostname, separateRoute(login));
      return faultProblems(labelSet, faults, [login]).map(asWarning);
    }),
  ];
}

/** One problem per fault, with the route if there is exactly one. */
const faultProblems = (
  labelSet: LabelSet,
  faults: readonly LabelFault[],
  routes: readonly Route[],
): readonly Problem[] =>
  faults.map((fault) => ({
    ...problemOf(labelSet.name, fault),
    route: routes[0] !== undefined && routes.length === 1 ? routeKey(routes[0]) : undefined,
  }));

const asWarning = (problem: Problem): Problem => ({
  ...problem,
  severity: "warning",
  effect: "unchanged",
});

type ValidParts = Parts & {
  readonly origin: Exclude<Parts["origin"], { readonly faults: unknown }>;
};

function exposuresOf(
  { labelSet, labels, prefix }: RouteInput,
  { hosts, origin, protection, readiness, display, adopt, shareWith }: ValidParts,
  { logins, others, bypassed }: Routes,
  { guard }: RouteFaults,
): readonly Exposure[] {
  const shared = {
    origin: origin.origin,
    ...(origin.detour !== undefined && { detour: origin.detour }),
    adopt: adopt.value ?? false,
    adoptHint: labelSet.foreign
      ? `write all labels of container ${labelSet.name} as ${prefix}…, with ${prefix}adopt: "true",`
      : `set ${prefix}adopt: "true" on container ${labelSet.name}`,
    party: labelSet.members[0].party,
    ...sharingOf(labelSet, labels, prefix, shareWith.value),
    workload: labelSet.name,
    created: labelSet.members[0].created,
    label: hosts.label,
    notReadyReason: readiness.value,
  };
  const openRoute = (route: Route, kind: "login" | "public"): Exposure => ({
    ...shared,
    route,
    protection: { kind },
    display: HIDDEN_DISPLAY,
  });
  const loginExposures = logins.map((route) => openRoute(route, "login"));
  if (guard.length > 0) return loginExposures;
  return [
    ...loginExposures,
    ...others.map(
      (route): Exposure => ({
        ...shared,
        route,
        protection: protection.value,
        display: display.value,
      }),
    ),
    ...bypassed.map((route) => openRoute(route, "public")),
  ];
}
