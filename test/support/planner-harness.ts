/** The planner on an observed state in memory: one plan, or waves until nothing is left to do. */
import type { Exposure } from "../../src/core/domain/exposure.ts";
import type { Problem } from "../../src/core/domain/problem.ts";
import {
  type Decision,
  type ReconcileMemory,
  resolveDesired,
} from "../../src/core/plan/desired-state.ts";
import type { Engine } from "../../src/core/plan/engine.ts";
import { type Plan, planChanges } from "../../src/core/plan/planner.ts";
import type { DesiredState, FaultyRoute } from "../../src/core/plan/types.ts";
import { resourceModel } from "../../src/resources/model.ts";
import type { ObservedState } from "../../src/resources/observed.ts";
import type { AnyChange } from "../../src/resources/registry.ts";
import { deployedRoutes } from "../../src/resources/route/deployed.ts";
import { applyChange, emptyAccount, OWNER } from "../unit/core/plan/model.ts";
import { knowing, running } from "./builders.ts";

const MAX_WAVES = 20;

export interface PlanOptions {
  readonly faulty?: readonly FaultyRoute[];
  readonly problems?: readonly Problem[];
  /** By default each route leads to the containers that ask for it. */
  readonly engine?: Engine;
  /** By default this process created every application of the exposures. */
  readonly memory?: ReconcileMemory;
  /** Keys of the changes that failed in this pass. */
  readonly failed?: ReadonlySet<string>;
  /** Both grace periods in milliseconds. Without it a missing route closes at once. */
  readonly graceMs?: number;
  readonly now?: number;
}

export function decide(
  observed: ObservedState,
  exposures: readonly Exposure[],
  {
    faulty = [],
    problems = [],
    engine = running([...exposures, ...faulty]),
    memory = knowing(exposures),
    graceMs = 0,
    now = 0,
  }: PlanOptions = {},
): Decision {
  return resolveDesired(
    [{ exposures, faulty, problems }],
    deployedRoutes(observed),
    engine,
    memory,
    { graceMs, startupGraceMs: graceMs },
    now,
  );
}

export const planDesired = (
  observed: ObservedState,
  desired: DesiredState,
  failed: ReadonlySet<string> = new Set(),
): Plan<AnyChange> => planChanges(resourceModel(OWNER), desired, observed, failed);

export const planOnce = (
  observed: ObservedState,
  exposures: readonly Exposure[],
  options: PlanOptions = {},
): Plan<AnyChange> =>
  planDesired(observed, decide(observed, exposures, options).desired, options.failed);

export interface Settled {
  readonly observed: ObservedState;
  /** The changes of each wave. */
  readonly waves: readonly (readonly AnyChange[])[];
}

/** Applies wave after wave until nothing is left to do. */
export function runWaves(
  before: ObservedState,
  exposures: readonly Exposure[],
  options: PlanOptions = {},
): Settled {
  const waves: (readonly AnyChange[])[] = [];
  let observed = before;
  while (waves.length <= MAX_WAVES) {
    const { changes } = planOnce(observed, exposures, options);
    if (changes.length === 0) return { observed, waves };
    waves.push(changes);
    observed = changes.reduce(applyChange, observed);
  }
  throw new Error(`not settled after ${MAX_WAVES} waves`);
}

/** The observed state when nothing is left to do. */
export const settle = (
  before: ObservedState,
  exposures: readonly Exposure[],
  options: PlanOptions = {},
): ObservedState => runWaves(before, exposures, options).observed;

/** An account on which these routes, and no other routes of ours, are open. */
export const open = (...exposures: readonly Exposure[]): ObservedState =>
  settle(emptyAccount(), exposures);
