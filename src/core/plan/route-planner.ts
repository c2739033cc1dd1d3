import type { Exposure } from "../domain/exposure.ts";
import type { Hostname } from "../domain/hostname.ts";
import type { Problem } from "../domain/problem.ts";
import { type Route, routeKey } from "../domain/route.ts";
import {
  isExposedByParent,
  type NestingContext,
  onlyNarrowsAccess,
  removalWouldExpose,
  unprotectedChild,
} from "./nesting.ts";
import type { Change, ResourceModel } from "./resource.ts";
import {
  narrowsMatch,
  nextCreation,
  nextRemoval,
  type RouteDecision,
  restrictWhileBlocked,
} from "./route-chain.ts";

export interface PlanContext<Observed> extends NestingContext {
  readonly observed: Observed;
  /** What the first prerequisite that is not ready waits for. */
  readonly pendingPrerequisite: string | undefined;
}

/** The decision for one route. */
export interface RoutePlan<C extends Change> extends RouteDecision<C> {
  readonly route: Route;
}

/** Plans the next step of one route that is not frozen. */
export function planRoute<Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  context: PlanContext<Observed>,
  route: Route,
): RoutePlan<C> {
  const exposure = context.desired.exposures.get(routeKey(route));
  const decision =
    exposure === undefined
      ? planRemoval(model, context, route)
      : planExposure(model, context, exposure);
  return { route, ...decision };
}

/**
 * For a route that is not desired: removes the next resource, unless a route around it would then
 * answer.
 */
function planRemoval<Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  context: PlanContext<Observed>,
  route: Route,
): RouteDecision<C> {
  if (removalWouldExpose(context, route, audienceIn(model, context))) return {};
  return { change: nextRemoval(assessChain(model, context, route, undefined)) };
}

/**
 * For a desired route. The first of these that applies:
 *
 * 1. A prerequisite is not ready: wait.
 * 2. A foreign object is in the way: take it over if the labels ask for it, otherwise report it.
 * 3. The next step would open a wildcard that answers for another party's hostname: wait for the
 *    guard.
 * 4. The next step would pass requests on to a wider route around this one: wait for that route.
 * 5. The next step would expose a narrower route within this one that is not in place: wait for
 *    that route.
 * 6. Otherwise: the next step of the chain.
 *
 * While the route waits, it must not keep exposing what is no longer desired.
 */
function planExposure<Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  context: PlanContext<Observed>,
  exposure: Exposure,
): RouteDecision<C> {
  const { route } = exposure;
  const key = routeKey(route);
  const audience = audienceIn(model, context);
  if (context.pendingPrerequisite !== undefined)
    return {
      pending: { route: key, cause: "foundation", reason: context.pendingPrerequisite },
      change: restrictIfOverreaching(model, context, exposure),
    };
  const states = assessChain(model, context, route, exposure);
  const conflicts = states.flatMap((state) => (state.is === "conflict" ? [state.problem] : []));
  if (conflicts.length > 0) return planAdoption(model, context, exposure, conflicts);

  const ignoresReadiness = isExposedByParent(context, exposure) || hasLiveRule(context, route);
  const next = nextCreation({
    states,
    route: key,
    pendingReasons: model.routeChain.map(({ pendingReason }) => pendingReason),
    notReadyReason: ignoresReadiness ? undefined : exposure.notReadyReason,
  });
  const opens = next.change !== undefined && widensAccess(model, context, exposure, next.change);

  const hostname = opens ? unguardedHostname(model, context, route) : undefined;
  if (hostname !== undefined)
    return {
      pending: {
        route: key,
        cause: "guard",
        reason: `a rule that keeps it from answering for ${hostname}, which belongs to another container`,
      },
      change: restrictWhileBlocked(states),
    };

  if (narrowsMatch(states, next.change) && removalWouldExpose(context, route, audience))
    return {
      pending: {
        route: key,
        cause: "guard",
        reason:
          "the route around it to change first: it would answer for other spellings of the path",
      },
      change: restrictWhileBlocked(states),
    };

  const child = opens ? unprotectedChild(context, exposure) : undefined;
  if (child !== undefined) {
    const placeholder = isExposedByParent(context, exposure)
      ? model.placeholderFor(route, context.observed)
      : undefined;
    return {
      pending: {
        route: key,
        cause: "guard",
        reason: `the protected route ${routeKey(child)}, which this one would expose`,
      },
      change: restrictWhileBlocked(states) ?? placeholder,
    };
  }

  return next;
}

/**
 * For a route whose place has foreign objects: the next step of their takeover if the labels ask to
 * adopt them, otherwise the problems.
 */
function planAdoption<Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  context: PlanContext<Observed>,
  exposure: Exposure,
  conflicts: readonly Problem[],
): RouteDecision<C> {
  const { route, adopt, notReadyReason } = exposure;
  if (adopt && notReadyReason !== undefined)
    return {
      pending: { route: routeKey(route), cause: "health", reason: notReadyReason },
      change: restrictIfOverreaching(model, context, exposure),
    };
  const takeover = adopt ? model.planTakeover(route, exposure, context.observed) : undefined;
  if (takeover === undefined)
    return { problems: conflicts, change: restrictIfOverreaching(model, context, exposure) };
  return {
    change: takeover,
    pending: {
      route: routeKey(route),
      cause: "adoption",
      reason: "the foreign objects there to be taken over",
    },
  };
}

const assessChain = <Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  { observed, desired }: PlanContext<Observed>,
  route: Route,
  exposure: Exposure | undefined,
) => model.routeChain.map((resource) => resource.assess(route, exposure, observed, desired));

const audienceIn =
  <Observed, C extends Change>(
    model: ResourceModel<Observed, C>,
    { observed }: PlanContext<Observed>,
  ) =>
  (exposure: Exposure): string | undefined =>
    model.audienceOf(exposure, observed);

/** Removes what the deployed route shows or admits beyond what is desired. */
const restrictIfOverreaching = <Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  { observed, desired }: PlanContext<Observed>,
  exposure: Exposure,
): C | undefined => model.removeOverreach(exposure, observed, desired);

/**
 * Whether the change is a step towards more access than now. An Access policy alone admits no one.
 */
const widensAccess = <Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  context: PlanContext<Observed>,
  exposure: Exposure,
  { kind }: C,
): boolean =>
  kind !== model.routeChain[0]?.kind &&
  model.grantsAccess(exposure, context.observed) &&
  !onlyNarrowsAccess(context, exposure, audienceIn(model, context));

/** A hostname of another party that this wildcard would answer for, because it has no guard yet. */
const unguardedHostname = <Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  { desired, observed }: PlanContext<Observed>,
  route: Route,
): Hostname | undefined =>
  [...desired.keptFromWildcards].find(
    ([hostname, wildcards]) =>
      wildcards.has(routeKey(route)) &&
      model.placeholderFor({ hostname, path: undefined }, observed) !== undefined,
  )?.[0];

/**
 * Whether the route has its own rule already. A failing health check holds back only what is not
 * open yet, never a fix. The DNS record proves nothing, because it may be there for another path.
 */
const hasLiveRule = ({ deployed }: NestingContext, route: Route): boolean =>
  deployed.some(
    (it) => it.service !== undefined && !it.placeholder && routeKey(it.route) === routeKey(route),
  );
