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
import { areGuardedWithin, keepsGuard, restrictedRoutesWithin, takesFewerSpellings, widerAround } from "./nested.ts";
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
import type { DesiredRule, IngressRuleChange, ObservedIngressRules, RawRule, WithheldRule } from "./types.ts";

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
  awaited: "the ingress rule of the tunnel",
  stance(route, wish, world, desired) {
    const rule = ruleOf(world, route);
    if (wish === undefined) return unwished(rule, route, world, desired);
    const [foreign] = foreignOn(world, route.hostname);
    if (foreign !== undefined) return { is: "taken", problem: taken(wish, foreign) };
    const withheld = withheldFrom(wish, world);
    if (withheld !== undefined) return withhold(rule, wish, withheld, world, desired);
    const wanted = ruleWish(wish, world, desired);
    const shrinks = takesFewerSpellings(rule, wanted);
    const opened = wanted !== undefined && areGuardedWithin(wish, world, desired) ? wanted : undefined;
    if (rule === undefined) return { is: "absent", open: opened && set("create", opened, world) };
    if (isPlaceholderRule(rule, world.ingress.mark)) return { is: "absent", open: opened && set("update", opened, world), shrinks };
    const close = removeOrPlaceholder(route, world, desired);
    // Until its application is replaced nothing may lead to the new holder, nor to the one before.
    if (desired.handovers.has(routeKey(route))) return { is: "drifted", mend: close, close, moves: "origin" };
    const stance = compare(rule, wish, wanted, world, desired);
    return stance.is === "drifted" ? { ...stance, shrinks } : stance;
  },
};

/**
 * A rule that admits no one stays in its place where a wildcard of another party would answer for the whole hostname, or where
 * what is around would answer for a narrower route that cannot open.
 */
function unwished(rule: RawRule | undefined, route: Route, world: Needs, desired: DesiredState): ResourceState<IngressRuleChange> {
  if (rule === undefined) return { is: "absent", open: undefined };
  const screened = route.path === undefined && desired.screened.has(route.hostname);
  if (!screened && !keepsGuard(route, world, desired)) return { is: "left", close: withdraw(route, world) };
  return isPlaceholderRule(rule, world.ingress.mark) ? { is: "absent", open: undefined } : { is: "left", close: shut(route, world) };
}

/** Only as its labels are now: with other ones it is tried again. */
function withheldFrom(wish: Exposure, { ingress }: Needs): WithheldRule | undefined {
  const withheld = ingress.withheld.get(routeKey(wish.route));
  return withheld?.print === originFingerprint(wish.origin) ? withheld : undefined;
}

/** A rule for which cloudflared refused a whole document goes, so that everything else in it comes into force. */
function withhold(
  rule: RawRule | undefined,
  wish: Exposure,
  { refused }: WithheldRule,
  world: Needs,
  desired: DesiredState,
): ResourceState<IngressRuleChange> {
  if (rule !== undefined && !isPlaceholderRule(rule, world.ingress.mark)) {
    const close = removeOrPlaceholder(wish.route, world, desired);
    return { is: "drifted", mend: close, close, moves: undefined };
  }
  return refused ? { is: "taken", problem: refusedRule(wish) } : { is: "absent", open: undefined };
}

function compare(
  rule: RawRule,
  wish: Exposure,
  wanted: DesiredRule | undefined,
  world: Needs,
  desired: DesiredState,
): ResourceState<IngressRuleChange> {
  const sameWay = leads(rule, wish);
  const samePlace = wanted !== undefined && (rule.path || undefined) === pathFor(wanted) && !isShadowed(rule, world.ingress.rules);
  const close = removeOrPlaceholder(wish.route, world, desired);
  if (sameWay && samePlace && checked(rule, wanted.check))
    return isMarked(rule, world.ingress.mark) ? { is: "stands" } : { is: "stands", close };
  return { is: "drifted", mend: wanted === undefined ? close : set("update", wanted, world), close, moves: sameWay ? undefined : "origin" };
}

/** What the rule must be; undefined while the application whose logins it checks is not there. */
function ruleWish(wish: Exposure, world: Needs, desired: DesiredState): DesiredRule | undefined {
  const application = world.access.mine.get(routeKey(wish.route));
  if (application === undefined) return undefined;
  const team = teamOf(world.login.teamDomain);
  const check = isPublic(wish.protection) ? undefined : { team, aud: application.aud };
  const mark = world.ingress.takesMark ? { team, text: world.ingress.mark } : undefined;
  const broad = wish.route.path !== undefined && widerAround(wish, world, desired);
  return { route: wish.route, origin: wish.origin, check, clean: takesCleanOnly(wish, desired), mark, ...(broad && { broad }) };
}

/** A wildcard also where a whole host is within: what that one turns away as unclean must not come in here. */
const takesCleanOnly = (wish: Exposure, desired: DesiredState): boolean =>
  restrictedRoutesWithin(wish, desired).some(({ path }) => path !== undefined || wish.route.hostname.startsWith("*."));

