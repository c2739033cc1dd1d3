import { type Problem, problemKey } from "../core/domain/problem.ts";
import { problemIdentity, type ServiceError } from "../core/errors.ts";
import type { DeployedRoute } from "../core/plan/types.ts";
import type { PassOutcome } from "../reconcile/controller.ts";
import type { AnyChange } from "../resources/registry.ts";
import { withActualEffect } from "./problem-effect.ts";

type Service = ServiceError["service"];

/** The problems that the passes so far have found. */
export interface TrackedProblems {
  /**
   * From the last pass that could observe everything: label faults, conflicts, and refused objects.
   */
  readonly found: readonly Problem[];
  /** For each failing service: its problems in the last pass that called it. */
  readonly met: ReadonlyMap<Service, readonly Problem[]>;
}

export const NO_TRACKED_PROBLEMS: TrackedProblems = { found: [], met: new Map() };

/**
 * The order in which a pass calls the services. If one fails, the services before it have answered.
 */
const CALL_ORDER: readonly Service[] = ["docker", "cloudflare", "file", "authentik"];

/** The problems after a pass that could observe everything. */
export function afterPass(
  { plan, decision, failures }: NonNullable<PassOutcome["end"]>,
  deployed: readonly DeployedRoute[],
): TrackedProblems {
  const failed = failures.map(({ error, change }) => ({
    error,
    problem: problemFrom(error, change),
  }));
  const met = Map.groupBy(
    failed.filter(({ problem }) => !isRefusal(problem)),
    ({ error }) => error.service,
  );
  return {
    found: [
      ...withActualEffect(plan.problems, deployed, decision.desired),
      ...failed.flatMap(({ problem }) => (isRefusal(problem) ? [problem] : [])),
    ],
    met: new Map([...met].map(([service, all]) => [service, all.map(({ problem }) => problem)])),
  };
}

/**
 * The problems after a pass that failed to observe: what it did not check again stays as it was,
 * and nothing counts as solved.
 */
export function afterFailedObservation(
  { found, met }: TrackedProblems,
  error: ServiceError,
): TrackedProblems {
  const notCalled = CALL_ORDER.slice(CALL_ORDER.indexOf(error.service) + 1);
  return {
    found,
    met: new Map([
      ...[...met].filter(([service]) => notCalled.includes(service)),
      [error.service, [problemFrom(error)]],
    ]),
  };
}

/** All problems, without duplicates. */
export const trackedProblems = ({ found, met }: TrackedProblems): readonly Problem[] => [
  ...new Map(
    [...found, ...[...met.values()].flat()].map((problem) => [
      `${problemKey(problem)} ${problem.message}`,
      problem,
    ]),
  ).values(),
];

/** The services that did not answer or rejected cfauth. */
export const failingServices = ({ met }: TrackedProblems): ReadonlySet<Service> =>
  new Set([...met].flatMap(([service, problems]) => (problems.every(isRefusal) ? [] : [service])));

/** True if the service refused a single object; the service itself works. */
const isRefusal = ({ code }: Problem): boolean => code.endsWith("-REFUSED");

/**
 * A service error as a problem that belongs to no route.
 *
 * @param change - the change that was refused, if any
 */
const problemFrom = (error: ServiceError, change?: AnyChange): Problem => ({
  code: error.code,
  severity: error.transient ? "warning" : "error",
  container: undefined,
  label: undefined,
  route: undefined,
  message: error.message,
  effect: "unchanged",
  fix: error.fix,
  ...problemIdentity(error, change?.key),
});
