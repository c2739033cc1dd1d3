import { type Exposure, isPublic } from "../../core/domain/exposure.ts";
import { sameOrigin } from "../../core/domain/origin.ts";
import type { Problem } from "../../core/domain/problem.ts";
import { isNestedIn, type Route, routeKey } from "../../core/domain/route.ts";
import type { ResourceState, RouteResource } from "../../core/plan/resource.ts";
import type { DesiredState } from "../../core/plan/types.ts";
import type { ObservedAccessApplications } from "../access-application/types.ts";
import type { ObservedAccessPolicies } from "../access-policy/types.ts";
import { teamOf } from "../login/team.ts";
import type { ObservedLogin } from "../login/types.ts";
import {
  areInnerRoutesGuarded,
  hasWiderParent,
  keepsGuard,
  matchesFewerSpellings,
  restrictedRoutesWithin,
} from "./nested.ts";
import {
  foreignOn,
  isMarked,
  isOwnedRule,
  isPlaceholderRule,
  isShadowed,
  loginCheckOf,
  type OwnershipEvidence,
  originFingerprint,
  pathFor,
  routeOf,
  ruleOf,
  rulesAt,
} from "./rules.ts";
import type {
  DesiredRule,
  IngressRuleChange,
  ObservedIngressRules,
  RawRule,
  WithheldRule,
} from "./types.ts";

type Needs = OwnershipEvidence & {
  readonly access: Pick<ObservedAccessApplications, "mine">;
  readonly policy: ObservedAccessPolicies;
  readonly ingress: Pick<ObservedIngressRules, "takesMark" | "withheld">;
  readonly login: Pick<ObservedLogin, "teamDomain">;
};

/**
 * | the rule                                  | desired | then                                    |
 * |-------------------------------------------|---------|-----------------------------------------|
 * | foreign, on the hostname                  | any     | conflict                                |
 * | ours or absent, refused by cloudflared    | yes     | remove it; then conflict                |
 * | absent                                    | no      | absent                                  |
 * | absent, its application does not exist    | yes     | absent, cannot be created without an    |
 * |                                           |         | aud                                     |
 * | absent, a restricted route inside does    | yes     | absent, not created before that rule    |
 * | not match every spelling of its path yet  |         | does                                    |
 * | matches every spelling, and should not    | yes     | it narrows, but not before the routes   |
 * |                                           |         | around it are as desired                |
 * | absent                                    | yes     | create, with the check of its           |
 * |                                           |         | application                             |
 * | ours                                      | no      | remove                                  |
 * | ours, and a wildcard of another party     | no      | a placeholder rule replaces it and      |
 * | would answer for the hostname             |         | stays                                   |
 * | ours, and a parent route would answer for | no      | likewise                                |
 * | a restricted route that is pending        |         |                                         |
 * | ours, its application was created for     | yes     | remove: the new holder gets a new       |
 * | another party                             |         | application first                       |
 * | ours, differs in origin, check or         | yes     | update; a different origin moves the    |
 * | position                                  |         | route                                   |
 */
export const ingressRuleResource: RouteResource<Needs, IngressRuleChange> = {
  kind: "ingress",
  pendingReason: "the ingress rule of the tunnel",
  assess(route, exposure, observed, desired) {
    const rule = ruleOf(observed, route);
    if (exposure === undefined) return stateWhenUndesired(rule, route, observed, desired);
    const [foreign] = foreignOn(observed, route.hostname);
    if (foreign !== undefined)
      return { is: "conflict", problem: conflictProblem(exposure, foreign) };
    const withheld = findWithheld(exposure, observed);
    if (withheld !== undefined) return withholdRule(rule, exposure, withheld, observed, desired);
    const desiredRule = computeDesiredRule(exposure, observed, desired);
    const narrowsMatch = matchesFewerSpellings(rule, desiredRule);
    const creatable =
      desiredRule !== undefined && areInnerRoutesGuarded(exposure, observed, desired)
        ? desiredRule
        : undefined;
    if (rule === undefined)
      return { is: "absent", create: creatable && ruleChange("create", creatable, observed) };
    if (isPlaceholderRule(rule, observed.ingress.mark))
      return {
        is: "absent",
        create: creatable && ruleChange("update", creatable, observed),
        narrowsMatch,
      };
    const removal = removeOrPlaceholder(route, observed, desired);
    // Until its application is replaced, the route may lead neither to the new holder nor to the
    // old one.
    if (desired.handovers.has(routeKey(route)))
      return { is: "drifted", repair: removal, remove: removal, changes: "origin" };
    const state = compareRule({ rule, exposure, desiredRule, creatable, removal, observed });
    return state.is === "drifted" ? { ...state, narrowsMatch } : state;
  },
};

/**
 * A placeholder rule stays if a wildcard of another party would answer for the whole hostname, or
 * if a parent route would answer for a restricted route that cannot open.
 */
