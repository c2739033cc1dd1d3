import type { Party } from "../domain/party.ts";
import type { RouteKey } from "../domain/route.ts";
import type { ResolvedRoute } from "./conflicts.ts";
import { isDeployed, isLedTo } from "./tenure.ts";
import type { Handover } from "./types.ts";

/**
 * The party that the Access application of each route was made for, as far as this process knows.
 */
export type Applications = ReadonlyMap<RouteKey, Party>;

export interface Handovers {
  readonly handovers: ReadonlyMap<RouteKey, Handover>;
  readonly applications: Applications;
}

/**
 * Finds the routes that get a new Access application, because the existing one was made for another
 * party: people who logged in to that party must log in again.
 *
 * An application counts as the new holder's own only if this process made it so, or if the deployed
 * rule leads to the new holder. An application without a deployed rule proves nothing and is
 * replaced, so a daemon that died half-way continues safely.
 */
export function planHandovers(resolved: readonly ResolvedRoute[], before: Applications): Handovers {
  const handovers = new Map<RouteKey, Handover>();
  const applications = new Map<RouteKey, Party>();
  for (const { winner, place } of resolved) {
    const known = before.get(place.key);
    const exists = place.deployed?.application === true;
    if (winner?.kind !== "sound") {
      if (exists && known !== undefined) applications.set(place.key, known);
      continue;
    }
    const proven =
      place.deployed !== undefined &&
      isDeployed(place.deployed) &&
      isLedTo(winner, place.deployed.service ?? "", place.occupants);
    const isOwn = known === undefined ? proven : known === winner.party;
    if (!exists || isOwn) applications.set(place.key, winner.party);
    else {
      handovers.set(place.key, { from: known, to: winner.party });
      if (known !== undefined) applications.set(place.key, known);
    }
  }
  return { handovers, applications };
}
