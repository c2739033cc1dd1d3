import type { ReferencedNames } from "../core/domain/directory.ts";
import type { Workload } from "../core/domain/workload.ts";
import { ServiceError } from "../core/errors.ts";
import type { Decision } from "../core/plan/desired-state.ts";
import type { Plan } from "../core/plan/planner.ts";
import type { ObservationScope } from "../resources/contract/driver.ts";
import { applyWave, type Drivers, observeAll, observeLookups } from "../resources/drivers.ts";
import type { ObservedState } from "../resources/observed.ts";
import type { AnyChange } from "../resources/registry.ts";
import { turnsOf } from "../resources/turns.ts";
import { isNotConverging, notConvergingError } from "./not-converging.ts";
import { slicesOf } from "./slices.ts";

export interface PassDeps {
  /** @throws {ServiceError} if the list could not be read; never returns an empty list instead */
  readonly list: () => Promise<readonly Workload[]>;
  readonly drivers: Drivers;
  /** The names that the labels refer to. They are looked up before anything is decided. */
  readonly referencedNames: (workloads: readonly Workload[]) => ReferencedNames;
  readonly decide: (workloads: readonly Workload[], observed: ObservedState) => Decision;
  /** @param failed - keys of the changes that have failed in this pass */
  readonly plan: (
    decision: Decision,
    observed: ObservedState,
    failed: ReadonlySet<string>,
  ) => Plan<AnyChange>;
  /** Called for each change when it is applied or fails, while the pass continues. */
  readonly onChange: (change: AnyChange, error: ServiceError | undefined) => void;
  /** Called with the plan before each wave. */
  readonly onPlan: (plan: Plan<AnyChange>, decision: Decision, observed: ObservedState) => void;
  /**
   * How many container events have come so far. A long pass lists the containers again if there are
   * more.
   */
  readonly events?: () => number;
  /** How many requests to Cloudflare are left before its limit. Without it there is no limit. */
  readonly callsLeft?: () => number;
  /** Once aborted, no further slice begins. */
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
}

export interface PassResult {
  readonly observed: ObservedState;
  readonly decision: Decision;
  readonly plan: Plan<AnyChange>;
  readonly applied: number;
  readonly failures: readonly { readonly change: AnyChange; readonly error: ServiceError }[];
  /** Whether `observed` is certain, so that the next pass need not observe again. */
  readonly certain: boolean;
  /** Whether changes wait until Cloudflare's limit has room for them. */
  readonly rationed: boolean;
}

/**
 * Requests to Cloudflare reserved for changes that close or narrow. Openings wait if fewer are
 * left.
 */
export const RESERVED_CALLS = 200;

/**
 * How many waves of a pass may have an unknown outcome. After more, it ends and the next one comes
 * after a delay.
 */
const MAX_UNCERTAIN_WAVES = 3;

/**
 * How many waves in a row may achieve nothing, because the tunnel's document had changed each time.
 */
const MAX_IDLE_WAVES = 3;

/** More waves than any legitimate change needs. Stops a plan that never ends. */
const MAX_WAVES = 40;

/**
 * Runs one pass: list the containers, observe if that is due, decide what is desired, then plan and
 * apply waves of changes until nothing more can be done now.
 *
 * A change that fails, or that does not last, is not tried again within the pass. A wave of many
 * changes is applied in slices. If events come in between, the containers are listed and the plan
 * is made again, so that changes that close or narrow wait for one slice at most.
 *
 * @param scope - what to observe; undefined if `before` is still good
 * @throws {ServiceError} if containers or remote objects could not be read: then nothing is
 *   changed
 */
export async function runPass(
  deps: PassDeps,
  scope: ObservationScope | undefined,
  before: ObservedState | undefined,
): Promise<PassResult> {
  let events = deps.events?.() ?? 0;
  let workloads = await deps.list();
  let referenced = deps.referencedNames(workloads);
  let observed =
    before === undefined || scope !== undefined
      ? await observeAll(deps.drivers, scope ?? "all", referenced, before)
      : await observeLookups(deps.drivers, referenced, before);
  const failures: PassResult["failures"][number][] = [];
  const applied: AnyChange[] = [];
  let waves = 0;
  let uncertainWaves = 0;
  let idleWaves = 0;

  /** Lists the containers again if events have come. @returns whether there were any */
  const refreshAfterEvents = async (): Promise<boolean> => {
    const count = deps.events?.() ?? 0;
    if (count === events) return false;
    events = count;
    try {
      const listed = await deps.list();
      const names = deps.referencedNames(listed);
      observed = await observeLookups(deps.drivers, names, observed);
      workloads = listed;
      referenced = names;
    } catch (error) {
      // The next pass meets the same error. Until then the earlier list is good enough.
      if (!(error instanceof ServiceError)) throw error;
    }
    return true;
  };

  const isScarce = (): boolean => (deps.callsLeft?.() ?? Number.POSITIVE_INFINITY) < RESERVED_CALLS;

  for (;;) {
    const decision = deps.decide(workloads, observed);
    const failed = new Set(failures.map(({ change }) => change.key));
    const plan = deps.plan(decision, observed, failed);
    deps.onPlan(plan, decision, observed);
    const changes = plan.changes.filter(({ key }) => !failed.has(key));
    const isExhausted =
      uncertainWaves > MAX_UNCERTAIN_WAVES || idleWaves > MAX_IDLE_WAVES || waves === MAX_WAVES;
    const end = {
      observed,
      decision,
      plan,
      applied: applied.length,
      failures,
      certain: !isExhausted && failures.length === 0,
    };
    if (changes.length === 0 || deps.dryRun || deps.signal.aborted || isExhausted)
      return { ...end, rationed: false };

    const notConverging = changes
      .filter((change) => isNotConverging(change, applied))
      .map((change) => ({ change, error: notConvergingError(change) }));
    for (const { change, error } of notConverging) deps.onChange(change, error);
    failures.push(...notConverging);
    if (notConverging.length > 0) continue;

    const turns = turnsOf(changes, decision.desired, observed);
    const scarce = isScarce();
    if (scarce && turns.atOnce.length === 0) return { ...end, rationed: true };
    const { slices, partial } = scarce
      ? slicesOf(turns.atOnce, { ...turns, openings: [], later: [] })
      : slicesOf(changes, turns);

    const attemptedBefore = applied.length + failures.length;
    let isUncertain = false;
    let isCutShort = false;
    for (const slice of slices) {
      const wave = await applyWave(deps.drivers, slice.changes, observed);
      for (const change of wave.applied) deps.onChange(change, undefined);
      for (const { change, error } of wave.failures) deps.onChange(change, error);
      observed = wave.observed;
      applied.push(...wave.applied);
      failures.push(...wave.failures);
      isUncertain = wave.outcomeUnknown;
      isCutShort =
        isUncertain ||
        scarce !== isScarce() ||
        deps.signal.aborted ||
        (slice.checksEvents && (await refreshAfterEvents()));
      if (isCutShort) break;
    }
    idleWaves = applied.length + failures.length === attemptedBefore ? idleWaves + 1 : 0;
    // A wave that was cut short does not count: each change is made twice at most, so it is no sign
    // of a plan that never ends.
    if (!isCutShort && !partial) waves += 1;
    if (!isUncertain) continue;
    uncertainWaves += 1;
    observed = await observeAll(deps.drivers, "all", referenced, observed);
  }
}
