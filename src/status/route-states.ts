import { type Exposure, isPublic } from "../core/domain/exposure.ts";
import type { Problem } from "../core/domain/problem.ts";
import { isNestedIn, type RouteKey, routeKey } from "../core/domain/route.ts";
import type { Plan } from "../core/plan/planner.ts";
import { isPlaceholder } from "../core/plan/tenure.ts";
import type { DeployedRoute, DesiredState } from "../core/plan/types.ts";
import type { AnyChange } from "../resources/registry.ts";
import { closesIn, type RouteStatus } from "./report.ts";

type RouteFault = Pick<Problem, "code" | "message" | "fix">;

/** Every route that is desired, deployed, pending or faulty, with its state and the reason. */
export function routeStatuses(
  plan: Plan<AnyChange>,
  desired: DesiredState,
  deployed: readonly DeployedRoute[],
  failed: ReadonlyMap<RouteKey, RouteFault>,
  now: number,
  unconfirmed: readonly RouteKey[] = [],
): readonly RouteStatus[] {
  const deployedByKey = new Map(
    deployed.filter((it) => !isPlaceholder(it)).map((it) => [routeKey(it.route), it]),
  );
  const waiting = new Map(plan.pending.map(({ route, reason }) => [route, reason]));
  const faulty = new Map(
    plan.problems.flatMap((problem) =>
      problem.route !== undefined && affectsRoute(problem, desired.exposures.get(problem.route))
        ? [[problem.route, problem] as const]
        : [],
    ),
  );
  const live = new Set(plan.live);
  const notInForce = new Set(unconfirmed);
  const keys = new Set<RouteKey>([
    ...desired.exposures.keys(),
    ...deployedByKey.keys(),
    ...faulty.keys(),
    ...waiting.keys(),
    ...notInForce,
  ]);

  const stateOf = (key: RouteKey): Pick<RouteStatus, "state" | "reason" | "until" | "fault"> => {
    const fault = failed.get(key) ?? faulty.get(key);
    if (fault !== undefined)
      return {
        state: "problem",
        reason: fault.message,
        fault: { code: fault.code, fix: fault.fix },
      };
    const reason = waiting.get(key);
    if (reason !== undefined) return { state: "waiting", reason: `waiting for ${reason}` };
    if (live.has(key) && notInForce.has(key))
      return { state: "waiting", reason: "waiting for cloudflared to run the narrower rule" };
    if (live.has(key)) return { state: "live", reason: undefined };
    if (notInForce.has(key))
      return { state: "closing", reason: "Waiting for cloudflared to run the rules without it." };
    const until = desired.graceDeadlines.get(key);
    if (until !== undefined) return { state: "closing", reason: closesIn(until - now), until };
    return desired.frozen.has(key)
      ? { state: "problem", reason: "its labels cannot be read; the route stays as it was" }
      : { state: "closing", reason: "Closing now." };
  };

  return [...keys].map((key) => {
    const exposure = desired.exposures.get(key);
    const at = deployedByKey.get(key);
    return {
      key,
      container: exposure?.workload ?? plan.problems.find(({ route }) => route === key)?.container,
      origin: exposure?.origin.service ?? at?.service,
      access: exposure === undefined ? deployedAccess(at) : accessOf(exposure),
      ...((exposure?.protection.kind === "login" || at?.login === true) && { login: true }),
      ...(exposure?.detour !== undefined && { detour: exposure.detour }),
      ...(exposure !== undefined &&
        isInsidePublic(exposure, desired) && { insidePublic: true as const }),
      ...stateOf(key),
    };
  });
}

/** True for a protected path if a public parent route leads to the same container. */
const isInsidePublic = (
  { route, protection, workload, origin }: Exposure,
  { exposures }: DesiredState,
): boolean =>
  route.path !== undefined &&
  !isPublic(protection) &&
  [...exposures.values()].some(
    (outer) =>
      isPublic(outer.protection) &&
      (outer.workload === workload || outer.origin.service === origin.service) &&
      isNestedIn(route, outer.route),
  );

function deployedAccess(deployed: DeployedRoute | undefined): RouteStatus["access"] {
  if (deployed?.service === undefined) return undefined;
  return deployed.public ? "public" : "authentik";
}

const accessOf = ({ protection }: Exposure): "authentik" | "public" =>
  isPublic(protection) ? "public" : "authentik";

/**
 * True if the problem keeps this route from its desired state. A problem of another container that
 * also requests the route does not.
 */
const affectsRoute = (problem: Problem, exposure: Exposure | undefined): boolean =>
  problem.severity === "error" &&
  problem.code !== "CFA-HOST-TAKEN" &&
  (exposure === undefined ||
    problem.container === undefined ||
    problem.container === exposure.workload);
