import type { ReferencedNames } from "../core/domain/directory.ts";
import type { ProblemCode } from "../core/domain/problem.ts";
import type { Workload } from "../core/domain/workload.ts";
import { ServiceError } from "../core/errors.ts";
import {
  type Decision,
  EMPTY_MEMORY,
  type ReconcileMemory,
  shiftClock,
} from "../core/plan/desired-state.ts";
import type { Plan } from "../core/plan/planner.ts";
import type { ObservationScope } from "../resources/contract/driver.ts";
import type { Drivers } from "../resources/drivers.ts";
import type { ObservedState } from "../resources/observed.ts";
import type { AnyChange } from "../resources/registry.ts";
import { backoff } from "./backoff.ts";
import { type PassResult, runPass } from "./pass.ts";

export interface ControllerDeps {
  readonly list: () => Promise<readonly Workload[]>;
  readonly drivers: Drivers;
  readonly decide: (
    workloads: readonly Workload[],
    observed: ObservedState,
    memory: ReconcileMemory,
    now: number,
  ) => Decision;
  readonly referencedNames: (workloads: readonly Workload[]) => ReferencedNames;
  readonly plan: (
    decision: Decision,
    observed: ObservedState,
    failed: ReadonlySet<string>,
  ) => Plan<AnyChange>;
  readonly watch: PassListener;
  /** How many container events have come so far. */
  readonly events?: () => number;
  /** How many requests to Cloudflare are left before its limit. */
  readonly callsLeft?: () => number;
  readonly resyncMs: number;
  readonly dryRun: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a monotonic clock. */
  readonly uptime: () => number;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Learns what happens in a pass. Logs, metrics, the status page and the demo are made from it. */
export interface PassListener {
  changed(change: AnyChange, error: ServiceError | undefined): void;
  planned(plan: Plan<AnyChange>, decision: Decision, observed: ObservedState): void;
  passed(outcome: PassOutcome): void;
}

export interface PassOutcome {
  readonly at: number;
  readonly ms: number;
  readonly result: "settled" | "failed";
  readonly applied: number;
  /** Consecutive failed passes, this one included. */
  readonly failures: number;
  readonly errors: readonly ServiceError[];
  /** The state at its end; undefined if containers or remote objects could not be read. */
  readonly end: Pick<PassResult, "observed" | "decision" | "plan" | "failures"> | undefined;
}

export interface Controller {
  /** Runs one pass. @returns when the next one is due by itself, in milliseconds */
  reconcile(): Promise<number>;
  /**
   * The observed state as the last pass left it; undefined if the next pass observes everything.
   */
  known(): ObservedState | undefined;
  /**
   * Whether the next pass is due only to observe the tunnel's rules, which may wait until a burst
   * of events is over.
   */
  isPatient(): boolean;
}

/**
 * Every Nth resync is a full observation, with zones, tunnel and team domain. The others read only
 * what routes are made of.
 */
const FULL_OBSERVATION_EVERY = 12;

/**
 * Problems that resolve themselves while Authentik or cloudflared start, or that someone may be
 * fixing right now.
 */
const PASSING_PROBLEMS: ReadonlySet<ProblemCode> = new Set([
  "CFA-AK-NOT-READY",
  "CFA-AK-NO-FLOW",
  "CFA-AK-NO-KEY",
  "CFA-TUNNEL-DOWN",
]);

/**
 * When to retry what waits for room in Cloudflare's limit, in milliseconds. A window of the limit
 * is five minutes.
 */
const RATIONED_RETRY_MS = 15_000;

/**
 * How far the two clocks may drift apart between passes, in milliseconds. Beyond that, the system
 * clock was set.
 */
const MAX_CLOCK_DRIFT_MS = 1_000;

/**
 * Problems in zones without objects of ours: a foreign record there, or a zone that the token does
 * not see yet.
 */
const OUTSIDE_PROBLEMS: ReadonlySet<ProblemCode> = new Set([
  "CFA-CONFLICT-DNS",
  "CFA-HOST-NO-ZONE",
]);

/**
 * The level-triggered loop. Each call runs one pass and returns when the next one is due by itself:
 * at the end of a grace period, at a resync, or to retry after a failure.
 *
 * Two things are kept between passes: a cache of the observed state, and the memory of who has
 * what. Both may be lost at any moment.
 */
export function createController(deps: ControllerDeps): Controller {
  /** Undefined until the first observation, and whenever it may no longer be true. */
  let observed: ObservedState | undefined;
  let memory = EMPTY_MEMORY;
  let failures = 0;
  /**
   * Observations of the routes alone since the last full one. A failed observation does not count.
   */
  let resyncs = 0;
  /** When the next observation is due, in milliseconds since 1970. Each observation sets it. */
  let observeAt = -Infinity;
  /**
   * When to observe the tunnel's document alone, on the monotonic clock: another writer may undo a
   * write.
   */
  let observeRulesAt = Infinity;
  let patient = false;
  /** Consecutive observations with a passing problem. The next ones come sooner than a resync. */
  let passingObservations = 0;
  /**
   * Whether the next resync must be a full one: observing the routes alone skips zones without
   * objects of ours.
   */
  let needsFullObservation = false;
  /**
   * Wall clock minus monotonic clock at the start of each pass. A jump means that the system clock
   * was set.
   */
  let clockOffsetMs = deps.now() - deps.uptime();

  /**
   * Moves all deadlines if the system clock was set. A machine without a battery-backed clock
   * starts hours behind, and gets the time from the network only once containers run.
   */
  const adjustToClock = (): void => {
    const setByMs = deps.now() - deps.uptime() - clockOffsetMs;
    if (Math.abs(setByMs) < MAX_CLOCK_DRIFT_MS) return;
    clockOffsetMs += setByMs;
    observeAt += setByMs;
    memory = shiftClock(memory, setByMs);
  };

  const nextScope = (): ObservationScope | undefined => {
    if (observed === undefined) return "all";
    if (deps.now() < observeAt) return deps.uptime() < observeRulesAt ? undefined : "rules";
    return needsFullObservation || resyncs + 1 >= FULL_OBSERVATION_EVERY ? "all" : "routes";
  };

  const run = async (begunAt: number): Promise<PassResult> => {
    const scope = nextScope();
    const result = await runPass(
      {
        ...deps,
        decide: (workloads, current) => {
          const decision = deps.decide(workloads, current, memory, begunAt);
          memory = decision.memory;
          return decision;
        },
        onChange: deps.watch.changed,
        onPlan: deps.watch.planned,
      },
      scope,
      observed,
    );
    if (scope === "all" || scope === "routes") {
      resyncs = scope === "all" ? 0 : resyncs + 1;
      const hasPassingProblem = result.plan.problems.some(({ code }) => PASSING_PROBLEMS.has(code));
      passingObservations = hasPassingProblem ? passingObservations + 1 : 0;
      const waitMs = hasPassingProblem
        ? Math.min(deps.resyncMs, backoff(passingObservations, deps.random()))
        : deps.resyncMs;
      observeAt = begunAt + waitMs;
    }
    needsFullObservation =
      result.observed.dns.zones.length === 0 ||
      result.plan.problems.some(({ code }) => OUTSIDE_PROBLEMS.has(code));
    observed = result.certain ? result.observed : undefined;
    observeRulesAt = deps.dryRun ? Infinity : (result.observed.ingress.observeAgainAt ?? Infinity);
    return result;
  };

  return {
    known: () => observed,
    isPatient: () => patient,
    reconcile: async () => {
      adjustToClock();
      const begunAt = deps.now();
      const begunUptime = deps.uptime();
      const elapsedMs = () => deps.uptime() - begunUptime;
      const result = await run(begunAt).catch((error: unknown) => {
        // An error of Docker says nothing about Cloudflare and Authentik. Any other error may have
        // come in the middle of changes, so the observed state is no longer certain.
        if (!(error instanceof ServiceError && error.service === "docker")) observed = undefined;
        if (!(error instanceof ServiceError)) throw error;
        return error;
      });
      const errors =
        result instanceof ServiceError ? [result] : result.failures.map(({ error }) => error);
      const failed = errors.length > 0 || (!(result instanceof ServiceError) && !result.certain);
      failures = failed ? failures + 1 : 0;
      const end = result instanceof ServiceError ? undefined : result;
      deps.watch.passed({
        at: deps.now(),
        ms: elapsedMs(),
        result: failed ? "failed" : "settled",
        applied: end?.applied ?? 0,
        failures,
        errors,
        end,
      });
      patient = false;
      if (failed)
        return backoff(
          failures,
          deps.random(),
          Math.max(0, ...errors.map((error) => error.retryAfterMs ?? 0)),
        );
      const wakeAt = result instanceof ServiceError ? undefined : result.decision.wakeAt;
      const nextMs = Math.min(observeAt, wakeAt ?? Infinity) - begunAt - elapsedMs();
      const rulesMs = observeRulesAt - deps.uptime();
      patient = rulesMs < nextMs;
      const dueMs = Math.max(0, Math.min(nextMs, rulesMs));
      return end?.rationed === true ? Math.min(dueMs, RATIONED_RETRY_MS) : dueMs;
    },
  };
}
