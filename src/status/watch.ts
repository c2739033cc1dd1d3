import { problemKey } from "../domain/problem.ts";
import type { RouteKey } from "../domain/route.ts";
import type { WorldError } from "../errors.ts";
import { difference } from "../kinds/difference.ts";
import type { AnyChange } from "../kinds/index.ts";
import { routeOf } from "../kinds/phrase.ts";
import { standing } from "../kinds/standing.ts";
import type { World } from "../kinds/world.ts";
import type { Observer, Outcome } from "../loop/loop.ts";
import { inEffect } from "./effect.ts";
import { knownRoutes } from "./known.ts";
import { type KnownRoute, type Since, sinceNow, stateKey } from "./report.ts";
import type { Place, Teller } from "./teller.ts";
import { problemFrom, type Standing, type Tidings, tidings } from "./tidings.ts";

/** What the daemon knows of itself between passes: the page is made of it, and the log is what changed in it. */
export interface Status extends Standing {
  readonly since: Since;
  readonly last: Pick<Outcome, "at" | "result" | "applied" | "failures"> | undefined;
  /** Who did not answer, or refused us, in the last pass. */
  readonly sick: ReadonlySet<WorldError["service"]>;
  readonly tunnel: boolean;
  /** Whether a pass has settled: from then on what is here is the truth. */
  readonly converged: boolean;
}

const nothing: Status = { routes: [], problems: [], since: new Map(), last: undefined, sick: new Set(), tunnel: false, converged: false };

export interface StatusWatch extends Observer {
  status(): Status;
  /** What kept the first pass from being begun. */
  failed(error: WorldError, at: number): void;
}

/** Follows the loop: keeps the status, and tells what became otherwise. */
export function createWatch(tellers: readonly Teller[]): StatusWatch {
  let status = nothing;
  /** That the changes under way were planned for; undefined before the first plan. */
  let planned: World | undefined;
  const containers = new Map<RouteKey, string>();
  /** Routes that this process has made a rule for: they are news even in the first pass. */
  const ruled = new Set<string>();

  const become = (next: Omit<Status, "since">, at: number): void => {
    const news = newsOf(status, next, ruled, containers);
    for (const teller of tellers) teller.news?.(news, at);
    const keys = [...next.routes.map(stateKey), ...next.problems.map(problemKey)];
    status = { ...next, since: sinceNow(status.since, keys, at) };
  };

  return {
    status: () => status,
    planned: (_plan, { desired }, world) => {
      planned = world;
      for (const [key, wish] of desired.wishes) containers.set(key, wish.workload);
    },
    changed: (change, error) => {
      if (error === undefined && change.kind === "ingress" && change.action === "create") ruled.add(change.subject);
      const differs = planned && difference(change, planned);
      for (const teller of tellers) teller.changed?.(change, placeOf(change, containers), error, differs);
    },
    passed: (outcome) => {
      become(after(status, outcome), outcome.at);
      for (const teller of tellers) teller.passed?.(outcome);
    },
    failed: (error, at) =>
      become(
        {
          ...status,
          problems: [problemFrom(error)],
          sick: new Set([error.service]),
          last: { at, result: "failed", applied: 0, failures: 1 },
        },
        at,
      ),
  };
}

/** While containers or world can not be read, the routes are what they were. */
function after(before: Status, { end, errors, result, ...last }: Outcome): Omit<Status, "since"> {
  const own = end?.plan.problems ?? before.problems.filter((problem) => problem.container !== undefined);
  const kept = end === undefined ? own : inEffect(own, end.world);
  const problems = [...kept, ...errors.map(problemFrom)];
  return {
    routes: end === undefined ? before.routes : routesOf(end, last.at),
    problems: [...new Map(problems.map((problem) => [problemKey(problem), problem])).values()],
    last: { ...last, result },
    sick: new Set(errors.filter(({ code }) => !code.endsWith("-REFUSED")).map(({ service }) => service)),
    tunnel: end === undefined ? before.tunnel : end.world.tunnel.tunnel !== undefined,
    converged: before.converged || result === "settled",
  };
}

function routesOf(end: NonNullable<Outcome["end"]>, at: number): readonly KnownRoute[] {
  const failed = new Map(end.failures.map(({ change, error }) => [change.subject as RouteKey, error.message]));
  return knownRoutes(end.plan, end.decision.desired, standing(end.world), failed, at);
}

/** What stood open when cfauth started is no news. */
function newsOf(before: Status, now: Standing, ruled: ReadonlySet<string>, containers: ReadonlyMap<RouteKey, string>): Tidings {
  const placed = ({ routes, problems }: Standing): Standing => ({
    problems,
    routes: routes.map((route) => ({ ...route, container: containers.get(route.key) ?? route.container })),
  });
  const news = tidings(placed(before), placed(now));
  return { ...news, opened: news.opened.filter(({ key }) => before.converged || ruled.has(key)) };
}

const placeOf = (change: AnyChange, containers: ReadonlyMap<RouteKey, string>): Place => {
  const route = routeOf(change);
  return route === undefined ? { name: change.subject } : { route, container: containers.get(change.subject as RouteKey) };
};
