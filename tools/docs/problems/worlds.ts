import type { Exposure } from "../../../src/core/domain/exposure.ts";
import { EMPTY_MEMORY, resolveDesired } from "../../../src/core/plan/desired-state.ts";
import { planChanges } from "../../../src/core/plan/planner.ts";
import type { DesiredState } from "../../../src/core/plan/types.ts";
import { resourceModel } from "../../../src/resources/model.ts";
import type { ObservedState } from "../../../src/resources/observed.ts";
import { NOTHING_RUNS } from "../../../test/support/builders.ts";
import { applyChange, emptyAccount, OWNER } from "../../../test/unit/core/plan/model.ts";

export const desired = (...exposures: readonly Exposure[]): DesiredState =>
  resolveDesired(
    [{ exposures, faulty: [], problems: [] }],
    [],
    NOTHING_RUNS,
    EMPTY_MEMORY,
    { graceMs: 0, startupGraceMs: 0 },
    0,
  ).desired;

/** What is observed once every change has been applied: the tunnel, the login and all desired routes are in place. */
export function converged(desiredState: DesiredState): ObservedState {
  const model = resourceModel(OWNER);
  let observed = emptyAccount();
  for (let { changes } = planChanges(model, desiredState, observed); changes.length > 0; ) {
    observed = changes.reduce(applyChange, observed);
    ({ changes } = planChanges(model, desiredState, observed));
  }
  return observed;
}
