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

/** One change, as it would be done. */
export interface DryRunStep {
  /** In the order of running, from 1. */
  readonly number: number;
  /** Those of one wave are done beside each other. */
  readonly wave: number;
  readonly change: AnyChange;
  readonly diff: Diff;
  /** Numbers of those that are done before it: what it names is made by them, or they are of the same route. */
  readonly dependsOn: readonly number[];
  /** Whether it is done only when the grace of a gone container ends: by the daemon, which knows when that is. */
  readonly afterGrace: boolean;
}

export interface DryRun {
  readonly steps: readonly DryRunStep[];
  /** As it is now. */
  readonly before: ObservedState;
  /** As it would be at the end of the pass. */
  readonly after: ObservedState;
  readonly desired: DesiredState;
  /** What would still wait then, and is not to be, and what would be live. */
  readonly end: Plan<AnyChange>;
}

export type DryRunDeps = Pick<
  ControllerDeps,
  "list" | "drivers" | "decide" | "referencedNames" | "plan" | "now"
>;

/** Nothing is waited for: half a preview would look like a whole one in which less is to be done. */
const TO_THE_END = new AbortController().signal;

/**
 * What a pass would do, to its very end: the world is taken as it is, and then the same pass is run with hands that only
 * pretend. Where containers are gone it is run on to the time when their grace is over.
 *
 * @param known - what stands, where that is known already; else it is looked at
 * @throws {ServiceError} when containers or world could not be read
 */
export async function dryRun(parts: DryRunDeps, known?: ObservedState): Promise<DryRun> {
  const workloads = await parts.list();
  const asked = parts.referencedNames(workloads);
  const before =
    known === undefined
      ? await observeAll(parts.drivers, "all", asked, undefined)
      : await observeLookups(parts.drivers, asked, known);
  const steps: DryRunStep[] = [];
  let planned = before;
  let wave = 0;
  let later = false;
  let memory = EMPTY_MEMORY;
  const drivers: Drivers = createSimulatedDrivers(before, (change) => {
    const number = steps.length + 1;
    steps.push({
      number,
      wave,
      change,
      diff: diffChange(change, planned),
      dependsOn: needs(change, wave, steps),
      afterGrace: later,
    });
    return number;
  });
  const think = (observed: ObservedState, now: number) =>
    runPass(
      {
        list: async () => workloads,
        drivers,
        referencedNames: parts.referencedNames,
        decide: (all, observed) => {
          const decision = parts.decide(all, observed, memory, now);
          memory = decision.memory;
          return decision;
        },
        plan: parts.plan,
        onPlan: (_plan, _decision, observed) => {
          planned = observed;
          wave += 1;
        },
        onChange: () => {},
        signal: TO_THE_END,
        dryRun: false,
      },
      undefined,
      observed,
    );
  const now = parts.now();
  const { observed, plan, decision } = await think(before, now);
  const ends = [...decision.desired.graceDeadlines.values()];
  if (ends.length > 0) {
    later = true;
    await think(observed, Math.max(...ends) + 1);
  }
  return { steps, before, after: observed, desired: decision.desired, end: plan };
}

/** What the change names that is yet to be made, and the last one before it at the same route. */
function needs(change: AnyChange, wave: number, steps: readonly DryRunStep[]): readonly number[] {
  const [host] = change.subject.split("/");
  const last = steps.findLast(
    (step) =>
      step.wave < wave && (step.change.subject === change.subject || step.change.subject === host),
  );
  return [
    ...new Set([...stepsNamedIn(change), ...(last === undefined ? [] : [last.number])]),
  ].toSorted((a, b) => a - b);
}
