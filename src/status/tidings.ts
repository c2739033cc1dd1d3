import { type Problem, problemKey } from "../domain/problem.ts";
import type { RouteKey } from "../domain/route.ts";
import type { WorldError } from "../errors.ts";

/** What is worth a line: the difference between what was so after one pass and what is so after the next. */
export interface Tidings {
  readonly opened: readonly RouteKey[];
  readonly closed: readonly RouteKey[];
  readonly problems: readonly Problem[];
  readonly solved: readonly Problem[];
  readonly waiting: readonly { readonly route: RouteKey; readonly reason: string }[];
}

/** How things stand at the end of a pass. */
export interface Standing {
  readonly live: readonly RouteKey[];
  readonly problems: readonly Problem[];
  readonly waiting: Tidings["waiting"];
}

export function tidings(before: Standing, after: Standing): Tidings {
  const was = { live: new Set(before.live), problems: new Set(before.problems.map(problemKey)), waiting: new Set(before.waiting.map(told)) };
  const is = { live: new Set(after.live), problems: new Set(after.problems.map(problemKey)) };
  return {
    opened: after.live.filter((route) => !was.live.has(route)),
    closed: before.live.filter((route) => !is.live.has(route)),
    problems: after.problems.filter((problem) => !was.problems.has(problemKey(problem))),
    solved: before.problems.filter((problem) => !is.problems.has(problemKey(problem))),
    waiting: after.waiting.filter((it) => !was.waiting.has(told(it))),
  };
}

/** Numbers count down within a reason; they do not make it another one. */
const told = ({ route, reason }: Tidings["waiting"][number]): string => `${route} ${reason.replace(/\d+/g, "#")}`;

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
