import { accessTag, type Owner } from "../../core/domain/owner.ts";
import type { RouteKey } from "../../core/domain/route.ts";
import { type Mine, markOwned } from "../contract/owned.ts";
import {
  type ApplicationResponse,
  applicationFrom,
  foreignApplicationFrom,
  linkedPolicyIds,
} from "./application.ts";
import type { AccessApplication, ObservedAccessApplications } from "./types.ts";

/**
 * Sorts all applications of the account into ours and foreign ones. If several of ours have the
 * same route, the oldest one counts, so that every daemon picks the same one. The others are
 * duplicates.
 */
export function classifyApplications(
  answers: readonly ApplicationResponse[],
  owner: Owner,
  tagged: boolean,
): ObservedAccessApplications {
  const mine = new Map<RouteKey, Mine<AccessApplication>>();
  const duplicates: Mine<AccessApplication>[] = [];
  const foreign: ApplicationResponse[] = [];
  for (const answer of answers.toSorted(byAge)) {
    const application = applicationFrom(answer, accessTag(owner));
    if (application === undefined) foreign.push(answer);
    else if (mine.has(application.route)) duplicates.push(markOwned(application));
    else mine.set(application.route, markOwned(application));
  }
  const linked = [
    ...foreign.flatMap(linkedPolicyIds),
    ...duplicates.flatMap(({ policies }) => policies),
  ];
  return {
    mine,
    theirs: foreign.map(foreignApplicationFrom),
    linked: [...new Set(linked)].toSorted(),
    duplicates,
    tagged,
  };
}

const byAge = (a: ApplicationResponse, b: ApplicationResponse): number =>
  compare(a.created_at ?? "", b.created_at ?? "") || compare(a.id ?? "", b.id ?? "");

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
