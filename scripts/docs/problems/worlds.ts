import type { Exposure } from "../../../src/domain/exposure.ts";
import { house } from "../../../src/kinds/index.ts";
import type { World } from "../../../src/kinds/world.ts";
import { decide, noMemory } from "../../../src/plan/decide.ts";
import type { Desired } from "../../../src/plan/desired.ts";
import { plan } from "../../../src/plan/plan.ts";
import { NOTHING_RUNS } from "../../../test/builders.ts";
import { carryOut, emptyWorld, OWNER } from "../../../test/plan/model.ts";

export const desired = (...exposures: readonly Exposure[]): Desired =>
  decide([{ exposures, faulty: [], problems: [] }], [], NOTHING_RUNS, noMemory, { graceMs: 0, startupGraceMs: 0 }, 0).desired;

/** Where tunnel and login stand, and all that is wished. */
export function fulfilled(wished: Desired): World {
  let world = emptyWorld();
  for (let { changes } = plan(house(OWNER), wished, world); changes.length > 0; ) {
    world = changes.reduce(carryOut, world);
    ({ changes } = plan(house(OWNER), wished, world));
  }
  return world;
}
