import type { Exposure } from "../domain/exposure.ts";
import type { Problem } from "../domain/problem.ts";
import { type RouteKey, routeKey } from "../domain/route.ts";
import type { StandingRoute } from "./desired.ts";

/**
 * Who has a route that several want, kept from pass to pass: a loser does not inherit at once when the holder only restarts.
 * Set while there are losers; `until` is when the holder's grace ends, set when the holder is first missed.
 */
export interface Rivalry {
  readonly holder: string;
  readonly losers: ReadonlySet<string>;
  readonly until: number | undefined;
}

export type Rivalries = ReadonlyMap<RouteKey, Rivalry>;

export interface Settled {
  readonly wishes: readonly Exposure[];
  /** Wanted only by losers whose holder may still come back, with the time until which they wait. */
  readonly waiting: readonly { readonly exposure: Exposure; readonly holder: string; readonly until: number }[];
  readonly problems: readonly Problem[];
  readonly rivalries: Rivalries;
}

/**
 * One wish for each route: whoever has the route keeps it, else the older container gets it, else the first by name.
 *
 * @param graceMs - how long the losers wait when the holder is gone
 */
export function settle(
  exposures: readonly Exposure[],
  standing: readonly StandingRoute[],
  before: Rivalries,
  graceMs: number,
  now: number,
): Settled {
  const services = new Map(standing.map((it) => [routeKey(it.route), it.service]));
  const groups = [...Map.groupBy(exposures, (exposure) => routeKey(exposure.route))].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const settled = groups.map(([key, rivals]) =>
    settleOne(key, rivals.toSorted(claim(services.get(key), before.get(key)?.holder)), before.get(key), graceMs, now),
  );
  return {
    wishes: settled.flatMap(({ wish }) => wish ?? []),
    waiting: settled.flatMap(({ waiting }) => waiting ?? []),
    problems: settled.flatMap(({ problems }) => problems),
    rivalries: new Map(settled.flatMap(({ key, rivalry }) => (rivalry === undefined ? [] : [[key, rivalry] as const]))),
  };
}

/** Best claim first. A holder that was made anew is younger and may lead elsewhere: it is known by its name. */
const claim =
  (service: string | undefined, holder: string | undefined) =>
  (a: Exposure, b: Exposure): number => {
    const has = (it: Exposure) => Number(it.origin.service === service) * 2 + Number(it.workload === holder);
    return has(b) - has(a) || a.created - b.created || (a.workload < b.workload ? -1 : a.workload > b.workload ? 1 : 0);
  };

interface SettledRoute {
  readonly key: RouteKey;
  readonly wish?: Exposure;
  readonly waiting?: Settled["waiting"][number];
  readonly problems: readonly Problem[];
  readonly rivalry?: Rivalry;
}

function settleOne(key: RouteKey, rivals: readonly Exposure[], before: Rivalry | undefined, graceMs: number, now: number): SettledRoute {
  const holderGone = before !== undefined && !rivals.some((rival) => rival.workload === before.holder);
  const until = holderGone ? (before.until ?? now + graceMs) : undefined;
  const patient = until !== undefined && now < until ? rivals.filter((rival) => before?.losers.has(rival.workload)) : [];
  const [winner, ...losers] = rivals.filter((rival) => !patient.includes(rival));
  const first = patient[0];
  if (winner === undefined && first !== undefined && before !== undefined && until !== undefined) {
    return { key, waiting: { exposure: first, holder: before.holder, until }, problems: [], rivalry: { ...before, until } };
  }
  const lost = [...losers, ...patient];
  return {
    key,
    ...(winner !== undefined && { wish: winner }),
    problems: winner === undefined ? [] : lost.map((loser) => taken(loser, winner, key)),
    ...(winner !== undefined &&
      lost.length > 0 && { rivalry: { holder: winner.workload, losers: new Set(lost.map(({ workload }) => workload)), until: undefined } }),
  };
}

const taken = (loser: Exposure, winner: Exposure, key: RouteKey): Problem => ({
  code: "CFA-HOST-TAKEN",
  severity: "error",
  container: loser.workload,
  label: loser.label,
  route: key,
  message: `container ${winner.workload} already has ${key} and keeps it`,
  effect: "closed",
  fix: `give ${loser.workload} or ${winner.workload} another hostname, or a path of its own`,
});
