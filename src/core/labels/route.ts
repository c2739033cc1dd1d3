import { isAuthentik } from "../domain/authentik-container.ts";
import type { Exposure } from "../domain/exposure.ts";
import type { Hostname } from "../domain/hostname.ts";
import { parsePath } from "../domain/path.ts";
import type { Problem } from "../domain/problem.ts";
import { type Route, routeKey } from "../domain/route.ts";
import type { FaultyRoute } from "../plan/types.ts";
import type { LabelContext } from "./context.ts";
import { displayOf, HIDDEN_LABELS } from "./display.ts";
import { type LabelFault, problemOf } from "./fault.ts";
import type { Labels } from "./grouping.ts";
import { type Hosts, hostsOf, tooDeep } from "./hosts.ts";
import type { LabelSet } from "./label-set.ts";
import { originOf } from "./origin.ts";
import { isLogin, loginFaults, notAuthentik, protectionOf } from "./protection.ts";
import { readLabel } from "./read.ts";
import { notReadyReason } from "./readiness.ts";
import { parseFlagLabel, parseShareWith, readableParties } from "./values.ts";

export interface DecodedRoute {
  /** That gave the hostname. */
  readonly label: string;
  /** What is sound. */
  readonly exposures: readonly Exposure[];
  /** Every route that the labels ask for, as it counts where it does not open. */
  readonly requested: readonly FaultyRoute[];
  readonly problems: readonly Problem[];
  /** Whether the fault may have been meant for another route of the container. */
  readonly mayConcernAnyRoute: boolean;
}

/**
 * What the labels of one route name come to: a route for each hostname, and for each path of it that needs no login.
 *
 * | the fault is of         | Authentik's own hostname | the other hostnames | their paths without a login |
 * |-------------------------|--------------------------|---------------------|-----------------------------|
 * | the protection          | opens                    | do not              | do not                      |
 * | anything else           | does not                 | do not              | do not                      |
 */
