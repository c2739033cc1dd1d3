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
export const shiftClock = ({ tenures, hosts, ...memory }: ReconcileMemory, byMs: number): ReconcileMemory => ({
  ...memory,
  tenures: new Map([...tenures].map(([key, it]) => [key, { ...it, until: it.until && it.until + byMs }])),
  hosts: new Map([...hosts].map(([hostname, it]) => [hostname, { ...it, until: it.until && it.until + byMs }])),
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
  standing: readonly DeployedRoute[],
  engine: Engine,
  memory: ReconcileMemory,
  grace: Grace,
  now: number,
): Decision {
  const claims = routeRequestsOf(decoded);
  const places = routePlacesOf(standing, memory.tenures, { claims, engine, grace, now });
  const graceUntil = now + grace.graceMs;
  const before = stillHeld(memory.hosts, claims, engine);
  const holders = holdersOf(places, before, graceUntil, now);
  const admitted = admitRequests(places, holders, now);
  const settled = admitted.places.map((place) => resolveRoute(place, now));
  const closing = closingOf(settled);
  const hosts = hostTenures(holders, before, places, graceUntil, now);
  const { handovers, applications } = handoversOf(settled, memory.applications);
  const ends = [...closing.values(), ...settled.flatMap(awaitedUntil), ...admitted.ends];
  const desired: DesiredState = {
    wishes: new Map(settled.flatMap(({ winner }) => (winner?.kind === "sound" ? [[winner.key, winner.exposure] as const] : []))),
    held: new Set([...settled.filter((it) => isFrozen(it, engine)).map(({ place }) => place.key), ...closing.keys()]),
    reroutes: reroutesOf(settled, engine),
    guarded: guarded(claims),
    closing,
    waiting: [...admitted.waiting, ...settled.flatMap(({ waiting }) => waiting)],
    problems: [...decoded.flatMap(({ problems }) => problems), ...admitted.problems, ...settled.flatMap(({ problems }) => problems)],
    handovers,
    screened: hostsKeptFromWildcards(settled, hosts, engine.login),
  };
  return {
    desired,
    memory: {
      ...memory,
      tenures: new Map(settled.flatMap(({ place, tenure }) => (tenure === undefined ? [] : [[place.key, tenure] as const]))),
      hosts,
      applications,
    },
    wakeAt: ends.length === 0 ? undefined : Math.min(...ends),
  };
}

/** When the grace of each standing route ends whose container is missing. One that shows another container has none. */
const closingOf = (settled: readonly ResolvedRoute[]): ReadonlyMap<RouteKey, number> =>
  new Map(
    settled.flatMap(({ place }) =>
      place.tenancy.is === "vacant" && isFrozenVacancy(place) ? [[place.key, place.tenancy.until] as const] : [],
    ),
  );

/** A grace that a rival waits for is looked at when it ends. */
const awaitedUntil = ({ place: { tenancy }, waiting }: ResolvedRoute): readonly number[] =>
  tenancy.is === "vacant" && waiting.length > 0 ? [tenancy.until] : [];

const guarded = (claims: readonly RouteRequest[]): readonly ProtectedRoute[] =>
  claims.flatMap((claim): readonly ProtectedRoute[] => {
    const { route, workload, party } = claim;
    if (claim.kind === "faulty")
      return claim.faulty.saysPublic ? [] : [{ route, workload, party, service: undefined, protection: undefined }];
    const { origin, protection } = claim.exposure;
    return isPublic(protection) ? [] : [{ route, workload, party, service: origin.service, protection }];
  });
