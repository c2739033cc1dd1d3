import type { Problem } from "../domain/problem.ts";
import { problemKey } from "../domain/problem.ts";
import { parseRouteKey, type RouteKey } from "../domain/route.ts";
import type { WorldError } from "../errors.ts";
import type { AnyChange } from "../kinds/index.ts";
import { standing } from "../kinds/standing.ts";
import type { Log } from "../log.ts";
import type { Observer, Outcome } from "../loop/loop.ts";
import { problemFrom, type Standing, tidings } from "./tidings.ts";
import { knownRoutes } from "./known.ts";
import { type KnownRoute, type Since, sinceNow, stateKey } from "./report.ts";

/** What the daemon knows of itself between passes: the page is made of it, and the log is what changed in it. */
export interface Status {
  readonly routes: readonly KnownRoute[];
  readonly problems: readonly Problem[];
  readonly since: Since;
  readonly last: Pick<Outcome, "at" | "result" | "applied" | "failures"> | undefined;
  readonly sick: ReadonlySet<WorldError["service"]>;
  readonly tunnelDown: boolean;
  /** Whether a pass has come to its end: from then on what is here is the truth. */
  readonly converged: boolean;
}

const nothing: Status = { routes: [], problems: [], since: new Map(), last: undefined, sick: new Set(), tunnelDown: false, converged: false };

/** Follows the loop: keeps the status and writes one line for each thing that became otherwise. */
export function createWatch(log: Log): Observer & { status(): Status; failed(error: WorldError, at: number): void } {
  let status = nothing;
  let before: Standing = { live: [], problems: [], waiting: [] };
  const containers = new Map<RouteKey, string>();

  const become = (now: Standing): void => {
    const news = tidings(before, now);
    for (const problem of news.problems) log[problem.severity === "error" ? "error" : "warn"](fieldsOf(problem), "problem");
    for (const { route, reason } of news.waiting) log.warn({ ...where(route, containers), reason }, "route waiting");
    // What was open when cfauth started is no news.
    for (const route of status.converged || news.opened.length === 0 ? news.opened : []) log.info(where(route, containers), "route opened");
    for (const route of news.closed) log.info(where(route, containers), "route closed");
    for (const problem of news.solved) log.info(fieldsOf(problem), "problem solved");
    before = now;
  };

  return {
    status: () => status,
    planned: (_plan, { desired }) => {
      for (const [key, wish] of desired.wishes) containers.set(key, wish.workload);
    },
    changed: (change, error) => {
      const fields = { kind: change.kind, action: change.action, ...subject(change, containers) };
      if (error === undefined) log.info(fields, "applied");
      else log.warn({ ...fields, err: error }, "change failed");
    },
    passed: (outcome) => {
      const problems = [...(outcome.end?.plan.problems ?? status.problems.filter((it) => it.route !== undefined)), ...once(outcome.errors.map(problemFrom))];
      const routes = outcome.end === undefined ? status.routes : routesOf(outcome);
      become({ live: outcome.end?.plan.live ?? before.live, problems, waiting: outcome.end?.plan.waiting ?? before.waiting });
      const keys = [...routes.map(stateKey), ...problems.map(problemKey)];
      status = {
        routes,
        problems,
        since: sinceNow(status.since, keys, outcome.at),
        last: outcome,
        sick: new Set(outcome.errors.filter(({ transient, status: code }) => transient || code === undefined || code < 500).map(({ service }) => service)),
        tunnelDown: outcome.end?.world.tunnel.tunnel === undefined,
        converged: status.converged || outcome.end !== undefined,
      };
      log.debug({ ms: outcome.ms, applied: outcome.applied, result: outcome.result }, "pass over");
    },
    failed: (error, at) => {
      const problems = [problemFrom(error)];
      become({ ...before, problems });
      status = { ...status, problems, since: sinceNow(status.since, problems.map(problemKey), at), sick: new Set([error.service]), last: { at, result: "failed", applied: 0, failures: 1 } };
    },
  };
}

function routesOf({ end, at }: Outcome): readonly KnownRoute[] {
  if (end === undefined) return [];
  const failed = new Map(end.failures.map(({ change, error }) => [change.subject as RouteKey, error.message]));
  return knownRoutes(end.plan, end.decision.desired, standing(end.world), failed, at);
}

const once = (problems: readonly Problem[]): readonly Problem[] => [...new Map(problems.map((problem) => [problemKey(problem), problem])).values()];

const where = (key: RouteKey, containers: ReadonlyMap<RouteKey, string>) => {
  const route = parseRouteKey(key);
  return { hostname: route?.hostname ?? key, ...(route?.path !== undefined && { path: route.path }), container: containers.get(key) };
};

const subject = (change: AnyChange, containers: ReadonlyMap<RouteKey, string>) =>
  parseRouteKey(change.subject) === undefined ? { name: change.subject } : where(change.subject as RouteKey, containers);

const fieldsOf = ({ code, container, label, message, effect, fix }: Problem) => ({ code, container, label, problem: message, effect, fix });
