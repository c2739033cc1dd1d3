import type { Problem, ProblemCode } from "../core/domain/problem.ts";
import { routeKey } from "../core/domain/route.ts";
import type { DeployedRoute, DesiredState } from "../core/plan/types.ts";

/** With these codes the open route belongs to another container. */
const HELD_BY_OTHERS: ReadonlySet<ProblemCode> = new Set(["CFA-HOST-TAKEN", "CFA-HOST-SHARE"]);

/**
 * The problems with their actual effect: a route that is already open stays as it was, unless
 * another container holds it.
 *
 * @param desired - shows which routes are requested by a container whose labels cannot be read at
 * all
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
  const openContainers = new Set(
    protectedRoutes.flatMap(({ route, workload, protection }) => {
      const key = routeKey(route);
      return protection === undefined && open.has(key) && frozen.has(key) ? [workload] : [];
    }),
  );
  const staysOpen = ({ code, route, container }: Problem): boolean =>
    route === undefined
      ? container !== undefined && openContainers.has(container)
      : open.has(route) && !HELD_BY_OTHERS.has(code);
  return problems.map((problem) =>
    staysOpen(problem) ? { ...problem, effect: "unchanged" as const } : problem,
  );
}
