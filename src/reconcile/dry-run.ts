import { EMPTY_MEMORY } from "../core/plan/desired-state.ts";
import type { Plan } from "../core/plan/planner.ts";
import type { DesiredState } from "../core/plan/types.ts";
import { type Diff, stepsNamedIn } from "../resources/contract/diff.ts";
import { diffChange } from "../resources/diffs.ts";
import { type Drivers, observeAll, observeLookups } from "../resources/drivers.ts";
import type { ObservedState } from "../resources/observed.ts";
import type { AnyChange } from "../resources/registry.ts";
import { createSimulatedDrivers } from "../resources/simulate.ts";
import type { ControllerDeps } from "./controller.ts";
import { runPass } from "./pass.ts";

/** One change that a pass would make. */
export interface DryRunStep {
  /** The order of execution, from 1. */
  readonly number: number;
  /** Steps of one wave run in parallel. */
  readonly wave: number;
  readonly change: AnyChange;
  readonly diff: Diff;
  /**
   * Numbers of the steps that come before it: they create what it names, or belong to the same
   * route.
   */
  readonly dependsOn: readonly number[];
  /**
   * Whether it happens only when the grace period of a missing container ends. The daemon knows
   * when that is.
   */
  readonly afterGrace: boolean;
}

export interface DryRun {
  readonly steps: readonly DryRunStep[];
  /** The observed state now. */
  readonly before: ObservedState;
  /** The observed state at the end of the pass, before any grace period ends. */
  readonly after: ObservedState;
  readonly desired: DesiredState;
  /**
   * The plan at the end of the pass: what would still be pending, the problems, and what would be
   * live.
   */
  readonly end: Plan<AnyChange>;
}

export type DryRunDeps = Pick<
  ControllerDeps,
  "list" | "drivers" | "decide" | "referencedNames" | "plan" | "now"
>;

/** A dry run is never aborted: half of one would look like a complete one with less to do. */
const NEVER_ABORTED = new AbortController().signal;

/**
 * Shows what a pass would do, to its very end: runs the same pass on the observed state with
 * simulated drivers. If containers are missing, a second pass follows at the time when the last of
 * their grace periods has ended.
 *
 * @param known - the observed state if it is known already; otherwise it is observed
 * @throws {ServiceError} if containers or remote objects could not be read
 */
export async function dryRun(deps: DryRunDeps, known?: ObservedState): Promise<DryRun> {
  const workloads = await deps.list();
  const referenced = deps.referencedNames(workloads);
  const before =
    known === undefined
      ? await observeAll(deps.drivers, "all", referenced, undefined)
      : await observeLookups(deps.drivers, referenced, known);
  const steps: DryRunStep[] = [];
  let planned = before;
  let wave = 0;
  let isAfterGrace = false;
  let memory = EMPTY_MEMORY;
  const drivers: Drivers = createSimulatedDrivers(before, (change) => {
    const number = steps.length + 1;
    steps.push({
      number,
      wave,
      change,
      diff: diffChange(change, planned),
      dependsOn: dependenciesOf(change, wave, steps),
      afterGrace: isAfterGrace,
    });
    return number;
  });
  const simulatePass = (start: ObservedState, now: number) =>
    runPass(
      {
        list: async () => workloads,
        drivers,
        referencedNames: deps.referencedNames,
        decide: (all, observed) => {
          const decision = deps.decide(all, observed, memory, now);
          memory = decision.memory;
          return decision;
        },
        plan: deps.plan,
        onPlan: (_plan, _decision, observed) => {
          planned = observed;
          wave += 1;
        },
        onChange: () => {},
        signal: NEVER_ABORTED,
        dryRun: false,
      },
      undefined,
      start,
    );
  const now = deps.now();
  const { observed, plan, decision } = await simulatePass(before, now);
  const graceEnds = [...decision.desired.graceDeadlines.values()];
  if (graceEnds.length > 0) {
    isAfterGrace = true;
    await simulatePass(observed, Math.max(...graceEnds) + 1);
  }
  return { steps, before, after: observed, desired: decision.desired, end: plan };
}

/** The steps that create what the change names, and the last earlier step of the same route. */
function dependenciesOf(
  change: AnyChange,
  wave: number,
  steps: readonly DryRunStep[],
): readonly number[] {
  const [host] = change.subject.split("/");
  const last = steps.findLast(
    (step) =>
      step.wave < wave && (step.change.subject === change.subject || step.change.subject === host),
  );
  return [
    ...new Set([...stepsNamedIn(change), ...(last === undefined ? [] : [last.number])]),
  ].toSorted((a, b) => a - b);
}
