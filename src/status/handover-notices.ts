import { describeParty } from "../core/domain/party.ts";
import type { RouteKey } from "../core/domain/route.ts";
import type { DesiredState, Handover } from "../core/plan/types.ts";
import type { RouteStatus } from "./report.ts";

/** A route that shows another party's container than before. */
export interface HandoverNotice {
  readonly route: RouteStatus;
  /** `project blog`; undefined where cfauth never saw the earlier holder. */
  readonly from: string | undefined;
  readonly to: string;
}

/** Handovers that were begun and are not reported yet. */
export type Pending = ReadonlyMap<RouteKey, Handover>;

/**
 * Handovers that a plan is carrying out. One whose earlier holder is not known counts only where a rule led to that holder:
 * else it only replaces what a daemon that died left behind.
 *
 * @param open - the routes that are open now
 */
export const noteHandovers = (
  before: Pending,
  { handovers }: Pick<DesiredState, "handovers">,
  open: ReadonlyMap<RouteKey, unknown>,
): Pending =>
  new Map([
    ...before,
    ...[...handovers].filter(
      ([key, { from }]) => !before.has(key) && (from !== undefined || open.has(key)),
    ),
  ]);

/** Those that are done: the new holder's route is live. */
export function doneHandovers(
  pending: Pending,
  routes: readonly RouteStatus[],
): { readonly done: readonly HandoverNotice[]; readonly pending: Pending } {
  const live = new Map(
    routes.flatMap((route) => (route.state === "live" ? [[route.key, route] as const] : [])),
  );
  const done = [...pending].flatMap(([key, { from, to }]) => {
    const route = live.get(key);
    return route === undefined
      ? []
      : [{ route, from: from && describeParty(from), to: describeParty(to) }];
  });
  return { done, pending: new Map([...pending].filter(([key]) => !live.has(key))) };
}
