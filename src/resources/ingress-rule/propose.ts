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
  areGuardedWithin,
  keepsGuard,
  restrictedRoutesWithin,
  takesFewerSpellings,
  widerAround,
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
 * | the rule                                | its wish | then                                             |
 * |-----------------------------------------|----------|--------------------------------------------------|
 * | of somebody else, on the hostname       | any      | taken                                            |
 * | ours or absent, refused by cloudflared  | yes      | close it; then taken                             |
 * | absent                                  | none     | absent                                           |
 * | absent, its application is not there    | yes      | absent, and cannot be opened: there is no aud   |
 * | absent, something narrower inside does  | yes      | absent, and not opened before that does         |
 * | not take every spelling of its path yet |          |                                                  |
 * | takes every spelling, and is not to     | yes      | it shrinks: not before what is around it is as   |
 * |                                         |          | it is to be                                      |
 * | absent                                  | yes      | open it, with the check of that very application |
 * | ours                                    | none     | close it                                         |
 * | the same, and a wildcard of another     | none     | one that admits no one takes its place, and      |
 * | party would answer for the hostname     |          | stays                                            |
 * | the same, and what is around would      | none     | likewise                                         |
 * | answer for a narrower route that waits  |          |                                                  |
 * | ours, and its application was made for  | yes      | close it: it goes to the new holder with a new   |
 * | another party                           |          | application                                      |
 * | ours, origin or check or place differs  | yes      | mend it; it moves when the origin differs        |
 */
export const ingressRuleResource: RouteResource<Needs, IngressRuleChange> = {
  kind: "ingress",
  pendingReason: "the ingress rule of the tunnel",
  assess(route, exposure, observed, desired) {
    const rule = ruleOf(observed, route);
    if (exposure === undefined) return unwished(rule, route, observed, desired);
    const [foreign] = foreignOn(observed, route.hostname);
    if (foreign !== undefined) return { is: "conflict", problem: taken(exposure, foreign) };
    const withheld = withheldFrom(exposure, observed);
    if (withheld !== undefined) return withhold(rule, exposure, withheld, observed, desired);
    const wanted = ruleWish(exposure, observed, desired);
    const shrinks = takesFewerSpellings(rule, wanted);
    const opened =
      wanted !== undefined && areGuardedWithin(exposure, observed, desired) ? wanted : undefined;
    if (rule === undefined)
      return { is: "absent", create: opened && set("create", opened, observed) };
    if (isPlaceholderRule(rule, observed.ingress.mark))
      return {
        is: "absent",
        create: opened && set("update", opened, observed),
        narrowsMatch: shrinks,
      };
    const close = removeOrPlaceholder(route, observed, desired);
    // Until its application is replaced nothing may lead to the new holder, nor to the one before.
    if (desired.handovers.has(routeKey(route)))
      return { is: "drifted", repair: close, remove: close, changes: "origin" };
    const state = compare(rule, exposure, wanted, observed, desired);
    return state.is === "drifted" ? { ...state, narrowsMatch: shrinks } : state;
  },
};

/**
 * A rule that admits no one stays in its place where a wildcard of another party would answer for the whole hostname, or where
 * what is around would answer for a narrower route that cannot open.
 */
function unwished(
  rule: RawRule | undefined,
  route: Route,
  observed: Needs,
  desired: DesiredState,
): ResourceState<IngressRuleChange> {
  if (rule === undefined) return { is: "absent", create: undefined };
  const keptFromWildcard =
    route.path === undefined && desired.keptFromWildcards.has(route.hostname);
  if (!keptFromWildcard && !keepsGuard(route, observed, desired))
    return { is: "orphaned", remove: withdraw(route, observed) };
  return isPlaceholderRule(rule, observed.ingress.mark)
    ? { is: "absent", create: undefined }
    : { is: "orphaned", remove: shut(route, observed) };
}

/** Only as its labels are now: with other ones it is tried again. */
function withheldFrom(exposure: Exposure, { ingress }: Needs): WithheldRule | undefined {
  const withheld = ingress.withheld.get(routeKey(exposure.route));
  return withheld?.print === originFingerprint(exposure.origin) ? withheld : undefined;
}

/** A rule for which cloudflared refused a whole document goes, so that everything else in it comes into force. */
function withhold(
  rule: RawRule | undefined,
  exposure: Exposure,
  { refused }: WithheldRule,
  observed: Needs,
  desired: DesiredState,
): ResourceState<IngressRuleChange> {
  if (rule !== undefined && !isPlaceholderRule(rule, observed.ingress.mark)) {
    const close = removeOrPlaceholder(exposure.route, observed, desired);
    return { is: "drifted", repair: close, remove: close, changes: undefined };
  }
  return refused
    ? { is: "conflict", problem: refusedRule(exposure) }
    : { is: "absent", create: undefined };
}

function compare(
  rule: RawRule,
  exposure: Exposure,
  wanted: DesiredRule | undefined,
  observed: Needs,
  desired: DesiredState,
): ResourceState<IngressRuleChange> {
  const sameWay = leads(rule, exposure);
  const samePlace =
    wanted !== undefined &&
    (rule.path || undefined) === pathFor(wanted) &&
    !isShadowed(rule, observed.ingress.rules);
  const close = removeOrPlaceholder(exposure.route, observed, desired);
  if (sameWay && samePlace && checked(rule, wanted.check))
    return isMarked(rule, observed.ingress.mark)
      ? { is: "in-sync" }
      : { is: "in-sync", remove: close };
  return {
    is: "drifted",
    repair: wanted === undefined ? close : set("update", wanted, observed),
    remove: close,
    changes: sameWay ? undefined : "origin",
  };
}

