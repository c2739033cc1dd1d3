import type { Hostname } from "../domain/hostname.ts";
import { isSharedWith, type Party } from "../domain/party.ts";
import { parseRouteKey, type Route } from "../domain/route.ts";
import type { Engine } from "./engine.ts";
import { byPrecedence, type RouteRequest } from "./route-requests.ts";
import { isDeployed, isRestored, leadsTo, type RoutePlace } from "./tenure.ts";

/** The party that a hostname belongs to. A path inside it is for other parties only with its consent. */
export type Holder =
  /** It asks for the hostname by these claims, the oldest first. */
  | { readonly is: "present"; readonly party: Party; readonly requests: readonly RouteRequest[] }
  /** It is missing and may come back until then. Its party is not known where it was gone when cfauth started. */
  | {
      readonly is: "missing";
      readonly party: Party | undefined;
      readonly name: string | undefined;
      readonly until: number;
    };

/** What is remembered of a hostname from pass to pass. */
export interface HostTenure {
  readonly party: Party;
  /** A container of the party that asked for it. */
  readonly workload: string;
  /** When the grace of a party that asks for none of it any more ends, in milliseconds since 1970. */
  readonly until: number | undefined;
}

export type HostTenures = ReadonlyMap<Hostname, HostTenure>;

/** An interest that a party has in a hostname. */
interface Interest {
  readonly party: Party | undefined;
  readonly name: string | undefined;
  readonly wholeHost: boolean;
  /** Whether it has the route, as opposed to asking for one that is free. */
  readonly established: boolean;
  /** Undefined while it is missing. */
  readonly oldest: RouteRequest | undefined;
  readonly until: number | undefined;
}

/**
 * The holder of each hostname: the first of these that there is.
 *
 * 1. Its holder before, while that asks for any of it or may come back. One that gave up a route of it has gone.
 * 2. The party that has the whole host, or that its deployed rule leads to while it asks for a path.
 * 3. Of those that have paths in it, one that consents to all others, else the oldest.
 * 4. The oldest that asks for any of it.
 */
export function holdersOf(
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
      const holder = holderOf(
        all.map(({ place }) => place),
        unlessOver(before.get(hostname), graceUntil, now),
      );
      return holder === undefined ? [] : [[hostname, holder] as const];
    }),
  );
}

