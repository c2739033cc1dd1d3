import { type Problem, problemKey } from "../domain/problem.ts";
import { parseRouteKey, type RouteKey, routeKey } from "../domain/route.ts";
import type { WorldError } from "../errors.ts";
import type { AnyChange } from "../kinds/index.ts";
import { standing } from "../kinds/standing.ts";
import type { Log } from "../log.ts";
import type { Observer, Outcome } from "../loop/loop.ts";
import { taken } from "../plan/rung.ts";
import { knownRoutes } from "./known.ts";
import { type KnownRoute, OWN_HOST, type Since, sinceNow, stateKey } from "./report.ts";
import { problemFrom, type Standing, tidings } from "./tidings.ts";

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

/** Follows the loop: keeps the status, and writes one line for each thing that became otherwise. */
export function createWatch(log: Log): StatusWatch {
  let status = nothing;
  const containers = new Map<RouteKey, string>();
  /** Routes that this process has made a rule for: they are news even in the first pass. */
  const ruled = new Set<string>();

  const become = (next: Omit<Status, "since">, at: number): void => {
    tell(log, { before: status, now: next, containers, ruled });
    const keys = [...next.routes.map(stateKey), ...next.problems.map(problemKey)];
    status = { ...next, since: sinceNow(status.since, keys, at) };
  };

  return {
    status: () => status,
    planned: (_plan, { desired }) => {
      for (const [key, wish] of desired.wishes) containers.set(key, wish.workload);
    },
    changed: (change, error) => {
      const fields = { kind: change.kind, action: change.action, ...subject(change, containers) };
      if (error === undefined) log.info(fields, "applied");
      if (error === undefined && change.kind === "ingress" && change.action === "create") ruled.add(change.subject);
      const took = taken(change);
      if (error === undefined && took !== undefined) log.info({ ...fields, took }, "took over");
      if (error !== undefined) log.warn({ ...fields, err: error }, "change failed");
    },
    passed: (outcome) => {
      become(after(status, outcome), outcome.at);
      log.debug({ ms: outcome.ms, applied: outcome.applied, result: outcome.result }, "pass over");
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
  const open = new Set(
    end === undefined ? [] : standing(end.world).flatMap(({ route, service }) => (service === undefined ? [] : [routeKey(route)])),
  );
  const kept = own.map((problem) =>
    problem.route !== undefined && open.has(problem.route) && problem.code !== "CFA-HOST-TAKEN"
      ? { ...problem, effect: "unchanged" as const }
      : problem,
  );
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

interface Told {
  readonly before: Status;
  readonly now: Standing;
  readonly containers: ReadonlyMap<RouteKey, string>;
  readonly ruled: ReadonlySet<string>;
}

function tell(log: Log, { before, now, containers, ruled }: Told): void {
  const news = tidings(before, now);
  for (const problem of news.problems) log[problem.severity === "error" ? "error" : "warn"](fieldsOf(problem), "problem");
  for (const { key, reason } of news.waiting) log.warn({ ...where(key, containers), reason }, "route waiting");
  // What stood open when cfauth started is no news.
  const opened = news.opened.filter(({ key }) => before.converged || ruled.has(key));
  for (const { key } of opened) log.info(where(key, containers), "route opened");
  for (const { key } of news.unguarded) log.info({ ...where(key, containers), why: OWN_HOST }, "open without login");
  for (const { key } of news.closing) log.info(where(key, containers), "route closing");
  for (const { key } of news.closed) log.info(where(key, containers), "route closed");
  for (const problem of news.solved) log.info(fieldsOf(problem), "problem solved");
}

const where = (key: RouteKey, containers: ReadonlyMap<RouteKey, string>) => {
  const route = parseRouteKey(key);
  return { hostname: route?.hostname ?? key, ...(route?.path !== undefined && { path: route.path }), container: containers.get(key) };
};

const subject = (change: AnyChange, containers: ReadonlyMap<RouteKey, string>) =>
  parseRouteKey(change.subject) === undefined ? { name: change.subject } : where(change.subject as RouteKey, containers);

const fieldsOf = ({ code, container, label, message, effect, fix }: Problem) => ({ code, container, label, problem: message, effect, fix });
