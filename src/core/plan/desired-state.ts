import { type KnownServices, noServices } from "../domain/compose.ts";
import { isPublic } from "../domain/exposure.ts";
import type { Party } from "../domain/party.ts";
import type { RouteKey } from "../domain/route.ts";
import { type ResolvedRoute, resolveRoute } from "./conflicts.ts";
import type { Engine } from "./engine.ts";
import { isFrozen, isFrozenVacancy } from "./freeze.ts";
import { type Applications, planHandovers } from "./handover.ts";
import { dropAbandonedHosts, findHolders, type HostTenures, rememberHolders } from "./holder.ts";
import { planReroutes } from "./reroute.ts";
import { collectRouteRequests, type RouteRequest } from "./route-requests.ts";
import { admitRequests } from "./sharing.ts";
import { collectRoutePlaces, type Grace, type Tenures } from "./tenure.ts";
import type { Decoded, DeployedRoute, DesiredState, ProtectedRoute } from "./types.ts";
import { findHostsKeptFromWildcards } from "./wildcard-guards.ts";

/**
 * Carried from one pass to the next. It may be lost: then routes only wait for the start-up grace
 * period again.
 */
export interface ReconcileMemory {
  readonly tenures: Tenures;
  readonly hosts: HostTenures;
  readonly applications: Applications;
  /** The networks that labels have named, including those of containers that are gone. */
  readonly named: readonly string[];
  readonly services: KnownServices;
  /** The party of Authentik's own container, once a deployed rule on its hostname has led to it. */
  readonly authentik?: Party | undefined;
}

export const EMPTY_MEMORY: ReconcileMemory = {
  tenures: new Map(),
  hosts: new Map(),
  applications: new Map(),
  named: [],
  services: noServices,
};

/**
 * Moves all deadlines after the clock was set forward or, if negative, back: a grace period is a
 * span, not a time of day.
 */
export const shiftClock = (
  { tenures, hosts, ...memory }: ReconcileMemory,
  byMs: number,
): ReconcileMemory => ({
  ...memory,
  tenures: new Map(
    [...tenures].map(([key, it]) => [key, { ...it, until: it.until && it.until + byMs }]),
  ),
  hosts: new Map(
    [...hosts].map(([hostname, it]) => [hostname, { ...it, until: it.until && it.until + byMs }]),
  ),
});

export interface Decision {
  readonly desired: DesiredState;
  readonly memory: ReconcileMemory;
  /** When the next grace period ends, in milliseconds since 1970. Another pass is due then. */
  readonly wakeAt: number | undefined;
}

/**
 * Turns the labels of all workloads into one desired state: who has each route, which requests
 * inside a hostname its holder admits, who gets a free route, and what is kept for workloads that
 * are missing.
 */
export function resolveDesired(
  decoded: readonly Decoded[],
  deployed: readonly DeployedRoute[],
  engine: Engine,
  memory: ReconcileMemory,
  grace: Grace,
  now: number,
): Decision {
  const requests = collectRouteRequests(decoded);
  const places = collectRoutePlaces(deployed, memory.tenures, { requests, engine, grace, now });
  const graceUntil = now + grace.graceMs;
  const before = dropAbandonedHosts(memory.hosts, requests, engine);
  const holders = findHolders(places, before, graceUntil, now);
  const admitted = admitRequests(places, holders, now);
  const resolved = admitted.places.map((place) => resolveRoute(place, now));
  const graceDeadlines = collectGraceDeadlines(resolved);
  const hosts = rememberHolders(holders, before, places, graceUntil, now);
  const { handovers, applications } = planHandovers(resolved, memory.applications);
  const ends = [
    ...graceDeadlines.values(),
    ...resolved.flatMap(graceEndForRivals),
    ...admitted.graceEnds,
  ];
  const desired: DesiredState = {
    exposures: new Map(
      resolved.flatMap(({ winner }) =>
        winner?.kind === "sound" ? [[winner.key, winner.exposure] as const] : [],
      ),
    ),
    frozen: new Set([
      ...resolved.filter((it) => isFrozen(it, engine)).map(({ place }) => place.key),
      ...graceDeadlines.keys(),
    ]),
    reroutes: planReroutes(resolved, engine),
    protectedRoutes: collectProtectedRoutes(requests),
    graceDeadlines,
    pending: [...admitted.pending, ...resolved.flatMap(({ pending }) => pending)],
    problems: [
      ...decoded.flatMap(({ problems }) => problems),
      ...admitted.problems,
      ...resolved.flatMap(({ problems }) => problems),
    ],
    handovers,
    keptFromWildcards: findHostsKeptFromWildcards({
      resolved,
      requests,
      hosts,
      login: engine.login,
    }),
  };
  return {
    desired,
    memory: {
      ...memory,
      tenures: new Map(
        resolved.flatMap(({ place, tenure }) =>
          tenure === undefined ? [] : [[place.key, tenure] as const],
        ),
      ),
      hosts,
      applications,
    },
    wakeAt: ends.length === 0 ? undefined : Math.min(...ends),
  };
}

/**
 * When the grace period of each deployed route with a missing container ends. A route that shows
 * another container has none.
 */
const collectGraceDeadlines = (resolved: readonly ResolvedRoute[]): ReadonlyMap<RouteKey, number> =>
  new Map(
    resolved.flatMap(({ place }) =>
      place.tenancy.is === "vacant" && isFrozenVacancy(place)
        ? [[place.key, place.tenancy.until] as const]
        : [],
    ),
  );

/** When a grace period ends that a rival waits for. */
const graceEndForRivals = ({ place: { tenancy }, pending }: ResolvedRoute): readonly number[] =>
  tenancy.is === "vacant" && pending.length > 0 ? [tenancy.until] : [];

const collectProtectedRoutes = (requests: readonly RouteRequest[]): readonly ProtectedRoute[] =>
  requests.flatMap((request): readonly ProtectedRoute[] => {
    const { route, workload, party } = request;
    if (request.kind === "faulty")
      return request.faulty.saysPublic
        ? []
        : [{ route, workload, party, service: undefined, protection: undefined }];
    const { origin, protection } = request.exposure;
    return isPublic(protection)
      ? []
      : [{ route, workload, party, service: origin.service, protection }];
  });
