import { type Exposure, open } from "../domain/exposure.ts";
import type { Problem } from "../domain/problem.ts";
import { beneath, type RouteKey, routeKey } from "../domain/route.ts";
import type { AnyChange } from "../kinds/index.ts";
import type { Desired, StandingRoute } from "../plan/desired.ts";
import type { Plan } from "../plan/plan.ts";
import { isPlaceholder } from "../plan/tenure.ts";
import { closesIn, type KnownRoute } from "./report.ts";

type Fault = Pick<Problem, "code" | "message" | "fix">;

/** Every route that is wished, stands or is asked for in vain, with its state and why. */
export function knownRoutes(
  plan: Plan<AnyChange>,
  desired: Desired,
  standing: readonly StandingRoute[],
  failed: ReadonlyMap<RouteKey, Fault>,
  now: number,
): readonly KnownRoute[] {
  const stands = new Map(standing.filter((it) => !isPlaceholder(it)).map((it) => [routeKey(it.route), it]));
  const waiting = new Map(plan.waiting.map(({ route, reason }) => [route, reason]));
  const faulty = new Map(
    plan.problems.flatMap((problem) =>
      problem.route !== undefined && about(problem, desired.wishes.get(problem.route)) ? [[problem.route, problem] as const] : [],
    ),
  );
  const live = new Set(plan.live);
  const keys = new Set<RouteKey>([...desired.wishes.keys(), ...stands.keys(), ...faulty.keys(), ...waiting.keys()]);

  const stateOf = (key: RouteKey): Pick<KnownRoute, "state" | "reason" | "until" | "fault"> => {
    const fault = failed.get(key) ?? faulty.get(key);
    if (fault !== undefined) return { state: "problem", reason: fault.message, fault: { code: fault.code, fix: fault.fix } };
    const reason = waiting.get(key);
    if (reason !== undefined) return { state: "waiting", reason: `waiting for ${reason}` };
    if (live.has(key)) return { state: "live", reason: undefined };
    const until = desired.closing.get(key);
    if (until !== undefined) return { state: "closing", reason: closesIn(until - now), until };
    return desired.held.has(key)
      ? { state: "problem", reason: "its labels cannot be read; it stays as it was" }
      : { state: "closing", reason: "Closing now." };
  };

  return [...keys].map((key) => {
    const wish = desired.wishes.get(key);
    const at = stands.get(key);
    return {
      key,
      container: wish?.workload ?? plan.problems.find(({ route }) => route === key)?.container,
      origin: wish?.origin.service ?? at?.service,
      access: wish === undefined ? (at?.service === undefined ? undefined : at.public ? "public" : "authentik") : accessOf(wish),
      ...((wish?.protection.kind === "login" || at?.login === true) && { login: true }),
      ...(wish?.detour !== undefined && { detour: wish.detour }),
      ...(wish !== undefined && isInsidePublic(wish, desired) && { insidePublic: true as const }),
      ...stateOf(key),
    };
  });
}

/** Whether it is a protected path, and what is around it shows the same container to anyone. */
const isInsidePublic = ({ route, protection, workload, origin }: Exposure, { wishes }: Desired): boolean =>
  route.path !== undefined &&
  !open(protection) &&
  [...wishes.values()].some(
    (outer) =>
      open(outer.protection) && (outer.workload === workload || outer.origin.service === origin.service) && beneath(route, outer.route),
  );

const accessOf = ({ protection }: Exposure): "authentik" | "public" => (open(protection) ? "public" : "authentik");

/** Whether the problem keeps this route from being as it is wished; one of another container that wants it too does not. */
const about = (problem: Problem, wish: Exposure | undefined): boolean =>
  problem.severity === "error" &&
  problem.code !== "CFA-HOST-TAKEN" &&
  (wish === undefined || problem.container === undefined || problem.container === wish.workload);
