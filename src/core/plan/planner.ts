import type { Problem } from "../domain/problem.ts";
import {
  bySpecificity,
  parseRouteKey,
  type Route,
  type RouteKey,
  routeKey,
} from "../domain/route.ts";
import { orderLoginHostname } from "./login-order.ts";
import type { Change, ResourceModel } from "./resource.ts";
import { type PlanContext, planRoute } from "./route-planner.ts";
import type { DeployedRoute, DesiredState, PendingRoute } from "./types.ts";

export interface Plan<C extends Change> {
  /** Can be applied now, all at once. */
  readonly changes: readonly C[];
  /** Routes that are not done yet, and what each waits for. */
  readonly pending: readonly PendingRoute[];
  readonly problems: readonly Problem[];
  /** Routes that are completely as desired. */
  readonly live: readonly RouteKey[];
}

/**
 * Plans the changes that can be made now to bring the observed state closer to the desired state.
 *
 * Each change is safe by itself: it is proposed only when what makes it safe has been observed. The
 * caller applies the changes, observes the result and plans again. This also covers a crash, a lost
 * answer or another writer: whatever happened, the next plan starts from what is there.
 *
 * The resources of a route form a chain: Access policy, Access application, ingress rule, DNS
 * record. Opening climbs the chain, closing descends it, one resource at a time (`route-chain.ts`).
 * To open or change a route, the planner takes its lowest resource that is not in sync:
 *
 * | the resource               | the one above it | then                                      |
 * |----------------------------|------------------|-------------------------------------------|
 * | is absent                  | anything         | create it                                 |
 * | differs in a detail        | anything         | fix it                                    |
 * | differs in origin/audience | differs likewise | remove the upper one                      |
 * | differs in origin/audience | is absent        | remove it; a new one accepts no old login |
 * | differs in origin/audience | anything else    | fix it, or remove the upper one first     |
 *
 * The third row keeps the old audience away from the new origin. The last row removes the upper one
 * first only if it could not be told from a foreign object meanwhile (`dependentsFirst`).
 *
 * Three rules connect the routes:
 *
 * - A route that admits fewer people opens before a wider one around it, and closes after it
 *   (`nesting.ts`).
 * - A wildcard never answers for an exact hostname of another party. A placeholder rule takes that
 *   hostname before the wildcard opens, and stays while both exist (`wildcard-guards.ts`).
 * - Authentik's own hostname opens before all others and closes after them (`login-order.ts`).
 *
 * Pure: the result depends on the arguments alone, and not on the order of what they contain.
 *
 * @param failed - keys of the changes that were tried in this pass and failed
 */
export function planChanges<Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  desired: DesiredState,
  observed: Observed,
  failed: ReadonlySet<string> = new Set(),
): Plan<C> {
  const prerequisites = model.prerequisites.map((prerequisite) => ({
    pendingReason: prerequisite.pendingReason,
    ...prerequisite.propose(observed, desired),
  }));
  const context: PlanContext<Observed> = {
    desired,
    observed,
    deployed: model.deployedRoutes(observed).map((route) => withReroute(route, desired)),
    pendingPrerequisite: prerequisites.find(({ ready }) => !ready)?.pendingReason,
  };
  const routes = orderLoginHostname(
    routesToPlan(context).map((route) => planRoute(model, context, route)),
    context,
    failed,
  );
  const live = routes.flatMap((route) => route.live ?? []);
  const bestEffort = model.bestEffort.map((propose) => propose(observed, desired, new Set(live)));

  // A route's own change of a rule comes after a guard or reroute of that rule, and so replaces it.
  const required = [
    ...prerequisites.flatMap(({ changes }) => changes),
    ...proposeWildcardGuards(model, context),
    ...proposeReroutes(model, context),
    ...routes.flatMap(({ change }) => change ?? []),
    ...model.garbageCollectors.flatMap((collect) => collect(observed, desired)),
  ];
  // Best-effort objects are created last and removed first.
  const optional = bestEffort
    .flatMap(({ changes }) => changes)
    .filter(({ action }) => required.length === 0 || action === "delete");
  return {
    changes: uniqueByKey([...required, ...model.accompany(required, observed), ...optional]),
    pending: [...desired.pending, ...routes.flatMap(({ pending }) => pending ?? [])],
    problems: [
      ...prerequisites.flatMap(({ problems }) => problems),
      ...desired.problems,
      ...routes.flatMap(({ problems }) => problems ?? []),
      ...model.diagnostics.flatMap((diagnose) => diagnose(observed, desired)),
      ...bestEffort.flatMap(({ problems }) => problems),
    ],
    live,
  };
}

/** Every desired or deployed route, except for the frozen ones. */
function routesToPlan({
  desired,
  deployed,
}: Pick<PlanContext<unknown>, "desired" | "deployed">): readonly Route[] {
  const all = [
    ...[...desired.exposures.values()].map(({ route }) => route),
    ...deployed.map(({ route }) => route),
  ];
  const unique = new Map(all.map((route) => [routeKey(route), route]));
  return [...unique.values()]
    .filter((route) => !desired.frozen.has(routeKey(route)))
    .toSorted(bySpecificity);
}

/** A rule that this plan reroutes counts as rerouted already. */
const withReroute = (deployed: DeployedRoute, { reroutes }: DesiredState): DeployedRoute => ({
  ...deployed,
  service: reroutes.get(routeKey(deployed.route)) ?? deployed.service,
});

/** Placeholder rules for the hostnames that a wildcard of another party would answer for. */
const proposeWildcardGuards = <Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  { desired, observed, pendingPrerequisite }: PlanContext<Observed>,
): readonly C[] =>
  pendingPrerequisite === undefined
    ? [...desired.keptFromWildcards.keys()].flatMap(
        (hostname) => model.placeholderFor({ hostname, path: undefined }, observed) ?? [],
      )
    : [];

/** Reroutes wait for nothing, because until then another container gets the visitors. */
const proposeReroutes = <Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  { desired, observed }: PlanContext<Observed>,
): readonly C[] =>
  [...desired.reroutes].flatMap(([key, service]) => {
    const route = parseRouteKey(key);
    return (route && model.reroute(route, service, observed)) ?? [];
  });

/** Of several changes with the same key, the last one. */
const uniqueByKey = <C extends Change>(changes: readonly C[]): readonly C[] => [
  ...new Map(changes.map((change) => [change.key, change])).values(),
];
