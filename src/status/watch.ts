import { problemKey } from "../domain/problem.ts";
import { type RouteKey, routeKey } from "../domain/route.ts";
import type { WorldError } from "../errors.ts";
import { difference } from "../kinds/difference.ts";
import type { AnyChange } from "../kinds/index.ts";
import { routeOf } from "../kinds/phrase.ts";
import { standing } from "../kinds/standing.ts";
import type { World } from "../kinds/world.ts";
import type { Observer, Outcome } from "../loop/loop.ts";
import type { StandingRoute } from "../plan/desired.ts";
import { detailed } from "./details.ts";
import { type Calm, calmAfter, correctedIn } from "./drift.ts";
import { doneHandovers, noteHandovers, type Pending } from "./hands.ts";
import { knownRoutes } from "./known.ts";
import { type Matters, mattersBlind, mattersSeen, nothingMatters, problemsIn, sickIn } from "./matters.ts";
import { sickKey } from "./outages.ts";
import type { Place } from "./place.ts";
import { type KnownRoute, type Since, sinceNow, stateKey } from "./report.ts";
import type { Teller } from "./teller.ts";
import { alreadyOpen, nothingTold, type Rules, type Standing, tidings } from "./tidings.ts";

/** What the daemon knows of itself between passes: the page is made of it, and the log is what changed in it. */
export interface Status extends Standing {
  readonly since: Since;
  readonly last: Pick<Outcome, "at" | "result" | "applied" | "failures"> | undefined;
  /** Where the problems come from. */
  readonly matters: Matters;
  /** Who did not answer, or refused us, in the last pass that asked. */
  readonly sick: ReadonlySet<WorldError["service"]>;
  /** Whether it is set up; undefined until a pass has seen the world. */
  readonly tunnel: boolean | undefined;
  /** Whether a pass has settled: from then on what is here is the truth. */
  readonly converged: boolean;
}

const nothing: Status = {
  routes: [],
  problems: [],
  since: new Map(),
  last: undefined,
  matters: nothingMatters,
  sick: new Set(),
  tunnel: undefined,
  converged: false,
};

export interface StatusWatch extends Observer {
  status(): Status;
  /** What kept the first pass from being begun. */
  failed(error: WorldError, at: number): void;
}

/** How long an outage must have lasted to be told, in milliseconds: while cfauth starts somebody is watching, later a blip is none. */
const PATIENCE_MS = { starting: 5_000, running: 30_000 };

/** Follows the loop: keeps the status, and tells what became otherwise. */
export function createWatch(tellers: readonly Teller[]): StatusWatch {
  let status = nothing;
  /** What has been told; what is open when the world is first seen is no news. */
  let told = nothingTold;
  /** The rules that let somebody in, as they were last seen; undefined before that. */
  let rules: Rules | undefined;
  let calm: Calm | undefined;
  /** What this pass has done so far. */
  let done: { readonly change: AnyChange; readonly place: Place }[] = [];
  /** That the changes under way were planned for; undefined before the first plan. */
  let planned: World | undefined;
  const containers = new Map<RouteKey, string>();
  let handovers: Pending = new Map();

  const become = (next: Omit<Status, "since">, at: number, end?: Outcome["end"]): void => {
    const keys = [...next.routes.map(stateKey), ...next.problems.map(problemKey), ...[...next.sick].map(sickKey)];
    const since = sinceNow(status.since, keys, at);
    const handed = doneHandovers(handovers, next.routes);
    handovers = handed.pending;
    const it = tidings(told, {
      routes: next.routes.map((route) => ({ ...route, container: containers.get(route.key) ?? route.container })),
      problems: next.problems,
      rules: rules ?? new Map(),
      protections: new Map([...(end?.decision.desired.wishes ?? [])].map(([key, { protection }]) => [key, protection])),
      corrected: correctedIn(calm, end, done),
      changedHands: handed.done,
      since,
      at,
      patienceMs: PATIENCE_MS[next.converged ? "running" : "starting"],
    });
    told = it.told;
    status = { ...next, since };
    for (const teller of tellers) teller.news?.(it.news, at);
  };

  return {
    status: () => status,
    planned: (_plan, { desired }, world) => {
      planned = world;
      for (const [key, wish] of desired.wishes) containers.set(key, wish.workload);
      handovers = noteHandovers(handovers, desired, rulesOf(standing(world)));
      if (rules !== undefined) return;
      rules = rulesOf(standing(world));
      told = { ...alreadyOpen(rules), problems: told.problems };
    },
    changed: (change, error) => {
      const place = placeOf(change, containers);
      if (error === undefined) done.push({ change, place });
      const differs = planned && difference(change, planned);
      for (const teller of tellers) teller.changed?.(change, place, error, differs);
    },
    passed: (outcome) => {
      const stands = outcome.end === undefined ? [] : standing(outcome.end.world);
      if (outcome.end !== undefined) rules = rulesOf(stands);
      become(after(status, outcome, stands), outcome.at, outcome.end);
      calm = calmAfter(calm, outcome);
      done = [];
      for (const teller of tellers) teller.passed?.(outcome);
    },
    failed: (error, at) =>
      become({ ...withMatters(status, mattersBlind(status.matters, error)), last: { at, result: "failed", applied: 0, failures: 1 } }, at),
  };
}

/** While containers or world cannot be read, the routes are what they were. */
function after(before: Status, { end, errors, result, ...last }: Outcome, stands: readonly StandingRoute[]): Omit<Status, "since"> {
  return {
    ...withMatters(before, end === undefined ? errors.reduce(mattersBlind, before.matters) : mattersSeen(end, stands)),
    routes: end === undefined ? before.routes : routesOf(end, stands, last.at, before.routes),
    last: { ...last, result },
    tunnel: end === undefined ? before.tunnel : end.world.tunnel.tunnel !== undefined && end.world.tunnel.tunnel.connected !== false,
    converged: before.converged || result === "settled",
  };
}

const withMatters = (status: Status, matters: Matters): Status => ({
  ...status,
  matters,
  problems: problemsIn(matters),
  sick: sickIn(matters),
});

function routesOf(
  end: NonNullable<Outcome["end"]>,
  stands: readonly StandingRoute[],
  at: number,
  before: readonly KnownRoute[],
): readonly KnownRoute[] {
  const failed = new Map(end.failures.map(({ change, error }) => [change.subject as RouteKey, error]));
  return detailed(knownRoutes(end.plan, end.decision.desired, stands, failed, at), { ...end, stands }, before);
}

/** A rule that only keeps the place lets nobody in. */
const rulesOf = (stands: readonly StandingRoute[]): Rules =>
  new Map(
    stands.flatMap(({ route, service, shut, public: anyone }) =>
      service === undefined || shut ? [] : [[routeKey(route), { public: anyone }] as const],
    ),
  );

const placeOf = (change: AnyChange, containers: ReadonlyMap<RouteKey, string>): Place => {
  const route = routeOf(change);
  return route === undefined ? { name: change.subject } : { route, container: containers.get(change.subject as RouteKey) };
};
