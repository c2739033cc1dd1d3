import type { Party } from "../domain/party.ts";
import type { RouteKey } from "../domain/route.ts";
import type { ResolvedRoute } from "./conflicts.ts";
import { isDeployed, isLedTo } from "./tenure.ts";
import type { Handover } from "./types.ts";

/** Which party each route's Access application was made for, as far as this process knows. */
export type Applications = ReadonlyMap<RouteKey, Party>;

export interface Handovers {
  readonly handovers: ReadonlyMap<RouteKey, Handover>;
  readonly applications: Applications;
}

/**
 * Which routes get a new Access application, because the one in place was made for another party: who logged in to that party
 * must log in again. An application counts as the new holder's own only where this process made it so, or where the deployed rule
 * leads to the holder. One without a deployed rule proves nothing, so a daemon that dies half-way replaces it again.
 */
export function handoversOf(resolved: readonly ResolvedRoute[], before: Applications): Handovers {
  const handovers = new Map<RouteKey, Handover>();
  const applications = new Map<RouteKey, Party>();
  for (const { winner, place } of resolved) {
    const known = before.get(place.key);
    const there = place.deployed?.application === true;
    if (winner?.kind !== "sound") {
      if (there && known !== undefined) applications.set(place.key, known);
      continue;
    }
    const proven =
      place.deployed !== undefined &&
      isDeployed(place.deployed) &&
      isLedTo(winner, place.deployed.service ?? "", place.occupants);
    const own = known === undefined ? proven : known === winner.party;
    if (!there || own) applications.set(place.key, winner.party);
    else {
      handovers.set(place.key, { from: known, to: winner.party });
      if (known !== undefined) applications.set(place.key, known);
    }
  }
  return { handovers, applications };
}
