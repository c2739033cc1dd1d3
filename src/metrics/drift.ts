import { isDeepStrictEqual } from "node:util";
import { parseRouteKey, type RouteKey } from "../domain/route.ts";
import type { AnyChange } from "../kinds/index.ts";
import type { Outcome } from "../loop/loop.ts";
import type { Desired } from "../plan/desired.ts";

/** What was wished and what was live when a pass had settled. */
export interface Settled {
  readonly wishes: Desired["wishes"];
  readonly live: readonly RouteKey[];
}

export const DRIFTING = ["login", "policy", "access", "ingress", "dns"] as const satisfies readonly AnyChange["kind"][];
export type Drifting = (typeof DRIFTING)[number];

/** Undefined after a pass that failed: what stood then is not known well enough to say that somebody changed it. */
export const settled = ({ result, end }: Outcome): Settled | undefined =>
  result === "settled" && end !== undefined ? { wishes: end.decision.desired.wishes, live: end.plan.live } : undefined;

/**
 * Those of a pass's changes that put back what somebody else had changed.
 *
 * | wishes since the pass before | change         | of                                     | is drift |
 * |------------------------------|----------------|----------------------------------------|----------|
 * | any is another               | any            | any                                    | no       |
 * | all the same                 | delete         | any: a grace that ended                | no       |
 * | all the same                 | create, update | a hostname with a route that was live  | yes      |
 * | all the same                 | update         | a login method, a policy               | yes      |
 * | all the same                 | any other      | what a route still waited for          | no       |
 *
 * Tiles do not count: one that could not be made at first comes later, and nobody's access depends on it.
 */
export function corrected(before: Settled | undefined, changes: readonly AnyChange[], end: Outcome["end"]): readonly Drifting[] {
  if (before === undefined || end === undefined || changes.length === 0) return [];
  if (!isDeepStrictEqual(before.wishes, end.decision.desired.wishes)) return [];
  const hosts = new Set(before.live.map(hostOf));
  return changes.flatMap(({ kind, action, subject }): readonly Drifting[] => {
    if (action === "delete") return [];
    if (kind === "login" || kind === "policy") return action === "update" ? [kind] : [];
    if (kind === "access" || kind === "ingress" || kind === "dns") return hosts.has(hostOf(subject)) ? [kind] : [];
    return [];
  });
}

const hostOf = (subject: string): string => parseRouteKey(subject)?.hostname ?? subject;
