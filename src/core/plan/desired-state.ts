import { type KnownServices, noServices } from "../domain/compose.ts";
import { isPublic } from "../domain/exposure.ts";
import type { Party } from "../domain/party.ts";
import type { RouteKey } from "../domain/route.ts";
import { type ResolvedRoute, resolveRoute } from "./conflicts.ts";
import type { Engine } from "./engine.ts";
import { isFrozen, isFrozenVacancy } from "./freeze.ts";
import { type Applications, handoversOf } from "./handover.ts";
import { type HostTenures, holdersOf, hostTenures, stillHeld } from "./holder.ts";
import { reroutesOf } from "./reroute.ts";
import { type RouteRequest, routeRequestsOf } from "./route-requests.ts";
import { admitRequests } from "./sharing.ts";
import { type Grace, routePlacesOf, type Tenures } from "./tenure.ts";
import type { Decoded, DeployedRoute, DesiredState, ProtectedRoute } from "./types.ts";
import { hostsKeptFromWildcards } from "./wildcard-guards.ts";

/** What is carried from one pass to the next. Not state to lose: without it routes only wait the startup grace once more. */
export interface ReconcileMemory {
  readonly tenures: Tenures;
  readonly hosts: HostTenures;
  readonly applications: Applications;
  /** The networks that labels have named, those of containers that are gone included. */
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

/** The same by a clock that was set forward by so many milliseconds meanwhile, or back: a grace is a time that passes, not an hour of the day. */
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
  /** When the next grace ends, in milliseconds since 1970: the pass to come looks again then. */
  readonly wakeAt: number | undefined;
}

/**
 * What is desired, all labels taken together: who has each route, which claims inside a hostname its holder admits, who gets what
 * is free, and what is kept for those that are missing.
 */
export function resolveDesired(
  decoded: readonly Decoded[],
  deployed: readonly DeployedRoute[],
  engine: Engine,
  memory: ReconcileMemory,
  grace: Grace,
  now: number,
): Decision {
  const requests = routeRequestsOf(decoded);
  const places = routePlacesOf(deployed, memory.tenures, { requests, engine, grace, now });
  const graceUntil = now + grace.graceMs;
  const before = stillHeld(memory.hosts, requests, engine);
  const holders = holdersOf(places, before, graceUntil, now);
  const admitted = admitRequests(places, holders, now);
  const resolved = admitted.places.map((place) => resolveRoute(place, now));
  const closing = closingOf(resolved);
  const hosts = hostTenures(holders, before, places, graceUntil, now);
  const { handovers, applications } = handoversOf(resolved, memory.applications);
  const ends = [...closing.values(), ...resolved.flatMap(awaitedUntil), ...admitted.ends];
  const desired: DesiredState = {
    exposures: new Map(
      resolved.flatMap(({ winner }) =>
        winner?.kind === "sound" ? [[winner.key, winner.exposure] as const] : [],
      ),
    ),
    frozen: new Set([
      ...resolved.filter((it) => isFrozen(it, engine)).map(({ place }) => place.key),
      ...closing.keys(),
    ]),
    reroutes: reroutesOf(resolved, engine),
    protectedRoutes: guarded(requests),
    graceDeadlines: closing,
    pending: [...admitted.pending, ...resolved.flatMap(({ pending }) => pending)],
    problems: [
      ...decoded.flatMap(({ problems }) => problems),
      ...admitted.problems,
      ...resolved.flatMap(({ problems }) => problems),
    ],
    handovers,
    keptFromWildcards: hostsKeptFromWildcards(resolved, hosts, engine.login),
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

/** When the grace of each standing route ends whose container is missing. One that shows another container has none. */
const closingOf = (resolved: readonly ResolvedRoute[]): ReadonlyMap<RouteKey, number> =>
  new Map(
    resolved.flatMap(({ place }) =>
      place.tenancy.is === "vacant" && isFrozenVacancy(place)
        ? [[place.key, place.tenancy.until] as const]
        : [],
    ),
  );

/** A grace that a rival waits for is looked at when it ends. */
const awaitedUntil = ({ place: { tenancy }, pending }: ResolvedRoute): readonly number[] =>
  tenancy.is === "vacant" && pending.length > 0 ? [tenancy.until] : [];

const guarded = (requests: readonly RouteRequest[]): readonly ProtectedRoute[] =>
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
