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

/** Routes within this one that show the same container and are to let in fewer. */
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
 * True if this route's rule must stay, because without it a parent route would answer for a more restricted route, this one or one
 * inside it. That route has no complete rule of its own yet: its labels are faulty, the hostname was another party's, or its rule misses
 * spellings of the path. If no labels ask for the parent route, its container is unknown.
 */
export function keepsGuard(
  route: Route,
  observed: OwnershipEvidence,
  desired: DesiredState,
): boolean {
  const exposures = [...desired.exposures.values()].filter((outer) =>
    isNestedIn(route, outer.route),
  );
  const left = observed.ingress.rules.flatMap((rule) => {
    const at = isOwnedRule(rule, observed) ? routeOf(rule) : undefined;
    if (at === undefined || !isNestedIn(route, at) || desired.exposures.has(routeKey(at)))
      return [];
    return desired.protectedRoutes.filter(
      (it) => isNestedIn(it.route, at) && (it.service === undefined || it.service === rule.service),
    );
  });
  const narrower = [
    ...exposures.flatMap((outer) => restrictedRoutesWithin(outer, desired)),
    ...left.map((it) => it.route),
  ];
  return narrower.some(
    (inner) =>
      routeKey(inner) === routeKey(route) ||
      (coversEntirely(inner, route) && !takesAll(inner, observed)),
  );
}

/** True if the route has a rule that matches every spelling of its path. */
function takesAll(route: Route, observed: OwnershipEvidence): boolean {
  const rule = ruleOf(observed, route);
  return rule !== undefined && (route.path === undefined || takesEverySpelling(rule, route));
}

/** Whether a route of ours stands within this one and shows the same. */
export const hasRuleWithin = (
  { route: at, origin }: Exposure,
  observed: OwnershipEvidence,
): boolean =>
  [...observed.access.mine.keys()].map(parseRouteKey).some((route) => {
    if (route === undefined || routeKey(route) === routeKey(at) || !isNestedIn(route, at))
      return false;
    return ruleOf(observed, route)?.service === origin.service;
  });

/** Whether something around the route shows the same container to more people, or to others: as desired, or as it is now. */
export const widerAround = (
  exposure: Exposure,
  observed: Around,
  { exposures, reroutes }: DesiredState,
): boolean =>
  exposure.protection.kind === "authentik" &&
  ([...exposures.values()].some((outer) => isWiderWish(outer, exposure)) ||
    observed.ingress.rules.some((rule) => isWiderRule(rule, exposure, observed, reroutes)));

type Around = OwnershipEvidence & { readonly policy: ObservedAccessPolicies };

const isWiderWish = (outer: Exposure, { route, workload, origin, protection }: Exposure): boolean =>
  isNestedIn(route, outer.route) &&
  (outer.workload === workload || outer.origin.service === origin.service) &&
  !isSubsetOf(outer.protection, protection);

function isWiderRule(
  rule: RawRule,
  { route, origin }: Exposure,
  observed: Around,
  reroutes: DesiredState["reroutes"],
): boolean {
  const outer = routeOf(rule);
  if (outer === undefined || !isNestedIn(route, outer) || !isOwnedRule(rule, observed))
    return false;
  if ((reroutes.get(routeKey(outer)) ?? rule.service) !== origin.service) return false;
  if (loginCheckOf(rule)?.required !== true) return true;
  const [around, inside] = [outer, route].map((it) => observed.access.mine.get(routeKey(it)));
  if (
    around === undefined ||
    inside === undefined ||
    around.policies.join() === inside.policies.join()
  )
    return false;
  return removesAccess(around, inside.policies, observed.policy);
}

/** Whether the rule takes every spelling of its path, and the wanted one would not: the others would reach what is around it. */
export const takesFewerSpellings = (
  rule: RawRule | undefined,
  wanted: DesiredRule | undefined,
): boolean =>
  rule !== undefined &&
  wanted !== undefined &&
  wanted.everySpelling !== true &&
  takesEverySpelling(rule, wanted.route);

const takesEverySpelling = (rule: RawRule, { path }: Route): boolean =>
  path !== undefined && [false, true].some((clean) => rule.path === guardPattern(path, clean));

/**
 * Whether every narrower route within takes every spelling of its path already. What lets in more opens only then: an origin may
 * read `/ADMIN` as `/admin`. A hostname inside a wildcard that has a rule to something else needs no guard.
 */
export const areGuardedWithin = (
  exposure: Exposure,
  observed: OwnershipEvidence,
  desired: DesiredState,
): boolean =>
  restrictedRoutesWithin(exposure, desired).every((inner) => {
    if (inner.hostname !== exposure.route.hostname && leadsAway(inner, exposure, observed))
      return true;
    const rule = inner.path === undefined ? undefined : ruleOf(observed, inner);
    return rule === undefined || takesEverySpelling(rule, inner);
  });

/** Whether the rule of the whole hostname shows something else than this service, or nothing. */
function leadsAway(
  { hostname }: Route,
  { origin }: Exposure,
  observed: OwnershipEvidence,
): boolean {
  const rule = ruleOf(observed, { hostname, path: undefined });
  return rule !== undefined && rule.service !== origin.service;
}
