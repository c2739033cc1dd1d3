import type { Hostname } from "../domain/hostname.ts";
import { isSharedWith, type Party } from "../domain/party.ts";
import { byAge, type Claim } from "./claim.ts";
import { isDeployed, type Place } from "./tenure.ts";

/** The party that a hostname belongs to. A path inside it is for other parties only with its consent. */
export type Holder =
  /** It asks for the hostname by these claims, the oldest first. */
  | { readonly is: "present"; readonly party: Party; readonly claims: readonly Claim[] }
  /** It is missing and may come back until then. Its party is not known where it was gone when cfauth started. */
  | { readonly is: "missing"; readonly party: Party | undefined; readonly name: string | undefined; readonly until: number };

/** Which party each hostname belonged to when that was last decided. */
export type HostParties = ReadonlyMap<Hostname, Party>;

/** An interest that a party has in a hostname. */
interface Interest {
  readonly party: Party | undefined;
  readonly name: string | undefined;
  readonly wholeHost: boolean;
  /** Whether it has the route, as opposed to asking for one that is free. */
  readonly established: boolean;
  /** Undefined while it is missing. */
  readonly oldest: Claim | undefined;
  readonly until: number | undefined;
}

/**
 * The holder of each hostname. The party that has the whole host; else the one that was its holder before; else, of those that
 * have paths in it, one that consents to all others, or the oldest; else the oldest that asks for any of it.
 */
export function holdersOf(places: readonly Place[], before: HostParties): ReadonlyMap<Hostname, Holder> {
  const hosts = Map.groupBy(
    places.flatMap((place) => hostnameOf(place) ?? []),
    ({ hostname }) => hostname,
  );
  return new Map(
    [...hosts].flatMap(([hostname, all]) => {
      const holder = holderOf(
        all.map(({ place }) => place),
        before.get(hostname),
      );
      return holder === undefined ? [] : [[hostname, holder] as const];
    }),
  );
}

/** A place that is only remembered has a route as long as somebody asks for it or it stands. */
function hostnameOf(place: Place): { readonly hostname: Hostname; readonly place: Place } | undefined {
  const route = place.claims[0]?.route ?? place.stands?.route;
  return route && { hostname: route.hostname, place };
}

function holderOf(places: readonly Place[], before: Party | undefined): Holder | undefined {
  const claims = places.flatMap((place) => place.claims).toSorted(byAge);
  const interests = places.flatMap(interestsOf);
  const established = interests.filter((it) => it.established).toSorted(byAgeOfClaim);
  const chosen =
    established.find(({ wholeHost }) => wholeHost) ??
    interests.find(({ party }) => party !== undefined && party === before) ??
    established.find(({ party }) => consentsToAll(party, established, claims)) ??
    established[0] ??
    interests.toSorted(byAgeOfClaim)[0];
  if (chosen === undefined) return undefined;
  const own = claims.filter(({ party }) => party === chosen.party);
  if (chosen.party !== undefined && own.length > 0) return { is: "present", party: chosen.party, claims: own };
  return { is: "missing", party: chosen.party, name: chosen.name, until: chosen.until ?? 0 };
}

function interestsOf({ tenancy, claims, stands, before }: Place): readonly Interest[] {
  const wholeHost = (claims[0]?.route ?? stands?.route)?.path === undefined;
  const of = (claim: Claim, established: boolean): Interest => ({
    party: claim.party,
    name: claim.workload,
    wholeHost: wholeHost && established,
    established,
    oldest: claim,
    until: undefined,
  });
  switch (tenancy.is) {
    case "held":
      return tenancy.claims.map((claim) => of(claim, before?.tenant !== undefined || (stands !== undefined && isDeployed(stands))));
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
      return claims.filter(({ kind }) => kind === "sound").map((claim) => of(claim, false));
  }
}

/** A missing one comes first: the others must not gain by its absence. */
const byAgeOfClaim = (a: Interest, b: Interest): number =>
  a.oldest === undefined || b.oldest === undefined
    ? Number(a.oldest !== undefined) - Number(b.oldest !== undefined)
    : byAge(a.oldest, b.oldest);

function consentsToAll(party: Party | undefined, established: readonly Interest[], claims: readonly Claim[]): boolean {
  const own = claims.filter((claim) => claim.party === party).flatMap(({ shareWith }) => shareWith);
  return established.every((it) => it.party === party || (it.party !== undefined && isSharedWith(own, it.party)));
}
