import type { ReferencedNames } from "../core/domain/directory.ts";
import type { Workload } from "../core/domain/workload.ts";
import { ServiceError } from "../core/errors.ts";
import type { Decision } from "../core/plan/desired-state.ts";
import type { Plan } from "../core/plan/planner.ts";
import type { ObservationScope } from "../resources/contract/driver.ts";
import { turnsOf } from "../resources/contract/turns.ts";
import { applyWave, type Drivers, observeAll, observeLookups } from "../resources/drivers.ts";
import type { ObservedState } from "../resources/observed.ts";
import type { AnyChange } from "../resources/registry.ts";
import { isNotConverging, notConvergingError } from "./not-converging.ts";
import { slicesOf } from "./slices.ts";

export interface PassDeps {
  /** @throws {ServiceError} never an empty list instead */
  readonly list: () => Promise<readonly Workload[]>;
  readonly drivers: Drivers;
  /** The names that the labels speak of: they are looked up before anything is decided. */
  readonly referencedNames: (workloads: readonly Workload[]) => ReferencedNames;
  readonly decide: (workloads: readonly Workload[], observed: ObservedState) => Decision;
  /** @param failed - keys of the changes that have failed in this pass */
  readonly plan: (
    decision: Decision,
    world: ObservedState,
    failed: ReadonlySet<string>,
  ) => Plan<AnyChange>;
  /** Told of each change as it is done or fails, while the pass goes on. */
  readonly onChange: (change: AnyChange, error: ServiceError | undefined) => void;
  /** Told of the plan before each wave. */
  readonly onPlan: (plan: Plan<AnyChange>, decision: Decision, world: ObservedState) => void;
  /** How many events of the containers have come so far; a pass with much to do lists them again when there are more. */
  readonly events?: () => number;
  /** How many requests to Cloudflare are left before its limit; no limit unless told. */
  readonly callsLeft?: () => number;
  /** Once aborted no further wave is begun. */
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
}

export interface PassResult {
  readonly observed: ObservedState;
  readonly decision: Decision;
  readonly plan: Plan<AnyChange>;
  readonly applied: number;
  readonly failures: readonly { readonly change: AnyChange; readonly error: ServiceError }[];
  /** Whether what stands is known, so that the next pass need not look again. */
  readonly certain: boolean;
  /** Whether something waits until Cloudflare's limit has room for it again. */
  readonly rationed: boolean;
}

/** Requests to Cloudflare that are kept for what closes or narrows: openings wait when fewer are left. */
export const RESERVED_CALLS = 200;

/** How often a pass looks again after a wave that left it in doubt; then it ends, and the next one comes after a while. */
const MOST_DOUBTS = 3;

/** How many waves in a row may come to nothing, since the tunnel's document was another one each time. */
const MOST_IDLE = 3;

/** More waves than any honest change of wishes takes; a plan that never ends must not go on for ever. */
const MOST_WAVES = 40;

/**
 * One convergence: list the containers, look at the world where that is due, decide what is wished, and apply waves of
 * changes until nothing more can be done now. A change that fails, or that does not hold, is not tried again within the pass.
 * A wave of many changes is made in slices; where events come in between, the containers are listed and the plan is made again,
 * so that what closes or narrows waits for one slice at most.
 *
 * @throws {ServiceError} when the containers or the world could not be read: then nothing is changed, nothing torn down
 */
export async function runPass(
  parts: PassDeps,
  depth: ObservationScope | undefined,
  before: ObservedState | undefined,
): Promise<PassResult> {
  let events = parts.events?.() ?? 0;
  let workloads = await parts.list();
  let asked = parts.referencedNames(workloads);
  let observed =
    before === undefined || depth !== undefined
      ? await observeAll(parts.drivers, depth ?? "all", asked, before)
      : await observeLookups(parts.drivers, asked, before);
  const failures: PassResult["failures"][number][] = [];
  const done: AnyChange[] = [];
  let doubts = 0;
  let idle = 0;
  let waves = 0;

  const hear = async (): Promise<boolean> => {
    const count = parts.events?.() ?? 0;
    if (count === events) return false;
    events = count;
    try {
      const listed = await parts.list();
      const spoken = parts.referencedNames(listed);
      [observed, workloads, asked] = [
        await observeLookups(parts.drivers, spoken, observed),
        listed,
        spoken,
      ];
    } catch (error) {
      // The next pass meets it too; what was listed before still holds for what is under way.
      if (!(error instanceof ServiceError)) throw error;
    }
    return true;
  };

  const isScarce = (): boolean =>
    (parts.callsLeft?.() ?? Number.POSITIVE_INFINITY) < RESERVED_CALLS;

  for (;;) {
    const decision = parts.decide(workloads, observed);
    const failed = new Set(failures.map(({ change }) => change.key));
    const plan = parts.plan(decision, observed, failed);
    parts.onPlan(plan, decision, observed);
    const changes = plan.changes.filter(({ key }) => !failed.has(key));
    const spent = doubts > MOST_DOUBTS || idle > MOST_IDLE || waves === MOST_WAVES;
    const end = {
      observed,
      decision,
      plan,
      applied: done.length,
      failures,
      certain: !spent && failures.length === 0,
    };
    if (changes.length === 0 || parts.dryRun || parts.signal.aborted || spent)
      return { ...end, rationed: false };
    const lost = changes
      .filter((change) => isNotConverging(change, done))
      .map((change) => ({ change, error: notConvergingError(change) }));
    for (const { change, error } of lost) parts.onChange(change, error);
    failures.push(...lost);
    if (lost.length > 0) continue;
    const turns = turnsOf(changes, decision.desired, observed);
    const scarce = isScarce();
    if (scarce && turns.atOnce.length === 0) return { ...end, rationed: true };
    const { slices, partial } = scarce
      ? slicesOf(turns.atOnce, { ...turns, openings: [], later: [] })
      : slicesOf(changes, turns);
    const before = done.length + failures.length;
    let doubtful = false;
    let cut = false;
    for (const slice of slices) {
      const wave = await applyWave(parts.drivers, slice.changes, observed);
      for (const change of wave.applied) parts.onChange(change, undefined);
      for (const { change, error } of wave.failures) parts.onChange(change, error);
      observed = wave.observed;
      done.push(...wave.applied);
      failures.push(...wave.failures);
      doubtful = wave.outcomeUnknown;
      cut =
        doubtful ||
        scarce !== isScarce() ||
        parts.signal.aborted ||
        (slice.looksUp && (await hear()));
      if (cut) break;
    }
    idle = done.length + failures.length === before ? idle + 1 : 0;
    // A wave that was cut short is no sign of a plan that never ends: each change is made twice at most.
    if (!cut && !partial) waves += 1;
    if (!doubtful) continue;
    doubts += 1;
    observed = await observeAll(parts.drivers, "all", asked, observed);
  }
}
