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
    world: ObservedState,
    failed: ReadonlySet<string>,
  ) => Plan<AnyChange>;
  readonly watch: PassListener;
  /** How many events of the containers have come so far. */
  readonly events?: () => number;
  /** How many requests to Cloudflare are left before its limit. */
  readonly callsLeft?: () => number;
  readonly resyncMs: number;
  readonly dryRun: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that nobody sets. */
  readonly uptime: () => number;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Told what happens; logs, the status page and the demo are made of it. */
export interface PassListener {
  changed(change: AnyChange, error: ServiceError | undefined): void;
  planned(plan: Plan<AnyChange>, decision: Decision, world: ObservedState): void;
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
  /** How things stand after it; undefined when containers or world could not be read. */
  readonly end: Pick<PassResult, "observed" | "decision" | "plan" | "failures"> | undefined;
}

export interface Controller {
  /** One pass. Answers when the next one is due by itself, in milliseconds. */
  reconcile(): Promise<number>;
  /** What stands, as the last pass left it; undefined where the next one looks anew. */
  known(): ObservedState | undefined;
  /** Whether the next pass is due only for a look at the tunnel's rules, which may wait until a burst of events is over. */
  isPatient(): boolean;
}

/** Every so many resyncs the whole world is looked at, with zones, tunnel and team domain, not only what routes are made of. */
const WHOLE_EVERY = 12;

/** Problems that go by themselves while Authentik or cloudflared start, or that somebody is mending just now. */
const PASSING: ReadonlySet<ProblemCode> = new Set([
  "CFA-AK-NOT-READY",
  "CFA-AK-NO-FLOW",
  "CFA-AK-NO-KEY",
  "CFA-TUNNEL-DOWN",
]);

/** When to come back to what waits for room in Cloudflare's limit, in milliseconds: a window of it is five minutes. */
const RATIONED_MS = 15_000;

/** By how much two clocks may differ over a pass and its wait before one of them has been set, in milliseconds. */
const SET_MS = 1_000;

/** A record of somebody else's in a zone where nothing of ours is, a zone that the token does not see yet. */
const OUTSIDE: ReadonlySet<ProblemCode> = new Set(["CFA-CONFLICT-DNS", "CFA-HOST-NO-ZONE"]);

/**
 * The level-triggered loop: each turn is a pass, and answers when the next one is due by itself (a grace that ends, a resync,
 * a failure to come back to). What is kept from turn to turn is a cache of the world and the memory of absences; both can be
 * lost at any moment.
 */
export function createController(parts: ControllerDeps): Controller {
  /** Undefined until the first look, and after anything that leaves in doubt what stands. */
  let world: ObservedState | undefined;
  let memory = EMPTY_MEMORY;
  let failures = 0;
  /** Looks at the routes alone since the last one at everything; one that comes to nothing does not count. */
  let resyncs = 0;
  /** When the world is to be looked at again, in milliseconds since 1970. Set by each look. */
  let lookAt = -Infinity;
  /** When the tunnel's document is to be looked at again by itself, by the clock that only goes forward: another writer may undo a write. */
  let rulesAt = Infinity;
  let patient = false;
  /** Consecutive looks that met a passing problem: the next ones come sooner than a resync. */
  let passing = 0;
  /** Whether a look at the routes alone would miss what a route waits for: it passes over zones where nothing of ours stands. */
  let outside = false;
  /** How far the time of day is ahead of the other clock, as each turn begins: what it moves by meanwhile, somebody has set it by. */
  let ahead = parts.now() - parts.uptime();

  /** A machine without a clock of its own starts hours behind, and has the time from the net once containers run. */
  const reckon = (): void => {
    const setBy = parts.now() - parts.uptime() - ahead;
    if (Math.abs(setBy) < SET_MS) return;
    ahead += setBy;
    lookAt += setBy;
    memory = shiftClock(memory, setBy);
  };

  const depth = (): ObservationScope | undefined => {
    if (world === undefined) return "all";
    if (parts.now() < lookAt) return parts.uptime() < rulesAt ? undefined : "rules";
    return outside || resyncs + 1 >= WHOLE_EVERY ? "all" : "routes";
  };

  const run = async (begun: number): Promise<PassResult> => {
    const wanted = depth();
    const result = await runPass(
      {
        ...parts,
        decide: (workloads, observed) => {
          const decision = parts.decide(workloads, observed, memory, begun);
          memory = decision.memory;
          return decision;
        },
        onChange: parts.watch.changed,
        onPlan: parts.watch.planned,
      },
      wanted,
      world,
    );
    if (wanted === "all" || wanted === "routes") {
      resyncs = wanted === "all" ? 0 : resyncs + 1;
      passing = result.plan.problems.some(({ code }) => PASSING.has(code)) ? passing + 1 : 0;
      lookAt =
        begun +
        (passing === 0
          ? parts.resyncMs
          : Math.min(parts.resyncMs, backoff(passing, parts.random())));
    }
    outside =
      result.observed.dns.zones.length === 0 ||
      result.plan.problems.some(({ code }) => OUTSIDE.has(code));
    world = result.certain ? result.observed : undefined;
    rulesAt = parts.dryRun ? Infinity : (result.observed.ingress.observeAgainAt ?? Infinity);
    return result;
  };

  return {
    known: () => world,
    isPatient: () => patient,
    reconcile: async () => {
      reckon();
      const [begun, upAt] = [parts.now(), parts.uptime()];
      const elapsed = () => parts.uptime() - upAt;
      const result = await run(begun).catch((error: unknown) => {
        // What the engine could not tell leaves no doubt about Cloudflare and Authentik; all else may have come in the middle of changes.
        if (!(error instanceof ServiceError && error.service === "docker")) world = undefined;
        if (!(error instanceof ServiceError)) throw error;
        return error;
      });
      const errors =
        result instanceof ServiceError ? [result] : result.failures.map(({ error }) => error);
      const failed = errors.length > 0 || (!(result instanceof ServiceError) && !result.certain);
      failures = failed ? failures + 1 : 0;
      const end = result instanceof ServiceError ? undefined : result;
      parts.watch.passed({
        at: parts.now(),
        ms: elapsed(),
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
          parts.random(),
          Math.max(0, ...errors.map((error) => error.retryAfterMs ?? 0)),
        );
      const wakeAt = result instanceof ServiceError ? undefined : result.decision.wakeAt;
      const next = Math.min(lookAt, wakeAt ?? Infinity) - begun - elapsed();
      const rules = rulesAt - parts.uptime();
      patient = rules < next;
      const dueMs = Math.max(0, Math.min(next, rules));
      return end?.rationed === true ? Math.min(dueMs, RATIONED_MS) : dueMs;
    },
  };
}
