import { accessTag, type Owner } from "../../core/domain/owner.ts";
import type { RouteKey } from "../../core/domain/route.ts";
import { type Mine, markOwned } from "../contract/owned.ts";
import {
  type ApplicationResponse,
  applicationFrom,
  foreignApplicationFrom,
  linkedBy,
} from "./application.ts";
import type { AccessApplication, ObservedAccessApplications } from "./types.ts";

/**
 * All applications of the account, sorted into ours and theirs. Of several of ours on one route the oldest counts, the same
 * one for every daemon that looks; the others are doubles.
 */
export function classifyApplications(
  all: readonly ApplicationResponse[],
  owner: Owner,
  tagged: boolean,
): ObservedAccessApplications {
  const mine = new Map<RouteKey, Mine<AccessApplication>>();
  const doubles: Mine<AccessApplication>[] = [];
  const foreign: ApplicationResponse[] = [];
  for (const answer of all.toSorted(byAge)) {
    const application = applicationFrom(answer, accessTag(owner));
    if (application === undefined) foreign.push(answer);
    else if (mine.has(application.route)) doubles.push(markOwned(application));
    else mine.set(application.route, markOwned(application));
  }
  const linked = [...foreign.flatMap(linkedBy), ...doubles.flatMap(({ policies }) => policies)];
  return {
    mine,
    theirs: foreign.map(foreignApplicationFrom),
    linked: [...new Set(linked)].toSorted(),
    duplicates: doubles,
    tagged,
  };
}

const byAge = (a: ApplicationResponse, b: ApplicationResponse): number =>
  compare(a.created_at ?? "", b.created_at ?? "") || compare(a.id ?? "", b.id ?? "");

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
