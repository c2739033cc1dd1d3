import type { Hostname } from "../domain/hostname.ts";
import { isSharedWith, type Party } from "../domain/party.ts";
import { parseRouteKey, type Route } from "../domain/route.ts";
import type { Engine } from "./engine.ts";
import { byPrecedence, type RouteRequest } from "./route-requests.ts";
import { isDeployed, isRestored, leadsTo, type RoutePlace } from "./tenure.ts";

/**
 * The party that a hostname belongs to. Other parties get paths inside it only with its consent.
 */
export type Holder =
  /** It asks for the hostname with these requests, the oldest first. */
  | { readonly is: "present"; readonly party: Party; readonly requests: readonly RouteRequest[] }
  /**
   * It is missing and may come back until then. Its party is unknown if it was missing when cfauth
   * started.
   */
  | {
      readonly is: "missing";
      readonly party: Party | undefined;
      readonly name: string | undefined;
      readonly until: number;
    };

/** What is remembered of the holder of a hostname from pass to pass. */
export interface HostTenure {
  readonly party: Party;
  /** A container of the party that asked for it. */
  readonly workload: string;
  /**
   * If the party asks for no part of the hostname any more: when its grace period ends, in
   * milliseconds since 1970.
   */
  readonly until: number | undefined;
}

export type HostTenures = ReadonlyMap<Hostname, HostTenure>;

/** A party that has a route of a hostname, or asks for one. */
interface Interest {
  readonly party: Party | undefined;
  readonly name: string | undefined;
  readonly wholeHost: boolean;
  /** Whether it has the route; otherwise it asks for a free one. */
  readonly established: boolean;
  /** Its oldest request; undefined while it is missing. */
  readonly oldest: RouteRequest | undefined;
  readonly until: number | undefined;
}

/**
 * The holder of each hostname: the first of these that exists.
 *
 * 1. The previous holder, while it asks for any part of the hostname or may come back. It may not
 *    come back once it has given up a route of the hostname.
 * 2. The party that has the whole host, or that the deployed rule of the whole host leads to while
 *    it asks for a path.
 * 3. Of the parties that have paths in it, one that consents to all others, otherwise the oldest.
 * 4. The oldest party that asks for any part of it.
 */
export function findHolders(
  places: readonly RoutePlace[],
  before: HostTenures,
  graceUntil: number,
  now: number,
): ReadonlyMap<Hostname, Holder> {
  const hosts = Map.groupBy(
    places.flatMap((place) => hostnameOf(place) ?? []),
    ({ hostname }) => hostname,
  );
  return new Map(
    [...hosts].flatMap(([hostname, all]) => {
      const holder = findHolder(
        all.map(({ place }) => place),
        currentTenure(before.get(hostname), graceUntil, now),
      );
      return holder === undefined ? [] : [[hostname, holder] as const];
    }),
  );
}

/** Drops each hostname whose holder runs and asks for no part of it any more. */
export const dropAbandonedHosts = (
  before: HostTenures,
  requests: readonly RouteRequest[],
  engine: Engine,
): HostTenures =>
  new Map(
    [...before].filter(
      ([hostname, tenure]) =>
        !engine.isRunning(tenure) ||
        requests.some(({ route, party }) => route.hostname === hostname && party === tenure.party),
    ),
  );

/**
 * The tenure with the end of its grace period, which begins now if it has not begun yet; undefined
 * if it is over.
 */
function currentTenure(
  tenure: HostTenure | undefined,
  graceUntil: number,
  now: number,
): CurrentTenure | undefined {
  if (tenure === undefined || (tenure.until !== undefined && tenure.until <= now)) return undefined;
  const until = tenure.until ?? graceUntil;
  return { ...tenure, until, mayReturn: until > now };
}

/**
 * `mayReturn`: whether the hostname is kept for the party although it asks for no part of it now.
 */
