import type { ResolvedRoute } from "./conflicts.ts";
import type { Engine, Occupant } from "./engine.ts";
import type { RouteRequest } from "./route-requests.ts";
import { isDeployed, isLedTo, isOnLoginHost, type RoutePlace } from "./tenure.ts";
import type { DeployedRoute, FaultyRoute, RouteOwners } from "./types.ts";

/**
 * Whether a route whose labels are faulty stays as it is. Not one that would be public by mistake, and not one that leads to a
 * container which does not ask for it, having got the name or the address of the one that did. Where the one that asks for it is
 * known, its rule is led back to that one instead.
 */
export function isFrozen(settled: ResolvedRoute, engine: Engine): boolean {
  const { winner, place } = settled;
  if (winner?.kind !== "faulty") return false;
  const all = ofWinner(settled);
  if (!mayStay(all, place)) return false;
  if (place.stands === undefined || !isStrange(winner, all, place.stands, place, engine)) return true;
  return rerouteTarget(place.stands, ownersOf(settled), engine) !== undefined;
}

/** Where a rule must lead instead so that only its own containers answer; undefined where it does, or that is not known. */
export function rerouteTarget(stands: DeployedRoute | undefined, owners: RouteOwners, engine: Engine): string | undefined {
  if (stands?.service === undefined || !isDeployed(stands)) return undefined;
  const service = engine.ownService(stands.service, owners);
  return service === stands.service ? undefined : service;
}

/**
 * Whose the route is. A container that was recreated under its name is the same one, unless a label may have led its route to
 * another place.
 */
export function ownersOf(settled: ResolvedRoute): RouteOwners {
  const all = ofWinner(settled);
  const isTenant = all[0] !== undefined && all[0].workload === settled.place.before?.tenant?.workload;
  // One container that asks twice is no two replicas.
  return {
    members: [...new Set(all.flatMap(({ members }) => members))],
    recreated: isTenant,
    elsewhere: all.some(({ elsewhere }) => elsewhere),
  };
}

/** What the party of the winner asks for with faulty labels, the winner first. */
function ofWinner({ winner, place }: ResolvedRoute): readonly FaultyRoute[] {
  if (winner?.kind !== "faulty") return [];
  const others = faultyOf(place).filter((it) => it !== winner.faulty && it.party === winner.party);
  return [winner.faulty, ...others];
}

/**
 * Whether a route stays as it is while its tenant is missing. Not one that shows another container. Where the tenant is not known
 * it may be one whose labels are faulty: then it stays only if it would for those. It may also be one of several replicas, of which
 * the others have not started yet.
 */
export function isFrozenVacancy(place: RoutePlace): boolean {
  const { tenancy, stands, occupants, claims } = place;
  if (tenancy.is !== "vacant" || stands === undefined) return false;
  const isLikely = ({ replica, party }: Occupant): boolean =>
    tenancy.tenant === undefined && replica === true && claims.some((claim) => claim.party === party);
  if (!occupants.every(isLikely)) return false;
  const suspects = tenancy.tenant === undefined ? faultyOf(place) : [];
  return suspects.length === 0 || mayStay(suspects, place);
}

const faultyOf = ({ claims }: Pick<RoutePlace, "claims">): readonly FaultyRoute[] =>
  claims.flatMap((claim) => (claim.kind === "faulty" ? [claim.faulty] : []));

const mayStay = (all: readonly FaultyRoute[], { stands }: Pick<RoutePlace, "stands">): boolean =>
  all.some((it) => !it.shut && (it.saysPublic || stands?.public !== true));

function isStrange(
  winner: RouteRequest,
  all: readonly FaultyRoute[],
  stands: DeployedRoute,
  { occupants }: RoutePlace,
  engine: Engine,
): boolean {
  if (all.some(({ service }) => service !== undefined && service === stands.service)) return false;
  const own = new Set(all.flatMap(({ members }) => members));
  if (isOnLoginHost(stands, engine) && isDeployed(stands) && !isLedTo(winner, stands.service ?? "", occupants)) return true;
  return occupants.some(({ id }) => !own.has(id));
}
