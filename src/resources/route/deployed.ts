import { parseRouteKey, type Route, type RouteKey, routeKey } from "../../core/domain/route.ts";
import type { DeployedRoute } from "../../core/plan/types.ts";
import type { AccessApplication } from "../access-application/types.ts";
import {
  isOwnedRule,
  isPlaceholderRule,
  loginCheckOf,
  routeOf,
  ruleOf,
} from "../ingress-rule/rules.ts";
import type { RawRule } from "../ingress-rule/types.ts";
import { addressOf } from "../login/address.ts";
import type { ObservedState } from "../observed.ts";

/** Every route with an object of ours: an application, a rule, or a record without either. */
export function deployedRoutes(observed: ObservedState): readonly DeployedRoute[] {
  const applications = [...observed.access.mine.keys()].map(parseRouteKey);
  const rules = observed.ingress.rules.filter((rule) => isOwnedRule(rule, observed)).map(routeOf);
  const routes = new Map<RouteKey, Route>();
  for (const route of [...applications, ...rules])
    if (route !== undefined) routes.set(routeKey(route), route);
  const hosts = new Set([...routes.values()].map(({ hostname }) => hostname));
  const recordsOnly = [...observed.dns.mine.keys()]
    .filter((hostname) => !hosts.has(hostname))
    .map((hostname) => ({ hostname, path: undefined }));
  return [...routes.values(), ...recordsOnly].map((route) => deployedRoute(observed, route));
}

function deployedRoute(observed: ObservedState, route: Route): DeployedRoute {
  const rule = ruleOf(observed, route);
  return {
    route,
    service: rule?.service,
    public: rule !== undefined && loginCheckOf(rule)?.required !== true,
    audience: rule && audienceOf(observed.access.mine.get(routeKey(route)), rule),
    placeholder: rule !== undefined && isPlaceholderRule(rule, observed.ingress.mark),
    application: observed.access.mine.has(routeKey(route)),
    login: routeKey(route) === authentikRouteKey(observed),
  };
}

/**
 * Undefined unless the rule checks the logins of this application: otherwise its policies do not
 * decide who enters.
 */
function audienceOf(application: AccessApplication | undefined, rule: RawRule): string | undefined {
  const check = loginCheckOf(rule);
  const decides =
    application !== undefined && (check === undefined || check.audTag.includes(application.aud));
  return decides ? application.policies.join(" ") : undefined;
}

function authentikRouteKey({ login }: ObservedState): string {
  const { hostname, path } = addressOf(login.settings);
  return `${hostname}${path}`;
}
