import type { Problem } from "../domain/problem.ts";
import { waitForTenant } from "./rivals.ts";
import { byPrecedence, type RouteRequest } from "./route-requests.ts";
import { isPlaceholder, isRestored, type RoutePlace, type Tenure } from "./tenure.ts";
import type { PendingRoute } from "./types.ts";

/** Which request gets a route that several may ask for. */
export interface ResolvedRoute {
  readonly place: RoutePlace;
  /** Its labels may be faulty: then the route stays as it is where that is safe. */
  readonly winner: RouteRequest | undefined;
  readonly pending: readonly PendingRoute[];
  readonly problems: readonly Problem[];
  /** What to remember for the next pass. */
  readonly tenure: Tenure | undefined;
}

/**
 * The party that has the route keeps it. A free route goes to the first sound request.
 *
 * @param place - with its requests in order of precedence
 */
export function resolveRoute(place: RoutePlace, now: number): ResolvedRoute {
  const { tenancy, requests, before } = place;
  switch (tenancy.is) {
    case "held":
      return award(place, tenancy.requests.toSorted(byTenure(place)), requests);
    case "vacant": {
      const { tenant, until } = tenancy;
      const refused = new Set([
        ...(before?.refused ?? []),
        ...requests.map(({ workload }) => workload),
      ]);
      const tenure = { tenant, until, refused, lastService: place.lastService };
      return {
        place,
        winner: undefined,
        pending: waitForTenant(requests, tenancy, now),
        problems: [],
        tenure,
      };
    }
    case "free": {
      const sound = requests.filter(({ kind }) => kind === "sound");
      if (sound.length > 0) return award(place, sound, requests);
      const isLeftOver =
        tenancy.ended && place.deployed !== undefined && !isPlaceholder(place.deployed);
      // A rule that another writer restored says nothing about the tenant.
      if (isLeftOver && isRestored(place.deployed))
        return { place, winner: undefined, pending: [], problems: [], tenure: before };
      const tenure = isLeftOver
        ? { ...tenantOf(before), until: Math.min(before?.until ?? now, now) }
        : undefined;
      return { place, winner: undefined, pending: [], problems: [], tenure };
    }
  }
}

const tenantOf = (before: Tenure | undefined) => ({
  tenant: before?.tenant,
  refused: before?.refused ?? new Set<string>(),
});

/**
 * Within a party: sound labels first, then the request that leads where the rule leads, then the
 * previous tenant. Age comes last, because a recreated container is younger and may lead elsewhere.
 */
const byTenure =
  ({ deployed, before }: RoutePlace) =>
  (a: RouteRequest, b: RouteRequest): number => {
    const weight = (it: RouteRequest) =>
      Number(it.kind === "sound") * 4 +
      Number(it.service === deployed?.service) * 2 +
      Number(it.workload === before?.tenant?.workload);
    return weight(b) - weight(a) || byPrecedence(a, b);
  };

function award(
  place: RoutePlace,
  [winner]: readonly RouteRequest[],
  requests: readonly RouteRequest[],
): ResolvedRoute {
  if (winner === undefined) return { place, winner, pending: [], problems: [], tenure: undefined };
  const losers = requests
    .filter((it) => it.workload !== winner.workload || it.party !== winner.party)
    .toSorted(byPrecedence);
  return {
    place,
    winner,
    pending: [],
    problems: losers
      .filter(({ kind }) => kind === "sound")
      .map((loser) => hostTakenProblem(loser, winner)),
    tenure: {
      tenant: { workload: winner.workload, party: winner.party },
      until: undefined,
      refused: new Set(losers.map(({ workload }) => workload)),
    },
  };
}

function hostTakenProblem(loser: RouteRequest, winner: RouteRequest): Problem {
  const ownPath = loser.party === winner.party ? ", or a path of its own" : "";
  return {
    code: "CFA-HOST-TAKEN",
    severity: "error",
    container: loser.workload,
    label: loser.label,
    route: loser.key,
    message: `container ${winner.workload} already has ${loser.key} and keeps it`,
    effect: "closed",
    fix: `give ${loser.workload} or ${winner.workload} another hostname${ownPath}`,
  };
}