export function decodeRoute(
  labelSet: LabelSet,
  labels: Labels,
  prefix: string,
  context: LabelContext,
): DecodedRoute {
  const enabled = readLabel(labels, "enable", parseFlagLabel);
  if (enabled.value === false)
    return {
      label: `${prefix}hostname`,
      exposures: [],
      requested: [],
      problems: [],
      mayConcernAnyRoute: false,
    };
  const found = hostsOf(labelSet, labels, prefix, enabled.value === true, context);
  const isBarred = (hostname: Hostname) =>
    hostname === context.login.host && !isAuthentikItself(labelSet, context);
  const barred = found.hostnames.some(isBarred)
    ? [problemOf(labelSet.name, notAuthentik(found.label, labelSet, context))]
    : [];
  // What else is wrong with a route that the container cannot have anyway is no news.
  if (found.hostnames.length > 0 && found.hostnames.every(isBarred))
    return {
      label: found.label,
      exposures: [],
      requested: [],
      problems: barred,
      mayConcernAnyRoute: false,
    };
  const hosts = withoutHosts(found, isBarred);
  const path = readLabel(labels, "path", parsePath);
  const protection = protectionOf(labels, prefix, path.value, context);
  const gate = notReadyReason(labelSet, labels, context);
  const origin = originOf(labelSet, labels, prefix, context);
  // Homepage knows one page for each container: that is the route without a name, not each of them.
  const shown = displayOf(
    labels,
    prefix === `${context.prefix}.` ? labelSet.members[0].labels : {},
  );
  const adopt = readLabel(labels, "adopt", parseFlagLabel);
  const shareWith = readLabel(labels, "share-with", parseShareWith);

  const routes = [...new Set([...hosts.hostnames, ...hosts.meant])].map(
    (hostname): Route => ({ hostname, path: path.value }),
  );
  const { logins = [], others = [] } = Object.groupBy(routes, (route) =>
    isLogin(route, context) ? "logins" : "others",
  );
  // Below a path that cannot be read nothing has a place.
  const prefixes = path.faults.length > 0 ? [] : protection.bypass;
  const bypassed = others.flatMap(({ hostname }) =>
    prefixes.map((it): Route => ({ hostname, path: it })),
  );

  const place = [...enabled.faults, ...hosts.faults, ...path.faults];
  const guard = logins.length > 0 && others.length === 0 ? [] : protection.faults;
  const rest = [
    ...gate.faults,
    ...shown.faults,
    ...adopt.faults,
    ...shareWith.faults,
    ...("faults" in origin ? origin.faults : []),
  ];
  const common = [...place, ...rest];
  const apart =
    others.length === 0
      ? undefined
      : (at: Route) => `give ${at.hostname} a route of its own, ${context.prefix}.login.hostname`;

  const sharing = {
    shareWith: shareWith.value ?? readableParties(labels.get("share-with")?.text ?? ""),
    shareLabel: labelSet.foreign ? undefined : `${prefix}share-with`,
  };
  const service = "faults" in origin ? undefined : origin.origin.service;
  const elsewhere = "faults" in origin ? labels.has("service") : origin.elsewhere === true;
  const asked = [
    ...logins.map((route) => ask(labelSet, route, true, common, ["route"])),
    ...others.map((route) =>
      ask(
        labelSet,
        route,
        labels.get("access")?.text === "public",
        [...common, ...guard],
        ["route"],
      ),
    ),
    ...bypassed.map((route) =>
      ask(labelSet, route, true, [...common, ...guard], ["route", "bypass"]),
    ),
  ].map((it) => ({ ...it, service, elsewhere, label: hosts.label, ...sharing }));
  const problems = [
    ...barred,
    ...addressed(labelSet, place, routes),
    ...addressed(labelSet, guard, others),
    ...addressed(labelSet, rest, routes),
    ...hosts.hostnames.flatMap((hostname) => tooDeep(labelSet, hosts.label, hostname, context)),
    ...logins.flatMap((it) =>
      addressed(labelSet, loginFaults(labels, it.hostname, apart?.(it)), [it]).map(asWarning),
    ),
  ];
  // A hostname that is none, or lies in no zone, may have been meant for a place inside another route of the container.
  if (common.length > 0 || "faults" in origin)
    return {
      label: hosts.label,
      exposures: [],
      requested: asked,
      problems,
      mayConcernAnyRoute: hosts.faults.length > 0,
    };
  const exposure = {
    origin: origin.origin,
    ...(origin.detour !== undefined && { detour: origin.detour }),
    adopt: adopt.value ?? false,
    adoptHint: labelSet.foreign
      ? `write all labels of container ${labelSet.name} as ${prefix}…, with ${prefix}adopt: "true",`
      : `set ${prefix}adopt: "true" on container ${labelSet.name}`,
    party: labelSet.members[0].party,
    ...sharing,
    workload: labelSet.name,
    created: labelSet.members[0].created,
    label: hosts.label,
    notReadyReason: gate.value,
  };
  const open = (route: Route, kind: "login" | "public"): Exposure => ({
    ...exposure,
    route,
    protection: { kind },
    display: HIDDEN_LABELS,
  });
  const exposures = [
    ...logins.map((route) => open(route, "login")),
    ...(guard.length > 0
      ? []
      : others.map(
          (route): Exposure => ({
            ...exposure,
            route,
            protection: protection.value,
            display: shown.value,
          }),
        )),
    ...(guard.length > 0 ? [] : bypassed.map((route) => open(route, "public"))),
  ];
  return { label: hosts.label, exposures, requested: asked, problems, mayConcernAnyRoute: false };
}

/** Authentik's own container may have every path of its hostname. */
const isAuthentikItself = ({ members }: LabelSet, { login }: LabelContext): boolean =>
  members.every((member) => isAuthentik(login.container, member));

const withoutHosts = (hosts: Hosts, isBarred: (hostname: Hostname) => boolean): Hosts => ({
  ...hosts,
  hostnames: hosts.hostnames.filter((it) => !isBarred(it)),
  meant: hosts.meant.filter((it) => !isBarred(it)),
});

/** @param kinds - of the faults that shut, those which concern this route */
const ask = (
  labelSet: LabelSet,
  route: Route,
  saysPublic: boolean,
  faults: readonly LabelFault[],
  kinds: readonly LabelFault["closeNow"][],
) => ({
  route,
  workload: labelSet.name,
  party: labelSet.members[0].party,
  created: labelSet.members[0].created,
  members: labelSet.members.map(({ id }) => id),
  saysPublic,
  closeNow: faults.some(({ closeNow }) => closeNow !== undefined && kinds.includes(closeNow)),
});

/** Every fault once; with the route, where there is exactly one. */
const addressed = (
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
