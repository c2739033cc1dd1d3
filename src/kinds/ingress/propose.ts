import type { Exposure } from "../../domain/exposure.ts";
import { sameOrigin } from "../../domain/origin.ts";
import type { Problem } from "../../domain/problem.ts";
import { beneath, type Route, routeKey } from "../../domain/route.ts";
import type { Desired } from "../../plan/desired.ts";
import type { Rung, Stance } from "../../plan/rung.ts";
import type { AccessSeen } from "../access/seen.ts";
import type { LoginSeen } from "../login/seen.ts";
import { teamOf } from "../login/team.ts";
import { checkOf, foreignOn, isShut, ours, type Proofs, pathFor, routeOf, ruleOf, shadowed } from "./rules.ts";
import type { IngressChange, RawRule, RuleWish } from "./seen.ts";

type Needs = Proofs & { readonly access: Pick<AccessSeen, "mine">; readonly login: Pick<LoginSeen, "teamDomain"> };

/**
 * | the rule                                | its wish | then                                             |
 * |-----------------------------------------|----------|--------------------------------------------------|
 * | of somebody else, on the hostname       | any      | taken                                            |
 * | absent                                  | none     | absent                                           |
 * | absent, its application is not there    | yes      | absent, and can not be opened: there is no aud   |
 * | absent                                  | yes      | open it, with the check of that very application |
 * | ours                                    | none     | close it                                         |
 * | ours, origin or check or place differs  | yes      | mend it; it moves when the origin differs        |
 */
export const ingressRung: Rung<Needs, IngressChange> = {
  kind: "ingress",
  awaited: "the ingress rule of the tunnel",
  stance(route, wish, world, desired) {
    const rule = ruleOf(world, route);
    if (wish === undefined) return rule === undefined ? { is: "absent", open: undefined } : { is: "left", close: withdraw(route) };
    const foreign = foreignOn(world, route.hostname);
    if (foreign !== undefined) return { is: "taken", problem: taken(wish, foreign) };
    const wanted = ruleWish(wish, world, desired);
    if (rule === undefined) return { is: "absent", open: wanted && set("create", wanted) };
    if (isShut(rule, world.ingress.mark)) return { is: "absent", open: wanted && set("update", wanted) };
    return compare(rule, wish, wanted, world);
  },
};

function compare(rule: RawRule, wish: Exposure, wanted: RuleWish | undefined, world: Needs): Stance<IngressChange> {
  const sameWay = leads(rule, wish);
  const samePlace = wanted !== undefined && (rule.path || undefined) === pathFor(wanted) && !shadowed(rule, world.ingress.rules);
  if (sameWay && samePlace && checked(rule, wanted.check)) return { is: "stands" };
  const close = around(wish.route, world) ? shut(wish.route, world) : withdraw(wish.route);
  return { is: "drifted", mend: wanted === undefined ? close : set("update", wanted), close, moves: sameWay ? undefined : "origin" };
}

/** What the rule must be; undefined while the application whose logins it checks is not there. */
function ruleWish(wish: Exposure, world: Needs, desired: Desired): RuleWish | undefined {
  const application = world.access.mine.get(routeKey(wish.route));
  if (application === undefined) return undefined;
  const check = wish.protection.kind === "public" ? undefined : { team: teamOf(world.login.teamDomain), aud: application.aud };
  return { route: wish.route, origin: wish.origin, check, clean: check === undefined && holdsGuarded(wish, desired) };
}

/** Whether a path within this public route shows the same container and is to be protected. */
const holdsGuarded = (wish: Exposure, desired: Desired): boolean =>
  desired.guarded.some(
    ({ route, workload, service }) =>
      route.path !== undefined && (workload === wish.workload || service === wish.origin.service) && beneath(route, wish.route),
  );

function leads(rule: RawRule, wish: Exposure): boolean {
  const { access: _, ...options } = rule.originRequest ?? {};
  return sameOrigin({ service: rule.service, options: options as Exposure["origin"]["options"] }, wish.origin);
}

function checked(rule: RawRule, wanted: RuleWish["check"]): boolean {
  const check = checkOf(rule);
  if (wanted === undefined) return check === undefined;
  return check?.required === true && check.team === wanted.team && check.audTag.length === 1 && check.audTag[0] === wanted.aud;
}

/** Whether another rule of ours would answer in this one's place. */
const around = (route: Route, world: Needs): boolean =>
  world.ingress.rules.some((rule) => {
    const outer = routeOf(rule);
    return outer !== undefined && beneath(route, outer) && ours(rule, world);
  });

const shut = (route: Route, { ingress, login }: Needs): IngressChange => ({
  kind: "ingress",
  action: "update",
  key: key(route),
  subject: routeKey(route),
  shut: route,
  mark: ingress.mark,
  team: teamOf(login.teamDomain),
});

const key = (route: Route) => `ingress ${routeKey(route)}`;

const set = (action: "create" | "update", wish: RuleWish): IngressChange => ({
  kind: "ingress",
  action,
  key: key(wish.route),
  subject: routeKey(wish.route),
  wish,
});

const withdraw = (route: Route): IngressChange => ({ kind: "ingress", action: "delete", key: key(route), subject: routeKey(route), route });

const taken = (wish: Exposure, foreign: RawRule): Problem => ({
  code: "CFA-CONFLICT-INGRESS",
  severity: "error",
  container: wish.workload,
  label: wish.label,
  route: routeKey(wish.route),
  message: `the tunnel already has a rule for ${wish.route.hostname} (to ${foreign.service}), made by somebody else`,
  effect: "closed",
  fix: "remove that rule under Zero Trust → Networks → Tunnels → Public hostnames, or choose another hostname",
});