function stateWhenUndesired(
  rule: RawRule | undefined,
  route: Route,
  observed: Needs,
  desired: DesiredState,
): ResourceState<IngressRuleChange> {
  if (rule === undefined) return { is: "absent", create: undefined };
  const keptFromWildcard =
    route.path === undefined && desired.keptFromWildcards.has(route.hostname);
  if (!keptFromWildcard && !keepsGuard(route, observed, desired))
    return { is: "orphaned", remove: removalOf(route, observed) };
  return isPlaceholderRule(rule, observed.ingress.mark)
    ? { is: "absent", create: undefined }
    : { is: "orphaned", remove: placeholderChange(route, observed) };
}

/** A rule is withheld only for its current labels. With other labels it is tried again. */
function findWithheld(exposure: Exposure, { ingress }: Needs): WithheldRule | undefined {
  const withheld = ingress.withheld.get(routeKey(exposure.route));
  return withheld?.print === originFingerprint(exposure.origin) ? withheld : undefined;
}

/**
 * Removes a rule because of which cloudflared refused the document, so that the rest takes effect.
 */
function withholdRule(
  rule: RawRule | undefined,
  exposure: Exposure,
  { refused }: WithheldRule,
  observed: Needs,
  desired: DesiredState,
): ResourceState<IngressRuleChange> {
  if (rule !== undefined && !isPlaceholderRule(rule, observed.ingress.mark)) {
    const removal = removeOrPlaceholder(exposure.route, observed, desired);
    return { is: "drifted", repair: removal, remove: removal, changes: undefined };
  }
  return refused
    ? { is: "conflict", problem: refusedRuleProblem(exposure) }
    : { is: "absent", create: undefined };
}

interface RuleComparison {
  readonly rule: RawRule;
  readonly exposure: Exposure;
  readonly desiredRule: DesiredRule | undefined;
  /** The desired rule; undefined while a route inside it is not guarded. */
  readonly creatable: DesiredRule | undefined;
  readonly removal: IngressRuleChange;
  readonly observed: Needs;
}

function compareRule({
  rule,
  exposure,
  desiredRule,
  creatable,
  removal,
  observed,
}: RuleComparison): ResourceState<IngressRuleChange> {
  const leadsToOrigin = hasSameOrigin(rule, exposure);
  const isInPlace =
    desiredRule !== undefined &&
    (rule.path || undefined) === pathFor(desiredRule) &&
    !isShadowed(rule, observed.ingress.rules);
  if (leadsToOrigin && isInPlace && hasSameLoginCheck(rule, desiredRule.check))
    return isMarked(rule, observed.ingress.mark)
      ? { is: "in-sync" }
      : { is: "in-sync", remove: removal };
  const waits = desiredRule !== undefined && creatable === undefined;
  if (waits && !leadsToOrigin)
    return { is: "drifted", repair: removal, remove: removal, changes: "origin" };
  // It stays as it is: closed, or with fewer people than desired.
  if (waits && admitsOthersThen(rule, desiredRule))
    return { is: "drifted", repair: undefined, remove: removal, changes: undefined };
  return {
    is: "drifted",
    repair: desiredRule === undefined ? removal : ruleChange("update", desiredRule, observed),
    remove: removal,
    changes: leadsToOrigin ? undefined : "origin",
  };
}

/**
 * Whether the desired rule admits people whom this one does not admit: it requires logins of
 * another application, or no logins any more.
 */
const admitsOthersThen = (rule: RawRule, desired: DesiredRule): boolean =>
  loginCheckOf(rule)?.required === true && !hasSameLoginCheck(rule, desired.check);

/** Undefined while the application whose logins the rule checks does not exist. */
function computeDesiredRule(
  exposure: Exposure,
  observed: Needs,
  desired: DesiredState,
): DesiredRule | undefined {
  const application = observed.access.mine.get(routeKey(exposure.route));
  if (application === undefined) return undefined;
  const team = teamOf(observed.login.teamDomain);
  const check = isPublic(exposure.protection) ? undefined : { team, aud: application.aud };
  const mark = observed.ingress.takesMark ? { team, text: observed.ingress.mark } : undefined;
  const everySpelling =
    exposure.route.path !== undefined && hasWiderParent(exposure, observed, desired);
  return {
    route: exposure.route,
    origin: exposure.origin,
    check,
    cleanPathsOnly: needsCleanPathsOnly(exposure, desired),
    mark,
    ...(everySpelling && { everySpelling }),
  };
}

/**
 * For a wildcard also if a whole host lies within: requests that its rule rejects as unclean must
 * not pass here.
 */
const needsCleanPathsOnly = (exposure: Exposure, desired: DesiredState): boolean =>
  restrictedRoutesWithin(exposure, desired).some(
    ({ path }) => path !== undefined || exposure.route.hostname.startsWith("*."),
  );

function hasSameOrigin(rule: RawRule, exposure: Exposure): boolean {
  const { access: _, ...options } = rule.originRequest ?? {};
  return sameOrigin(
    { service: rule.service, options: options as Exposure["origin"]["options"] },
    exposure.origin,
  );
}