function leads(rule: RawRule, wish: Exposure): boolean {
  const { access: _, ...options } = rule.originRequest ?? {};
  return sameOrigin({ service: rule.service, options: options as Exposure["origin"]["options"] }, wish.origin);
}

function checked(rule: RawRule, wanted: DesiredRule["check"]): boolean {
  const check = loginCheckOf(rule);
  if (wanted === undefined) return check === undefined;
  return check?.required === true && check.team === wanted.team && check.audTag.length === 1 && check.audTag[0] === wanted.aud;
}

/** Where another rule of ours would answer in its place, one that lets nobody in stays there. */
export const removeOrPlaceholder = (route: Route, world: Needs, desired: DesiredState): IngressRuleChange =>
  around(route, world, desired) ? shut(route, world) : withdraw(route, world);

/**
 * So that what is around does not answer for a route that is to let in fewer and cannot open yet, or belongs to another party.
 * If a foreign rule has the hostname, nothing is put in front of it.
 */
export const placeholderFor = (route: Route, world: Needs): IngressRuleChange | undefined =>
  ruleOf(world, route) === undefined && foreignOn(world, route.hostname).length === 0 ? shut(route, world) : undefined;

/** The rule stays as it is but for where it leads. */
export function rerouteRule(route: Route, service: string, world: Needs): IngressRuleChange | undefined {
  const at = rulesAt(world, route).filter((rule) => !isPlaceholderRule(rule, world.ingress.mark) && rule.service !== service);
  return at.length === 0
    ? undefined
    : { kind: "ingress", action: "update", key: key(route), subject: routeKey(route), at, reroute: service };
}

type Shut = Extract<IngressRuleChange, { readonly shut: Route }>;

/** Whether another rule of ours would answer in this one's place, now or as soon as it is opened. */
const around = (route: Route, world: Needs, desired: DesiredState): boolean =>
  [...desired.wishes.values()].some((wish) => isNestedIn(route, wish.route)) ||
  world.ingress.rules.some((rule) => {
    const outer = routeOf(rule);
    return outer !== undefined && isNestedIn(route, outer) && isOwnedRule(rule, world);
  });

const shut = (route: Route, world: Needs): Shut => ({
  kind: "ingress",
  action: "update",
  key: key(route),
  subject: routeKey(route),
  shut: route,
  at: rulesAt(world, route),
  mark: world.ingress.mark,
  team: teamOf(world.login.teamDomain),
  ...(!world.ingress.takesMark && { plain: true }),
});

/** Puts a rule that lets nobody in where somebody else's was, and waits until cloudflared runs on it. */
export const replaceForeignRules = (route: Route, foreign: readonly RawRule[], world: Needs): IngressRuleChange => ({
  ...shut(route, world),
  instead: foreign,
  takes: foreign.length === 0 ? "" : `the rule to ${foreign.map(({ service }) => service).join(", ")}`,
});

const key = (route: Route) => `ingress ${routeKey(route)}`;

const set = (action: "create" | "update", wish: DesiredRule, world: OwnershipEvidence): IngressRuleChange => ({
  kind: "ingress",
  action,
  key: key(wish.route),
  subject: routeKey(wish.route),
  wish,
  at: rulesAt(world, wish.route),
});

const withdraw = (route: Route, world: OwnershipEvidence): IngressRuleChange => ({
  kind: "ingress",
  action: "delete",
  key: key(route),
  subject: routeKey(route),
  at: rulesAt(world, route),
});

const refusedRule = (wish: Exposure): Problem => ({
  code: "CFA-TUNNEL-RULE",
  severity: "error",
  container: wish.workload,
  label: wish.label,
  route: routeKey(wish.route),
  message: `cloudflared does not run the tunnel's rules with the one for ${routeKey(wish.route)} in them, so that rule was taken back`,
  about: "",
  effect: "closed",
  fix: "read in docker compose logs cloudflared what it refuses, and correct or remove the origin labels of this route; cfauth then tries it again",
});

const taken = (wish: Exposure, foreign: RawRule): Problem => ({
  code: "CFA-CONFLICT-INGRESS",
  severity: "error",
  container: wish.workload,
  label: wish.label,
  route: routeKey(wish.route),
  message: `the tunnel already has a rule for ${wish.route.hostname} (to ${foreign.service}), made by somebody else`,
  about: "",
  effect: "closed",
  fix: wish.adopt
    ? `only a rule for just this route can be taken over: remove ${foreign.path ? `the one with the path ${foreign.path}` : "that rule"} under Zero Trust → Networks → Tunnels → Public hostnames`
    : `remove that rule under Zero Trust → Networks → Tunnels → Public hostnames, ${wish.adopting} to take it over, or choose another hostname`,
});
