import type { Exposure } from "../domain/exposure.ts";
import { beneath, type Route, routeKey } from "../domain/route.ts";
import type { Desired, Guarded, StandingRoute } from "./desired.ts";

/** What lies around a route: one that is protected shields its requests from a public one around it. */
export interface Surroundings {
  readonly desired: Desired;
  readonly standing: readonly StandingRoute[];
}

/**
 * A route of the same container beneath this public one, that is to be protected and is not yet: its requests would come
 * through here. So what is protected opens before what is public around it.
 */
export function unguarded({ desired, standing }: Surroundings, wish: Exposure): Route | undefined {
  if (wish.protection.kind !== "public") return undefined;
  return inside(desired, standing, wish.route, { workload: wish.workload, service: wish.origin.service });
}

/** A route within, of the same container or service, that is to be protected and has no rule yet that checks a login. */
function inside(
  desired: Desired,
  standing: readonly StandingRoute[],
  outer: Route,
  shown: { readonly workload?: string; readonly service: string | undefined },
): Route | undefined {
  const shields = new Set(standing.filter((it) => it.service !== undefined && !it.public).map(({ route }) => routeKey(route)));
  const same = (it: Guarded) => it.workload === shown.workload || (it.service !== undefined && it.service === shown.service);
  return desired.guarded.find((it) => same(it) && beneath(it.route, outer) && !shields.has(routeKey(it.route)))?.route;
}

/** Whether a public route around it shows the service already: then a shut gate would only keep the protection away. */
export const exposed = ({ standing }: Surroundings, wish: Exposure): boolean =>
  standing.some((outer) => outer.public && outer.service === wish.origin.service && beneath(wish.route, outer.route));

/**
 * Whether closing this route would send its requests to a public one around it that is itself on its way out or elsewhere.
 * One that stays on as it is counts only where it shows the same service.
 */
export function uncovering({ desired, standing }: Surroundings, route: Route): boolean {
  const inner = standing.find((it) => routeKey(it.route) === routeKey(route));
  if (inner?.service === undefined) return false;
  return standing.some((outer) => {
    if (!outer.public || !beneath(route, outer.route)) return false;
    if (inside(desired, standing, route, outer) !== undefined) return true;
    if (desired.held.has(routeKey(outer.route))) return inner.shut || outer.service === inner.service;
    const wish = desired.wishes.get(routeKey(outer.route));
    return wish?.protection.kind !== "public" || wish.origin.service !== outer.service;
  });
}