/** Without those whose holder is not missing, but runs and asks for none of the hostname any more. */
export const stillHeld = (
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

/** The tenure with the end that its grace would have from now on; none where that was over before. */
function unlessOver(
  tenure: HostTenure | undefined,
  graceUntil: number,
  now: number,
): Kept | undefined {
  if (tenure === undefined || (tenure.until !== undefined && tenure.until <= now)) return undefined;
  const until = tenure.until ?? graceUntil;
  return { ...tenure, until, lasts: until > now };
}

/** `lasts`: whether it is kept for a party that asks for none of the hostname now. */
type Kept = HostTenure & { readonly until: number; readonly lasts: boolean };

/** What is remembered of the hostnames that have a holder, and of those that no container asks for, until the grace of their holder is over. */
export function hostTenures(
  holders: ReadonlyMap<Hostname, Holder>,
  before: HostTenures,
  places: readonly RoutePlace[],
  graceUntil: number,
  now: number,
): HostTenures {
  const byHost = Map.groupBy(places, (place) => hostnameOf(place)?.hostname);
  const ended = (hostname: Hostname, party: Party) =>
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
  return new Map(
    [
      ...kept.filter(([hostname, { party }]) => !holders.has(hostname) && !ended(hostname, party)),
      ...held,
    ].filter(([, { until = Infinity }]) => until > now),
  );
}

const hasEnded = ({ tenancy }: RoutePlace): boolean => tenancy.is === "free" && tenancy.ended;

/**
 * Whether the place has ended and may have been that party's. A guest's path says nothing of the holder, nor does a rule whose
 * application is gone: another writer restored it.
 */
function hasGivenUp(party: Party, place: RoutePlace): boolean {
  const { before, deployed } = place;
  if (!hasEnded(place)) return false;
  if (before?.tenant !== undefined) return before.tenant.party === party;
  return deployed === undefined || !isRestored(deployed);
}

/** Whether a route has ended of which this process has never known the tenant. */
const hasEndedUnknown = (place: RoutePlace): boolean =>
  hasEnded(place) && place.before?.tenant === undefined;

/** The parties that its deployed rule certainly leads to. */
const certainParties = ({ occupants }: RoutePlace): readonly Party[] =>
  occupants.filter(({ certain }) => certain).map(({ party }) => party);

/** A place that is only remembered has a route as long as a container asks for it, it is deployed, or its tenant may come back. */
export const routeOf = ({ key, requests, deployed, before }: RoutePlace): Route | undefined =>
  requests[0]?.route ??
  deployed?.route ??
  (before?.led === undefined ? undefined : parseRouteKey(key));

function hostnameOf(
  place: RoutePlace,
): { readonly hostname: Hostname; readonly place: RoutePlace } | undefined {
  const route = routeOf(place);
  return route && { hostname: route.hostname, place };
}

function holderOf(places: readonly RoutePlace[], tenure: Kept | undefined): Holder | undefined {
  const before = tenure?.party;
  const requests = places.flatMap((place) => place.requests).toSorted(byPrecedence);
  const interests = places.flatMap(interestsOf);
  const established = [
    ...interests.filter((it) => it.established),
    ...leavers(places).flatMap((party) => askingFor(party, requests) ?? []),
  ].toSorted(byAgeOfClaim);
  const known =
    interests.find(({ party }) => party !== undefined && party === before) ??
    askingFor(before, requests);
  if (
    known === undefined &&
    tenure?.lasts &&
    !places.some((place) => hasGivenUp(tenure.party, place))
  )
    return { is: "missing", party: tenure.party, name: tenure.workload, until: tenure.until };
  const chosen =
    known ??
    established.find(({ wholeHost }) => wholeHost) ??
    [...incumbents(places), ...movers(places, requests)].flatMap(
      (party) => askingFor(party, requests) ?? [],
    )[0] ??
    established.find(({ party }) => consentsToAll(party, established, requests)) ??
    established[0] ??
    interests.toSorted(byAgeOfClaim)[0];
  if (chosen === undefined) return undefined;
  const own = requests.filter(({ party }) => party === chosen.party);
  if (chosen.party !== undefined && own.length > 0)
    return { is: "present", party: chosen.party, requests: own };
  return { is: "missing", party: chosen.party, name: chosen.name, until: chosen.until ?? 0 };
}

/** The interest of a party that asks for any of the hostname, soundly or not. */
function askingFor(
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

/** The parties that the deployed rule of the whole host certainly leads to, though they may ask for a path by now. */
const incumbents = (places: readonly RoutePlace[]): readonly Party[] =>
  places
    .filter(({ deployed }) => deployed?.route.path === undefined)
    .flatMap(certainParties)
    .toSorted();

/** The parties that a deployed rule certainly leads to, although they no longer ask for its route. Only for routes of an unknown tenant. */
const leavers = (places: readonly RoutePlace[]): readonly Party[] =>
  places.filter(hasEndedUnknown).flatMap(certainParties);

/** Those that ask for the place of a route by another route of the same hostname: of a route whose tenant is not known. */
const movers = (
  places: readonly RoutePlace[],
  requests: readonly RouteRequest[],
): readonly Party[] =>
  places
    .filter(hasEndedUnknown)
    .flatMap(({ deployed, before }) =>
      requests.filter((it) => leadsTo(it, deployed?.service ?? before?.led)),
    )
    .map(({ party }) => party)
    .toSorted();

function interestsOf(place: RoutePlace): readonly Interest[] {
  const { tenancy, requests, deployed, before } = place;
  const wholeHost = routeOf(place)?.path === undefined;
  const wasTheirs =
    before?.tenant !== undefined ||
    before?.led !== undefined ||
    (deployed !== undefined && isDeployed(deployed));
  const of = (request: RouteRequest, established: boolean): Interest => ({
    party: request.party,
    name: request.workload,
    wholeHost: wholeHost && established,
    established,
    oldest: request,
    until: undefined,
  });
  switch (tenancy.is) {
    case "held":
      return tenancy.requests.map((request) => of(request, wasTheirs));
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
      return requests.filter(({ kind }) => kind === "sound").map((request) => of(request, false));
  }
}

/** A missing one comes first: the others must not gain by its absence. */
const byAgeOfClaim = (a: Interest, b: Interest): number =>
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
