import type { ResolvedRoute } from "./conflicts.ts";
import type { Engine, Occupant } from "./engine.ts";
import type { RouteRequest } from "./route-requests.ts";
import { isDeployed, isLedTo, isOnLoginHost, type RoutePlace } from "./tenure.ts";
import type { DeployedRoute, FaultyRoute, RouteOwners } from "./types.ts";

/**
 * Whether a route with faulty labels stays as it is.
 *
 * It does not stay if it would be public by mistake. Nor does it stay if it leads to a container
 * that does not ask for it but got the name or address of the one that does, unless its rule can be
 * rerouted to that one.
 */
export function isFrozen(resolved: ResolvedRoute, engine: Engine): boolean {
  const { winner, place } = resolved;
  if (winner?.kind !== "faulty") return false;
  const all = faultyRoutesOfWinner(resolved);
  if (!mayStay(all, place)) return false;
  if (place.deployed === undefined || !leadsToStranger(winner, all, place.deployed, place, engine))
    return true;
  return rerouteTarget(place.deployed, ownersOf(resolved), engine) !== undefined;
}

/**
 * Where a rule must lead instead so that only its own containers answer; undefined if it does, or
 * if that is unknown.
 */
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
 * The containers that the rule of the route is meant for. A container that was recreated under its
 * name is the same one, unless a label may have led its route to another place.
 */
export function ownersOf(resolved: ResolvedRoute): RouteOwners {
  const all = faultyRoutesOfWinner(resolved);
  const isTenant =
    all[0] !== undefined && all[0].workload === resolved.place.before?.tenant?.workload;
  // A container that asks twice does not count as two replicas.
  return {
    members: [...new Set(all.flatMap(({ members }) => members))],
    recreated: isTenant,
    elsewhere: all.some(({ elsewhere }) => elsewhere),
  };
}

/** The faulty routes of the winner's party, the winner's own first. */
function faultyRoutesOfWinner({ winner, place }: ResolvedRoute): readonly FaultyRoute[] {
  if (winner?.kind !== "faulty") return [];
  const others = faultyOf(place).filter((it) => it !== winner.faulty && it.party === winner.party);
  return [winner.faulty, ...others];
}

/**
 * Whether a route stays as it is while its tenant is missing. It does not stay if it shows another
 * container.
 *
 * An unknown tenant may be a container with faulty labels: then the route stays only if it would
 * stay with those labels. An unknown tenant may also be one of several replicas, of which the
 * others have not started yet.
 */
export function isFrozenVacancy(place: RoutePlace): boolean {
  const { tenancy, deployed, occupants, requests } = place;
  if (tenancy.is !== "vacant" || deployed === undefined) return false;
  const mayBeReplica = ({ replica, party }: Occupant): boolean =>
    tenancy.tenant === undefined &&
    replica === true &&
    requests.some((request) => request.party === party);
  if (!occupants.every(mayBeReplica)) return false;
  const suspects = tenancy.tenant === undefined ? faultyOf(place) : [];
  return suspects.length === 0 || mayStay(suspects, place);
}

const faultyOf = ({ requests }: Pick<RoutePlace, "requests">): readonly FaultyRoute[] =>
  requests.flatMap((request) => (request.kind === "faulty" ? [request.faulty] : []));

const mayStay = (
  all: readonly FaultyRoute[],
  { deployed }: Pick<RoutePlace, "deployed">,
): boolean => all.some((it) => !it.closeNow && (it.saysPublic || deployed?.public !== true));

/** Whether the rule leads to a container that does not ask for the route. */
function leadsToStranger(
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
