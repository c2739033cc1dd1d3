import type { Problem, ProblemCode } from "../core/domain/problem.ts";
import { routeKey } from "../core/domain/route.ts";
import type { DeployedRoute, DesiredState } from "../core/plan/types.ts";

/** What is open there is another container's. */
const REFUSED: ReadonlySet<ProblemCode> = new Set(["CFA-HOST-TAKEN", "CFA-HOST-SHARE"]);

/**
 * The problems with their true effect: a route that is open already goes on as it was, until somebody else has it.
 *
 * @param desired - tells which routes a container asks for whose labels cannot be read at all
 */
export function withActualEffect(
  problems: readonly Problem[],
  deployed: readonly DeployedRoute[],
  { protectedRoutes, frozen }: Pick<DesiredState, "protectedRoutes" | "frozen">,
): readonly Problem[] {
  const open = new Set(
    deployed.flatMap(({ route, service, placeholder }) =>
      service === undefined || placeholder ? [] : [routeKey(route)],
    ),
  );
  const kept = new Set(
    protectedRoutes.flatMap(({ route, workload, protection }) => {
      const key = routeKey(route);
      return protection === undefined && open.has(key) && frozen.has(key) ? [workload] : [];
    }),
  );
  const goesOn = ({ code, route, container }: Problem): boolean =>
    route === undefined
      ? container !== undefined && kept.has(container)
      : open.has(route) && !REFUSED.has(code);
  return problems.map((problem) =>
    goesOn(problem) ? { ...problem, effect: "unchanged" as const } : problem,
  );
}
