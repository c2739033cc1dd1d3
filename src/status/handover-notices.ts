import { describeParty } from "../core/domain/party.ts";
import type { RouteKey } from "../core/domain/route.ts";
import type { DesiredState, Handover } from "../core/plan/types.ts";
import type { RouteStatus } from "./report.ts";

/** A route that now leads to another party's container. */
export interface HandoverNotice {
  readonly route: RouteStatus;
  /** `project blog`; undefined if cfauth never saw the previous holder. */
  readonly from: string | undefined;
  readonly to: string;
}

/** Handovers that have started and are not reported yet. */
export type Pending = ReadonlyMap<RouteKey, Handover>;

/**
 * Adds the handovers of a plan. A handover whose previous holder is unknown counts only if an
 * ingress rule led to that holder; otherwise it only replaces what a killed daemon left behind.
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

/** Splits off the handovers that are done: the new holder's route is live. */
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
