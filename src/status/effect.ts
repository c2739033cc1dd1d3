import type { Problem } from "../domain/problem.ts";
import { routeKey } from "../domain/route.ts";
import { standing } from "../kinds/standing.ts";
import type { World } from "../kinds/world.ts";

/** The problems with their true effect: a route that is open already goes on as it was, until somebody else has it. */
export function inEffect(problems: readonly Problem[], world: World): readonly Problem[] {
  const open = new Set(standing(world).flatMap(({ route, service }) => (service === undefined ? [] : [routeKey(route)])));
  return problems.map((problem) =>
    problem.route !== undefined && open.has(problem.route) && problem.code !== "CFA-HOST-TAKEN"
      ? { ...problem, effect: "unchanged" as const }
      : problem,
  );
}