/** What the rule must be; undefined while the application whose logins it checks is not there. */
function ruleWish(
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
    exposure.route.path !== undefined && widerAround(exposure, observed, desired);
  return {
    route: exposure.route,
    origin: exposure.origin,
    check,
    cleanPathsOnly: takesCleanOnly(exposure, desired),
    mark,
    ...(everySpelling && { everySpelling }),
  };
}

/** A wildcard also where a whole host is within: what that one turns away as unclean must not come in here. */
const takesCleanOnly = (exposure: Exposure, desired: DesiredState): boolean =>
  restrictedRoutesWithin(exposure, desired).some(
    ({ path }) => path !== undefined || exposure.route.hostname.startsWith("*."),
  );

function leads(rule: RawRule, exposure: Exposure): boolean {
  const { access: _, ...options } = rule.originRequest ?? {};
  return sameOrigin(
    { service: rule.service, options: options as Exposure["origin"]["options"] },
    exposure.origin,
  );
}

function checked(rule: RawRule, wanted: DesiredRule["check"]): boolean {
  const check = loginCheckOf(rule);
  if (wanted === undefined) return check === undefined;
  return (
    check?.required === true &&
    check.team === wanted.team &&
    check.audTag.length === 1 &&
    check.audTag[0] === wanted.aud
  );
}

/** Where another rule of ours would answer in its place, one that lets nobody in stays there. */
export const removeOrPlaceholder = (
  route: Route,
  observed: Needs,
  desired: DesiredState,
): IngressRuleChange =>
  around(route, observed, desired) ? shut(route, observed) : withdraw(route, observed);

/**
 * So that what is around does not answer for a route that is to let in fewer and cannot open yet, or belongs to another party.
 * If a foreign rule has the hostname, nothing is put in front of it.
 */
export const placeholderFor = (route: Route, observed: Needs): IngressRuleChange | undefined =>
  ruleOf(observed, route) === undefined && foreignOn(observed, route.hostname).length === 0
    ? shut(route, observed)
    : undefined;

/** The rule stays as it is but for where it leads. */
export function rerouteRule(
  route: Route,
  service: string,
  observed: Needs,
): IngressRuleChange | undefined {
  const at = rulesAt(observed, route).filter(
    (rule) => !isPlaceholderRule(rule, observed.ingress.mark) && rule.service !== service,
  );
  return at.length === 0
    ? undefined
    : {
        kind: "ingress",
        action: "update",
        key: key(route),
        subject: routeKey(route),
        existing: at,
        reroute: service,
      };
}

type Shut = Extract<IngressRuleChange, { readonly placeholder: Route }>;

/** Whether another rule of ours would answer in this one's place, now or as soon as it is opened. */
const around = (route: Route, observed: Needs, desired: DesiredState): boolean =>
  [...desired.exposures.values()].some((exposure) => isNestedIn(route, exposure.route)) ||
  observed.ingress.rules.some((rule) => {
    const outer = routeOf(rule);
    return outer !== undefined && isNestedIn(route, outer) && isOwnedRule(rule, observed);
  });

const shut = (route: Route, observed: Needs): Shut => ({
  kind: "ingress",
  action: "update",
  key: key(route),
  subject: routeKey(route),
  placeholder: route,
  existing: rulesAt(observed, route),
  mark: observed.ingress.mark,
  team: teamOf(observed.login.teamDomain),
  ...(!observed.ingress.takesMark && { plain: true }),
});

/** Puts a rule that lets nobody in where somebody else's was, and waits until cloudflared runs on it. */
export const replaceForeignRules = (
  route: Route,
  foreign: readonly RawRule[],
  observed: Needs,
): IngressRuleChange => ({
  ...shut(route, observed),
  instead: foreign,
  takes:
    foreign.length === 0 ? "" : `the rule to ${foreign.map(({ service }) => service).join(", ")}`,
});

const key = (route: Route) => `ingress ${routeKey(route)}`;

const set = (
  action: "create" | "update",
  desired: DesiredRule,
  observed: OwnershipEvidence,
): IngressRuleChange => ({
  kind: "ingress",
  action,
  key: key(desired.route),
  subject: routeKey(desired.route),
  desired,
  existing: rulesAt(observed, desired.route),
});

const withdraw = (route: Route, observed: OwnershipEvidence): IngressRuleChange => ({
  kind: "ingress",
  action: "delete",
  key: key(route),
  subject: routeKey(route),
  existing: rulesAt(observed, route),
});

const refusedRule = (exposure: Exposure): Problem => ({
  code: "CFA-TUNNEL-RULE",
  severity: "error",
  container: exposure.workload,
  label: exposure.label,
  route: routeKey(exposure.route),
  message: `cloudflared does not run the tunnel's rules with the one for ${routeKey(exposure.route)} in them, so that rule was taken back`,
  about: "",
  effect: "closed",
  fix: "read in docker compose logs cloudflared what it refuses, and correct or remove the origin labels of this route; cfauth then tries it again",
});

const taken = (exposure: Exposure, foreign: RawRule): Problem => ({
  code: "CFA-CONFLICT-INGRESS",
  severity: "error",
  container: exposure.workload,
  label: exposure.label,
  route: routeKey(exposure.route),
  message: `the tunnel already has a rule for ${exposure.route.hostname} (to ${foreign.service}), made by somebody else`,
  about: "",
  effect: "closed",
  fix: exposure.adopt
    ? `only a rule for just this route can be taken over: remove ${foreign.path ? `the one with the path ${foreign.path}` : "that rule"} under Zero Trust → Networks → Tunnels → Public hostnames`
    : `remove that rule under Zero Trust → Networks → Tunnels → Public hostnames, ${exposure.adoptHint} to take it over, or choose another hostname`,
});
