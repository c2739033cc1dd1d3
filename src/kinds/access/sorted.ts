import { accessTag, type Owner } from "../../domain/owner.ts";
import type { RouteKey } from "../../domain/route.ts";
import { claim, type Mine } from "../mine.ts";
import { type ApplicationAnswer, applicationFrom, foreignFrom, linkedBy } from "./application.ts";
import type { AccessSeen, Application } from "./seen.ts";

/**
 * All applications of the account, sorted into ours and theirs. Of several of ours on one route the oldest counts, the same
 * one for every daemon that looks; the others are doubles.
 */
export function sortedOut(all: readonly ApplicationAnswer[], owner: Owner, tagged: boolean): AccessSeen {
  const mine = new Map<RouteKey, Mine<Application>>();
  const doubles: Mine<Application>[] = [];
  const foreign: ApplicationAnswer[] = [];
  for (const answer of all.toSorted(byAge)) {
    const application = applicationFrom(answer, accessTag(owner));
    if (application === undefined) foreign.push(answer);
    else if (mine.has(application.route)) doubles.push(claim(application));
    else mine.set(application.route, claim(application));
  }
  const linked = [...foreign.flatMap(linkedBy), ...doubles.flatMap(({ policies }) => policies)];
  return { mine, theirs: foreign.map(foreignFrom), linked: [...new Set(linked)].toSorted(), doubles, tagged };
}

const byAge = (a: ApplicationAnswer, b: ApplicationAnswer): number =>
  compare(a.created_at ?? "", b.created_at ?? "") || compare(a.id ?? "", b.id ?? "");

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
