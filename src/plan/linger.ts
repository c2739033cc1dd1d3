import { type RouteKey, routeKey } from "../domain/route.ts";
import type { StandingRoute } from "./desired.ts";

/** What the loop remembers from one pass to the next about routes whose container is not there. */
export interface Absences {
  /** When the grace of each absent route ends, in milliseconds since 1970. Set when it is first missed, dropped when it is back. */
  readonly deadlines: ReadonlyMap<RouteKey, number>;
  /** Every route that this process has seen wished, and by whom: missing one of these is a stop, missing another one is a start of ours. */
  readonly known: ReadonlyMap<RouteKey, string>;
}

export const noAbsences: Absences = { deadlines: new Map(), known: new Map() };

export interface Grace {
  readonly graceMs: number;
  /** For what is already missing when cfauth starts: after a reboot containers come up in any order. */
  readonly startupGraceMs: number;
}

/**
 * How long each standing route that nobody wishes is still kept.
 *
 * @param wished - routes that a container asks for, faulty ones included, with its name
 * @param reused - whether something else runs now where this route leads: then there is no grace, since it would be shown
 */
export function linger(
  before: Absences,
  standing: readonly StandingRoute[],
  wished: ReadonlyMap<RouteKey, string>,
  reused: (route: StandingRoute) => boolean,
  grace: Grace,
  now: number,
): Absences {
  const absent = standing.filter((it) => !wished.has(routeKey(it.route)));
  const deadlines = absent.map((it): [RouteKey, number] => {
    const key = routeKey(it.route);
    if (reused(it)) return [key, now];
    return [key, before.deadlines.get(key) ?? now + (before.known.has(key) ? grace.graceMs : grace.startupGraceMs)];
  });
  return { deadlines: new Map(deadlines), known: new Map([...before.known, ...wished]) };
}
