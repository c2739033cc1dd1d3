import { type Exposure, isPublic, isSubsetOf, type Protection } from "../domain/exposure.ts";
import { coversEntirely, isNestedIn, type Route, routeKey } from "../domain/route.ts";
import type { DeployedRoute, DesiredState, ProtectedRoute } from "./types.ts";

/** What lies around a route: one that lets in fewer shields its requests from one around it that lets in more. */
export interface NestingContext {
  readonly desired: DesiredState;
  readonly standing: readonly DeployedRoute[];
}

/** Which policies are to decide who enters, in the same text as a standing route's. */
export type AudienceOf = (wish: Exposure) => string | undefined;

/**
 * A route of the same container beneath this one, that is to let in fewer and does not stand yet: its requests would come
 * through here. So what is narrower opens before what is wider around it.
 */
export function unprotectedChild({ desired, standing }: NestingContext, wish: Exposure): Route | undefined {
  const { route, workload, party, origin, protection } = wish;
  return inside(desired, standing, route, { by: { workload, party }, service: origin.service, protection });
}

export interface ParentRoute {
  readonly by?: Pick<ProtectedRoute, "workload" | "party">;
  readonly service: string | undefined;
  /** Undefined where it is not known whom it lets in: then it may be anybody. */
  readonly protection?: Protection;
}

/** Routes within, of the same container or service, that are to let in fewer. */
export function restrictedChildren(desired: DesiredState, at: Route, outer: ParentRoute): readonly ProtectedRoute[] {
  const own = (it: ProtectedRoute) => it.workload === outer.by?.workload && it.party === outer.by.party;
  const same = (it: ProtectedRoute) => own(it) || (it.service !== undefined && it.service === outer.service);
  const fewer = ({ protection }: ProtectedRoute) => !protection || !outer.protection || !isSubsetOf(outer.protection, protection);
  return desired.guarded.filter((it) => same(it) && isNestedIn(it.route, at) && fewer(it));
}

const inside = (desired: DesiredState, standing: readonly DeployedRoute[], at: Route, outer: ParentRoute): Route | undefined =>
  unguardedWithin(desired, standing, at, outer)[0];

/** Those of them whose requests would come through here: no rule checks a login there, and none takes them elsewhere. */
function unguardedWithin(desired: DesiredState, standing: readonly DeployedRoute[], at: Route, outer: ParentRoute): readonly Route[] {
  const shields = new Set(standing.filter((it) => it.service !== undefined && !it.public).map(({ route }) => routeKey(route)));
  const away = standing.filter((it) => leadsAway(it, outer.service) && it.route.path === undefined && isNestedIn(it.route, at));
  return restrictedChildren(desired, at, outer)
    .map(({ route }) => route)
    .filter((route) => !shields.has(routeKey(route)) && !away.some((it) => coversEntirely(route, it.route)));
}

/** Whether its rule shows something else than this service, as another party's does on a name inside a wildcard. */
const leadsAway = (it: DeployedRoute, service: string | undefined): boolean =>
  it.service !== undefined && (it.shut || it.service !== service);

/** Whether one around it that lets in more shows the service already: then a shut gate would only keep the protection away. */
export function isExposedByParent({ desired, standing }: NestingContext, wish: Exposure): boolean {
  const more = (outer: DeployedRoute) => {
    const exposure = desired.wishes.get(routeKey(outer.route));
    return outer.public || exposure === undefined || !isSubsetOf(exposure.protection, wish.protection);
  };
  return standing.some((outer) => outer.service === wish.origin.service && isNestedIn(wish.route, outer.route) && more(outer));
}

/**
 * Whether all that answers for this route now shows the same service and lets in no fewer: then its own rule can only narrow
 * what is shown, whatever within it is not there yet.
 */
export function onlyNarrowsAccess({ desired, standing }: NestingContext, wish: Exposure, audience: AudienceOf): boolean {
  // What keeps its place admits no one: to open there lets in more.
  if (standing.some(({ route, shut }) => shut && routeKey(route) === routeKey(wish.route))) return false;
  const around = standing.filter(({ route }) => isNestedIn(wish.route, route) || isNestedIn(route, wish.route));
  const isInSync = (outer: DeployedRoute, exposure: Exposure) =>
    outer.service === exposure.origin.service && outer.audience === audience(exposure) && outer.public === isPublic(exposure.protection);
  return (
    around.some(({ route }) => coversEntirely(wish.route, route)) &&
    around.every((outer) => {
      const exposure = desired.wishes.get(routeKey(outer.route));
      if (exposure === undefined || outer.service !== wish.origin.service) return false;
      return isInSync(outer, exposure) && isSubsetOf(wish.protection, exposure.protection);
    })
  );
}

/**
 * Whether closing this route would send its requests to one around it that lets in others and is itself on its way out or
 * elsewhere, or does not let in those yet whom it is to. One that stays on as it is counts only where it shows the same service.
 */
export function removalWouldExpose(
  { desired, standing }: NestingContext,
  route: Route,
  audience: (wish: Exposure) => string | undefined,
): boolean {
  const inner = standing.find((it) => routeKey(it.route) === routeKey(route));
  if (inner?.service === undefined) return false;
  return standing.some((outer) => {
    // One that is shut lets nobody in.
    if (outer.service === undefined || outer.shut || !isNestedIn(route, outer.route)) return false;
    if (isKeptFrom({ desired, standing }, route, outer)) return false;
    if (!outer.public && outer.audience !== undefined && outer.audience === inner.audience) return false;
    if (inside(desired, standing, route, outer) !== undefined) return true;
    // A more restricted route between the two, which is not in place yet, is to answer for this one, or for a path of it.
    if (unguardedWithin(desired, standing, outer.route, outer).some((it) => coversEntirely(route, it) || isNestedIn(route, it)))
      return true;
    if (desired.held.has(routeKey(outer.route))) return inner.shut || outer.service === inner.service;
    const wish = desired.wishes.get(routeKey(outer.route));
    if (wish === undefined || wish.origin.service !== outer.service) return true;
    return outer.audience !== audience(wish) || (outer.public && !isPublic(wish.protection));
  });
}

/** Whether the requests of this route never reach that wildcard: a rule that admits no one is, or comes, in the place of the whole host. */
function isKeptFrom({ desired, standing }: NestingContext, { hostname, path }: Route, wildcard: DeployedRoute): boolean {
  if (desired.screened.get(hostname)?.has(routeKey(wildcard.route)) !== true) return false;
  return (
    path === undefined || standing.some((it) => it.service !== undefined && it.route.hostname === hostname && it.route.path === undefined)
  );
}
