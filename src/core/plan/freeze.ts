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
export function isFrozen(resolved: ResolvedRoute, engine: Engine): boolean {
  const { winner, place } = resolved;
  if (winner?.kind !== "faulty") return false;
  const all = ofWinner(resolved);
  if (!mayStay(all, place)) return false;
  if (place.deployed === undefined || !isStrange(winner, all, place.deployed, place, engine))
    return true;
  return rerouteTarget(place.deployed, ownersOf(resolved), engine) !== undefined;
}

/** Where a rule must lead instead so that only its own containers answer; undefined where it does, or that is not known. */
export function rerouteTarget(
  deployed: DeployedRoute | undefined,
  owners: RouteOwners,
  engine: Engine,
): string | undefined {
  if (deployed?.service === undefined || !isDeployed(deployed)) return undefined;
  const service = engine.ownService(deployed.service, owners);
  return service === deployed.service ? undefined : service;
}

/**
 * Whose the route is. A container that was recreated under its name is the same one, unless a label may have led its route to
 * another place.
 */
export function ownersOf(resolved: ResolvedRoute): RouteOwners {
  const all = ofWinner(resolved);
  const isTenant =
    all[0] !== undefined && all[0].workload === resolved.place.before?.tenant?.workload;
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
  const { tenancy, deployed, occupants, requests } = place;
  if (tenancy.is !== "vacant" || deployed === undefined) return false;
  const isLikely = ({ replica, party }: Occupant): boolean =>
    tenancy.tenant === undefined &&
    replica === true &&
    requests.some((request) => request.party === party);
  if (!occupants.every(isLikely)) return false;
  const suspects = tenancy.tenant === undefined ? faultyOf(place) : [];
  return suspects.length === 0 || mayStay(suspects, place);
}

const faultyOf = ({ requests }: Pick<RoutePlace, "requests">): readonly FaultyRoute[] =>
  requests.flatMap((request) => (request.kind === "faulty" ? [request.faulty] : []));

const mayStay = (
  all: readonly FaultyRoute[],
  { deployed }: Pick<RoutePlace, "deployed">,
): boolean => all.some((it) => !it.closeNow && (it.saysPublic || deployed?.public !== true));

function isStrange(
  winner: RouteRequest,
  all: readonly FaultyRoute[],
  deployed: DeployedRoute,
  { occupants }: RoutePlace,
  engine: Engine,
): boolean {
  if (all.some(({ service }) => service !== undefined && service === deployed.service))
    return false;
  const own = new Set(all.flatMap(({ members }) => members));
  if (
    isOnLoginHost(deployed, engine) &&
    isDeployed(deployed) &&
    !isLedTo(winner, deployed.service ?? "", occupants)
  )
    return true;
  return occupants.some(({ id }) => !own.has(id));
}
