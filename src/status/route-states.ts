import { type Exposure, isPublic } from "../core/domain/exposure.ts";
import type { Problem } from "../core/domain/problem.ts";
import { isNestedIn, type RouteKey, routeKey } from "../core/domain/route.ts";
import type { Plan } from "../core/plan/planner.ts";
import { isPlaceholder } from "../core/plan/tenure.ts";
import type { DeployedRoute, DesiredState } from "../core/plan/types.ts";
import type { AnyChange } from "../resources/registry.ts";
import { closesIn, type RouteStatus } from "./report.ts";

type Fault = Pick<Problem, "code" | "message" | "fix">;

/** Every route that is wished, stands or is asked for in vain, with its state and why. */
export function routeStatuses(
  plan: Plan<AnyChange>,
  desired: DesiredState,
  deployed: readonly DeployedRoute[],
  failed: ReadonlyMap<RouteKey, Fault>,
  now: number,
  unconfirmed: readonly RouteKey[] = [],
): readonly RouteStatus[] {
  const stands = new Map(
    deployed.filter((it) => !isPlaceholder(it)).map((it) => [routeKey(it.route), it]),
  );
  const waiting = new Map(plan.pending.map(({ route, reason }) => [route, reason]));
  const faulty = new Map(
    plan.problems.flatMap((problem) =>
      problem.route !== undefined && about(problem, desired.exposures.get(problem.route))
        ? [[problem.route, problem] as const]
        : [],
    ),
  );
  const live = new Set(plan.live);
  const late = new Set(unconfirmed);
  const keys = new Set<RouteKey>([
    ...desired.exposures.keys(),
    ...stands.keys(),
    ...faulty.keys(),
    ...waiting.keys(),
    ...late,
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
    if (live.has(key) && late.has(key))
      return { state: "waiting", reason: "waiting for cloudflared to run the narrower rule" };
    if (live.has(key)) return { state: "live", reason: undefined };
    if (late.has(key))
      return { state: "closing", reason: "Waiting for cloudflared to run the rules without it." };
    const until = desired.graceDeadlines.get(key);
    if (until !== undefined) return { state: "closing", reason: closesIn(until - now), until };
    return desired.frozen.has(key)
      ? { state: "problem", reason: "its labels cannot be read; it stays as it was" }
      : { state: "closing", reason: "Closing now." };
  };

  return [...keys].map((key) => {
    const exposure = desired.exposures.get(key);
    const at = stands.get(key);
    return {
      key,
      container: exposure?.workload ?? plan.problems.find(({ route }) => route === key)?.container,
      origin: exposure?.origin.service ?? at?.service,
      access:
        exposure === undefined
          ? at?.service === undefined
            ? undefined
            : at.public
              ? "public"
              : "authentik"
          : accessOf(exposure),
      ...((exposure?.protection.kind === "login" || at?.login === true) && { login: true }),
      ...(exposure?.detour !== undefined && { detour: exposure.detour }),
      ...(exposure !== undefined &&
        isInsidePublic(exposure, desired) && { insidePublic: true as const }),
      ...stateOf(key),
    };
  });
}

/** Whether it is a protected path, and what is around it shows the same container to anyone. */
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

const accessOf = ({ protection }: Exposure): "authentik" | "public" =>
  isPublic(protection) ? "public" : "authentik";

/** Whether the problem keeps this route from being as it is wished; one of another container that wants it too does not. */
const about = (problem: Problem, exposure: Exposure | undefined): boolean =>
  problem.severity === "error" &&
  problem.code !== "CFA-HOST-TAKEN" &&
  (exposure === undefined ||
    problem.container === undefined ||
    problem.container === exposure.workload);