type CurrentTenure = HostTenure & { readonly until: number; readonly mayReturn: boolean };

/**
 * What to remember for the next pass: the hostnames that have a holder, and those that no container
 * asks for until the grace period of their holder ends.
 */
export function rememberHolders(
  holders: ReadonlyMap<Hostname, Holder>,
  before: HostTenures,
  places: readonly RoutePlace[],
  graceUntil: number,
  now: number,
): HostTenures {
  const byHost = Map.groupBy(places, (place) => hostnameOf(place)?.hostname);
  const isGivenUp = (hostname: Hostname, party: Party) =>
    (byHost.get(hostname) ?? []).some((place) => hasGivenUp(party, place));
  const kept = [...before].map(([hostname, it]): [Hostname, HostTenure] => [
    hostname,
    { ...it, until: it.until ?? graceUntil },
  ]);
  const held = [...holders].flatMap(([hostname, holder]): [Hostname, HostTenure][] => {
    if (holder.is === "present")
      return [
        [
          hostname,
          { party: holder.party, workload: holder.requests[0]?.workload ?? "", until: undefined },
        ],
      ];
    return holder.party === undefined || holder.name === undefined
      ? []
      : [[hostname, { party: holder.party, workload: holder.name, until: holder.until }]];
  });
  const withoutHolder = kept.filter(
    ([hostname, { party }]) => !holders.has(hostname) && !isGivenUp(hostname, party),
  );
  return new Map([...withoutHolder, ...held].filter(([, { until = Infinity }]) => until > now));
}

const hasEnded = ({ tenancy }: RoutePlace): boolean => tenancy.is === "free" && tenancy.ended;

/**
 * Whether the route has ended and may have been that party's. A guest's path says nothing about the
 * holder. Neither does a rule whose application is gone, because another writer restored it.
 */
function hasGivenUp(party: Party, place: RoutePlace): boolean {
  const { before, deployed } = place;
  if (!hasEnded(place)) return false;
  if (deployed !== undefined && isRestored(deployed)) return false;
  return before?.tenant === undefined || before.tenant.party === party;
}

/** Whether the route has ended and this process never knew its tenant. */
const hasEndedUnknown = (place: RoutePlace): boolean =>
  hasEnded(place) && place.before?.tenant === undefined;

/** The parties that the deployed rule certainly leads to. */
const certainParties = ({ occupants }: RoutePlace): readonly Party[] =>
  occupants.filter(({ certain }) => certain).map(({ party }) => party);

/**
 * Undefined for a place that is only remembered: nobody asks for it, it is not deployed, and no
 * tenant may come back.
 */
export const routeOfPlace = ({ key, requests, deployed, before }: RoutePlace): Route | undefined =>
  requests[0]?.route ??
  deployed?.route ??
  (before?.lastService === undefined ? undefined : parseRouteKey(key));

function hostnameOf(
  place: RoutePlace,
): { readonly hostname: Hostname; readonly place: RoutePlace } | undefined {
  const route = routeOfPlace(place);
  return route && { hostname: route.hostname, place };
}

function findHolder(
  places: readonly RoutePlace[],
  tenure: CurrentTenure | undefined,
): Holder | undefined {
  const before = tenure?.party;
  const requests = places.flatMap((place) => place.requests).toSorted(byPrecedence);
  const interests = places.flatMap(interestsOf);
  const established = [
    ...interests.filter((it) => it.established),
    ...findLeavers(places).flatMap((party) => interestOf(party, requests) ?? []),
  ].toSorted(byAge);
  const previous =
    interests.find(({ party }) => party !== undefined && party === before) ??
    interestOf(before, requests);
  if (
    previous === undefined &&
    tenure?.mayReturn &&
    !places.some((place) => hasGivenUp(tenure.party, place))
  )
    return { is: "missing", party: tenure.party, name: tenure.workload, until: tenure.until };
  const chosen =
    previous ??
    established.find(({ wholeHost }) => wholeHost) ??
    [...findIncumbents(places), ...findMovers(places, requests)].flatMap(
      (party) => interestOf(party, requests) ?? [],
    )[0] ??
    established.find(({ party }) => consentsToAll(party, established, requests)) ??
    established[0] ??
    interests.toSorted(byAge)[0];
  if (chosen === undefined) return undefined;
  const own = requests.filter(({ party }) => party === chosen.party);
  if (chosen.party !== undefined && own.length > 0)
    return { is: "present", party: chosen.party, requests: own };
  return { is: "missing", party: chosen.party, name: chosen.name, until: chosen.until ?? 0 };
}

