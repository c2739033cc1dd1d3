import { type Problem, problemKey } from "../core/domain/problem.ts";
import { problemIdentity, type ServiceError } from "../core/errors.ts";
import type { DeployedRoute } from "../core/plan/types.ts";
import type { PassOutcome } from "../reconcile/controller.ts";
import type { AnyChange } from "../resources/registry.ts";
import { withActualEffect } from "./problem-effect.ts";

type Service = ServiceError["service"];

/** What is the matter, as the passes so far have found it. */
export interface TrackedProblems {
  /** Of the last pass that could see: of labels, of collisions, and of each object that was refused. */
  readonly found: readonly Problem[];
  /** Of each neighbour: how it failed in the last pass that asked it. */
  readonly met: ReadonlyMap<Service, readonly Problem[]>;
}

export const NO_TRACKED_PROBLEMS: TrackedProblems = { found: [], met: new Map() };

/** In which order a pass asks: whoever fails in it, those before it have answered. */
const ORDER: readonly Service[] = ["docker", "cloudflare", "file", "authentik"];

/** What a pass found that could see all of it. */
export function afterPass(
  { plan, decision, failures }: NonNullable<PassOutcome["end"]>,
  deployed: readonly DeployedRoute[],
): TrackedProblems {
  const failed = failures.map(({ error, change }) => ({
    error,
    problem: problemFrom(error, change),
  }));
  const met = Map.groupBy(
    failed.filter(({ problem }) => !refused(problem)),
    ({ error }) => error.service,
  );
  return {
    found: [
      ...withActualEffect(plan.problems, deployed, decision.desired),
      ...failed.flatMap(({ problem }) => (refused(problem) ? [problem] : [])),
    ],
    met: new Map([...met].map(([service, all]) => [service, all.map(({ problem }) => problem)])),
  };
}

/** A pass that this kept from seeing: what nobody has looked at again is as it was, and nothing of it is solved. */
export function afterFailedObservation(
  { found, met }: TrackedProblems,
  error: ServiceError,
): TrackedProblems {
  const unasked = ORDER.slice(ORDER.indexOf(error.service) + 1);
  return {
    found,
    met: new Map([
      ...[...met].filter(([service]) => unasked.includes(service)),
      [error.service, [problemFrom(error)]],
    ]),
  };
}

/** All that is to be told, each thing once. */
export const trackedProblems = ({ found, met }: TrackedProblems): readonly Problem[] => [
  ...new Map(
    [...found, ...[...met.values()].flat()].map((problem) => [
      `${problemKey(problem)} ${problem.message}`,
      problem,
    ]),
  ).values(),
];

/** The neighbours that did not answer, or do not let cfauth in. */
export const failingServices = ({ met }: TrackedProblems): ReadonlySet<Service> =>
  new Set([...met].flatMap(([service, problems]) => (problems.every(refused) ? [] : [service])));

/** It is one object that is refused: the neighbour itself is well. */
const refused = ({ code }: Problem): boolean => code.endsWith("-REFUSED");

/** A sick neighbour as a problem: it belongs to no route. @param change - what it refused, if anything */
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