function hasSameLoginCheck(rule: RawRule, desired: DesiredRule["check"]): boolean {
  const check = loginCheckOf(rule);
  if (desired === undefined) return check === undefined;
  return (
    check?.required === true &&
    check.team === desired.team &&
    check.audTag.length === 1 &&
    check.audTag[0] === desired.aud
  );
}

/** Leaves a placeholder rule if another rule of ours would answer instead. */
export const removeOrPlaceholder = (
  route: Route,
  observed: Needs,
  desired: DesiredState,
): IngressRuleChange =>
  hasParentRule(route, observed, desired)
    ? placeholderChange(route, observed)
    : removalOf(route, observed);

/**
 * Prevents a parent route from answering for a route that should admit fewer people and cannot open
 * yet, or that belongs to another party. If a foreign rule has the hostname, no rule is put before
 * it.
 */
export const placeholderFor = (route: Route, observed: Needs): IngressRuleChange | undefined =>
  ruleOf(observed, route) === undefined && foreignOn(observed, route.hostname).length === 0
    ? placeholderChange(route, observed)
    : undefined;

/** Changes only the service that the rule leads to. */
export function rerouteRule(
  route: Route,
  service: string,
  observed: Needs,
): IngressRuleChange | undefined {
  const existing = rulesAt(observed, route).filter(
    (rule) => !isPlaceholderRule(rule, observed.ingress.mark) && rule.service !== service,
  );
  return existing.length === 0
    ? undefined
    : {
        kind: "ingress",
        action: "update",
        key: keyOf(route),
        subject: routeKey(route),
        existing,
        reroute: service,
      };
}

type PlaceholderChange = Extract<IngressRuleChange, { readonly placeholder: Route }>;

/**
 * Whether another rule of ours would answer instead of this one, now or as soon as it is created.
 */
const hasParentRule = (route: Route, observed: Needs, desired: DesiredState): boolean =>
  [...desired.exposures.values()].some((exposure) => isNestedIn(route, exposure.route)) ||
  observed.ingress.rules.some((rule) => {
    const outer = routeOf(rule);
    return outer !== undefined && isNestedIn(route, outer) && isOwnedRule(rule, observed);
  });

const placeholderChange = (route: Route, observed: Needs): PlaceholderChange => ({
  kind: "ingress",
  action: "update",
  key: keyOf(route),
  subject: routeKey(route),
  placeholder: route,
  existing: rulesAt(observed, route),
  mark: observed.ingress.mark,
  team: teamOf(observed.login.teamDomain),
  ...(!observed.ingress.takesMark && { plain: true }),
});

/** Replaces foreign rules with a placeholder rule, and waits until cloudflared runs it. */
export const replaceForeignRules = (
  route: Route,
  foreign: readonly RawRule[],
  observed: Needs,
): IngressRuleChange => ({
  ...placeholderChange(route, observed),
  instead: foreign,
  takes:
    foreign.length === 0 ? "" : `the rule to ${foreign.map(({ service }) => service).join(", ")}`,
});

const keyOf = (route: Route) => `ingress ${routeKey(route)}`;

const ruleChange = (
  action: "create" | "update",
  desired: DesiredRule,
  observed: OwnershipEvidence,
): IngressRuleChange => ({
  kind: "ingress",
  action,
  key: keyOf(desired.route),
  subject: routeKey(desired.route),
  desired,
  existing: rulesAt(observed, desired.route),
});

const removalOf = (route: Route, observed: OwnershipEvidence): IngressRuleChange => ({
  kind: "ingress",
  action: "delete",
  key: keyOf(route),
  subject: routeKey(route),
  existing: rulesAt(observed, route),
});

const refusedRuleProblem = (exposure: Exposure): Problem => ({
  code: "CFA-TUNNEL-RULE",
  severity: "error",
  container: exposure.workload,
  label: exposure.label,
  route: routeKey(exposure.route),
  message: `cloudflared refuses the tunnel's rules if the one for ${routeKey(exposure.route)} is among them, so that rule was removed`,
  about: "",
  effect: "closed",
  fix: "read in docker compose logs cloudflared what it refuses, and correct or remove the origin labels of this route; cfauth then tries again",
});

const conflictProblem = (exposure: Exposure, foreign: RawRule): Problem => ({
  code: "CFA-CONFLICT-INGRESS",
  severity: "error",
  container: exposure.workload,
  label: exposure.label,
  route: routeKey(exposure.route),
  message: `the tunnel already has a rule for ${exposure.route.hostname} (to ${foreign.service}), which is not cfauth's`,
  about: "",
  effect: "closed",
  fix: exposure.adopt
    ? `only a rule for just this route can be taken over: remove ${foreign.path ? `the one with the path ${foreign.path}` : "that rule"} under Zero Trust → Networks → Tunnels → Public hostnames`
    : `remove that rule under Zero Trust → Networks → Tunnels → Public hostnames, ${exposure.adoptHint} to take it over, or choose another hostname`,
});
