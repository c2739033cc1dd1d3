import { type Route, routeKey } from "../domain/route.ts";
import type { Change } from "./resource.ts";
import type { PlanContext, RoutePlan } from "./route-planner.ts";

/**
 * Makes routes wait for Authentik's own hostname, without which nobody could log in anywhere.
 *
 * While that hostname opens or changes, no other desired route opens or changes; removals go on. It
 * is not removed while any other route closes or is about to. If its change has failed in this
 * pass, nothing waits for it.
 */
export function orderLoginHostname<C extends Change>(
  plans: readonly RoutePlan<C>[],
  context: Pick<PlanContext<unknown>, "desired" | "deployed">,
  failed: ReadonlySet<string>,
): readonly RoutePlan<C>[] {
  const { desired } = context;
  const isDesired = ({ route }: RoutePlan<C>) => desired.exposures.has(routeKey(route));
  const login = plans.find(({ route }) => isLoginRoute(route, context));
  if (login?.change === undefined || failed.has(login.change.key)) return plans;

  if (isDesired(login))
    return plans.map((plan) =>
      plan !== login &&
      isDesired(plan) &&
      plan.change !== undefined &&
      plan.change.action !== "delete"
        ? waitForLogin(plan.route)
        : plan,
    );

  const othersClose = plans.some(
    (plan) =>
      plan !== login &&
      !isDesired(plan) &&
      plan.change !== undefined &&
      !failed.has(plan.change.key),
  );
  const othersAreAboutToClose = [...desired.graceDeadlines.keys()].some(
    (key) => key !== routeKey(login.route),
  );
  if (othersClose || othersAreAboutToClose)
    return plans.map((plan) => (plan === login ? { route: plan.route } : plan));
  return plans;
}

const isLoginRoute = (
  route: Route,
  { desired, deployed }: Pick<PlanContext<unknown>, "desired" | "deployed">,
): boolean =>
  desired.exposures.get(routeKey(route))?.protection.kind === "login" ||
  deployed.some((it) => it.login && isSameRoute(it.route, route));

const isSameRoute = (a: Route, b: Route): boolean => routeKey(a) === routeKey(b);

const waitForLogin = <C extends Change>(route: Route): RoutePlan<C> => ({
  route,
  pending: {
    route: routeKey(route),
    cause: "login",
    reason: "Authentik's own hostname, without which nobody could log in",
  },
});
