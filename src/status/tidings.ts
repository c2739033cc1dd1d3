import { type Problem, problemKey } from "../domain/problem.ts";
import type { WorldError } from "../errors.ts";
import type { KnownRoute } from "./report.ts";

/** How things stand at the end of a pass. */
export interface Standing {
  readonly routes: readonly KnownRoute[];
  readonly problems: readonly Problem[];
}

/** What is worth a line: the difference between what was so after one pass and what is so after the next. */
export interface Tidings {
  readonly opened: readonly KnownRoute[];
  /** Authentik's own, once it is live: said after each start, since it is the one route that no label made public. */
  readonly unguarded: readonly KnownRoute[];
  readonly closing: readonly KnownRoute[];
  readonly closed: readonly KnownRoute[];
  readonly waiting: readonly KnownRoute[];
  readonly problems: readonly Problem[];
  readonly solved: readonly Problem[];
}

/** A route that comes back within its grace is no news: it was open all the time. */
export function tidings(before: Standing, after: Standing): Tidings {
  const was = new Map(before.routes.map((route) => [route.key, route]));
  const is = new Map(after.routes.map((route) => [route.key, route]));
  const old = new Set(before.problems.map(problemKey));
  const now = new Set(after.problems.map(problemKey));
  const open = (route: KnownRoute | undefined) => route?.state === "live" || route?.state === "closing";
  return {
    opened: after.routes.filter((route) => route.state === "live" && !open(was.get(route.key))),
    unguarded: after.routes.filter((route) => route.login === true && route.state === "live" && was.get(route.key)?.state !== "live"),
    closing: after.routes.filter((route) => route.state === "closing" && was.get(route.key)?.state === "live"),
    closed: before.routes.filter((route) => open(route) && !is.has(route.key)),
    waiting: after.routes.filter((route) => route.state === "waiting" && told(route) !== told(was.get(route.key))),
    problems: after.problems.filter((problem) => !old.has(problemKey(problem))),
    solved: before.problems.filter((problem) => !now.has(problemKey(problem))),
  };
}

/** Numbers count down within a reason; they do not make it another one. */
const told = (route: KnownRoute | undefined): string => `${route?.state} ${route?.reason?.replace(/\d+/g, "#")}`;

/** A sick neighbour as a problem, for the page: it belongs to no route. */
export const problemFrom = (error: WorldError): Problem => ({
  code: error.code,
  severity: error.transient ? "warning" : "error",
  container: undefined,
  label: undefined,
  route: undefined,
  message: error.message,
  effect: "unchanged",
  fix: error.fix,
});
