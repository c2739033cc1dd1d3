import { type Exposure, isSubsetOf } from "../../core/domain/exposure.ts";
import { guardPattern } from "../../core/domain/path.ts";
import {
  coversEntirely,
  isNestedIn,
  parseRouteKey,
  type Route,
  routeKey,
} from "../../core/domain/route.ts";
import { restrictedChildren } from "../../core/plan/nesting.ts";
import type { DesiredState } from "../../core/plan/types.ts";
import { removesAccess } from "../access-policy/removes-access.ts";
import type { ObservedAccessPolicies } from "../access-policy/types.ts";
import { isOwnedRule, loginCheckOf, type OwnershipEvidence, routeOf, ruleOf } from "./rules.ts";
import type { DesiredRule, RawRule } from "./types.ts";

/** Routes within this one that show the same container and should admit fewer people. */
export const restrictedRoutesWithin = (
  { route, workload, party, origin, protection }: Exposure,
  desired: DesiredState,
): readonly Route[] =>
  restrictedChildren(desired, route, {
    by: { workload, party },
    service: origin.service,
    protection,
  }).map((it) => it.route);

/**
 * Whether this route's rule must stay, because without it a parent route would answer for a more
 * restricted route: this one or one inside it.
 *
 * That route has no complete rule of its own yet: its labels are faulty, the hostname was another
 * party's, or its rule misses spellings of the path. If no labels ask for the parent route, its
 * container is unknown.
 */
export function keepsGuard(
  route: Route,
  observed: OwnershipEvidence,
  desired: DesiredState,
): boolean {
  const exposures = [...desired.exposures.values()].filter((outer) =>
    isNestedIn(route, outer.route),
  );
  const belowUndesired = observed.ingress.rules.flatMap((rule) => {
    const outer = isOwnedRule(rule, observed) ? routeOf(rule) : undefined;
    if (outer === undefined || !isNestedIn(route, outer) || desired.exposures.has(routeKey(outer)))
      return [];
    return desired.protectedRoutes.filter(
      (it) =>
        isNestedIn(it.route, outer) && (it.service === undefined || it.service === rule.service),
    );
  });
  const restricted = [
    ...exposures.flatMap((outer) => restrictedRoutesWithin(outer, desired)),
    ...belowUndesired.map((it) => it.route),
  ];
  return restricted.some(
    (inner) =>
      routeKey(inner) === routeKey(route) ||
      (coversEntirely(inner, route) && !hasCompleteRule(inner, observed)),
  );
}

/** Whether the route has a rule that matches every spelling of its path. */
function hasCompleteRule(route: Route, observed: OwnershipEvidence): boolean {
  const rule = ruleOf(observed, route);
  return rule !== undefined && (route.path === undefined || matchesEverySpelling(rule, route));
}

/** Whether a deployed route of ours lies within this one and leads to the same service. */
export const hasRuleWithin = (
  { route: outer, origin }: Exposure,
  observed: OwnershipEvidence,
): boolean =>
  [...observed.access.mine.keys()].map(parseRouteKey).some((route) => {
    if (route === undefined || routeKey(route) === routeKey(outer) || !isNestedIn(route, outer))
      return false;
    return ruleOf(observed, route)?.service === origin.service;
  });

/**
 * Whether a parent route shows the same container to more people, or to other people, either as
 * desired or as deployed.
 */
export const hasWiderParent = (
  exposure: Exposure,
  observed: PolicyEvidence,
  { exposures, reroutes }: DesiredState,
): boolean =>
  exposure.protection.kind === "authentik" &&
  ([...exposures.values()].some((outer) => isWiderExposure(outer, exposure)) ||
    observed.ingress.rules.some((rule) => isWiderRule(rule, exposure, observed, reroutes)));

type PolicyEvidence = OwnershipEvidence & { readonly policy: ObservedAccessPolicies };

const isWiderExposure = (
  outer: Exposure,
  { route, workload, origin, protection }: Exposure,
): boolean =>
  isNestedIn(route, outer.route) &&
  (outer.workload === workload || outer.origin.service === origin.service) &&
  !isSubsetOf(outer.protection, protection);

function isWiderRule(
  rule: RawRule,
  { route, origin }: Exposure,
  observed: PolicyEvidence,
  reroutes: DesiredState["reroutes"],
): boolean {
  const outer = routeOf(rule);
  if (outer === undefined || !isNestedIn(route, outer) || !isOwnedRule(rule, observed))
    return false;
  if ((reroutes.get(routeKey(outer)) ?? rule.service) !== origin.service) return false;
  if (loginCheckOf(rule)?.required !== true) return true;
  const [parent, inner] = [outer, route].map((it) => observed.access.mine.get(routeKey(it)));
  if (
    parent === undefined ||
    inner === undefined ||
    parent.policies.join() === inner.policies.join()
  )
    return false;
  return removesAccess(parent, inner.policies, observed.policy);
}

/**
 * Whether the rule matches every spelling of its path and the desired rule would not. Other
 * spellings would then reach a parent route.
 */
export const matchesFewerSpellings = (
  rule: RawRule | undefined,
  desired: DesiredRule | undefined,
): boolean =>
  rule !== undefined &&
  desired !== undefined &&
  desired.everySpelling !== true &&
  matchesEverySpelling(rule, desired.route);

const matchesEverySpelling = (rule: RawRule, { path }: Route): boolean =>
  path !== undefined && [false, true].some((clean) => rule.path === guardPattern(path, clean));

/**
 * Whether every restricted route within this one already matches every spelling of its path. Only
 * then may a wider route open, because an origin may treat `/ADMIN` as `/admin`. A hostname within
 * a wildcard needs no guard if its rule leads to another service.
 */
export const areInnerRoutesGuarded = (
  exposure: Exposure,
  observed: OwnershipEvidence,
  desired: DesiredState,
): boolean =>
  restrictedRoutesWithin(exposure, desired).every((inner) => {
    if (inner.hostname !== exposure.route.hostname && leadsElsewhere(inner, exposure, observed))
      return true;
    const rule = inner.path === undefined ? undefined : ruleOf(observed, inner);
    return rule === undefined || matchesEverySpelling(rule, inner);
  });

/** Whether the hostname has a rule of its own that leads to another service. */
function leadsElsewhere(
  { hostname }: Route,
  { origin }: Exposure,
  observed: OwnershipEvidence,
): boolean {
  const rule = ruleOf(observed, { hostname, path: undefined });
  return rule !== undefined && rule.service !== origin.service;
}