/** The interest of a party that asks for any part of the hostname, with sound or faulty labels. */
function interestOf(
  party: Party | undefined,
  requests: readonly RouteRequest[],
): Interest | undefined {
  const oldest =
    party === undefined ? undefined : requests.find((request) => request.party === party);
  return (
    oldest && {
      party,
      name: oldest.workload,
      wholeHost: false,
      established: true,
      oldest,
      until: undefined,
    }
  );
}

/**
 * The parties that the deployed rule of the whole host certainly leads to. They may ask for a path
 * by now.
 */
const findIncumbents = (places: readonly RoutePlace[]): readonly Party[] =>
  places
    .filter(({ deployed }) => deployed?.route.path === undefined)
    .flatMap(certainParties)
    .toSorted();

/**
 * For routes of an unknown tenant: the parties that the rule certainly leads to, although they no
 * longer ask for the route.
 */
const findLeavers = (places: readonly RoutePlace[]): readonly Party[] =>
  places.filter(hasEndedUnknown).flatMap(certainParties);

/**
 * For routes of an unknown tenant: the parties that ask for the same place under another route of
 * the hostname.
 */
const findMovers = (
  places: readonly RoutePlace[],
  requests: readonly RouteRequest[],
): readonly Party[] =>
  places
    .filter(hasEndedUnknown)
    .flatMap(({ deployed, before }) =>
      requests.filter((it) => leadsTo(it, deployed?.service ?? before?.lastService)),
    )
    .map(({ party }) => party)
    .toSorted();

function interestsOf(place: RoutePlace): readonly Interest[] {
  const { tenancy, requests, deployed, before } = place;
  const wholeHost = routeOfPlace(place)?.path === undefined;
  const wasHeld =
    before?.tenant !== undefined ||
    before?.lastService !== undefined ||
    (deployed !== undefined && isDeployed(deployed));
  const toInterest = (request: RouteRequest, established: boolean): Interest => ({
    party: request.party,
    name: request.workload,
    wholeHost: wholeHost && established,
    established,
    oldest: request,
    until: undefined,
  });
  switch (tenancy.is) {
    case "held":
      return tenancy.requests.map((request) => toInterest(request, wasHeld));
    case "vacant":
      return [
        {
          party: tenancy.tenant?.party,
          name: tenancy.tenant?.workload,
          wholeHost,
          established: true,
          oldest: undefined,
          until: tenancy.until,
        },
      ];
    case "free":
      return requests
        .filter(({ kind }) => kind === "sound")
        .map((request) => toInterest(request, false));
  }
}

/** A missing party comes first, so that the others do not gain from its absence. */
const byAge = (a: Interest, b: Interest): number =>
  a.oldest === undefined || b.oldest === undefined
    ? Number(a.oldest !== undefined) - Number(b.oldest !== undefined)
    : byPrecedence(a.oldest, b.oldest);

function consentsToAll(
  party: Party | undefined,
  established: readonly Interest[],
  requests: readonly RouteRequest[],
): boolean {
  const own = requests
    .filter((request) => request.party === party)
    .flatMap(({ shareWith }) => shareWith);
  return established.every(
    (it) => it.party === party || (it.party !== undefined && isSharedWith(own, it.party)),
  );
}
