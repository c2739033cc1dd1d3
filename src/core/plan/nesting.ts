import { type Exposure, isPublic, isSubsetOf, type Protection } from "../domain/exposure.ts";
import { coversEntirely, isNestedIn, type Route, routeKey } from "../domain/route.ts";
import type { DeployedRoute, DesiredState, ProtectedRoute } from "./types.ts";

/** What lies around a route: one that lets in fewer shields its requests from one around it that lets in more. */
export interface NestingContext {
  readonly desired: DesiredState;
  readonly deployed: readonly DeployedRoute[];
}

/** Which policies are to decide who enters, in the same text as a standing route's. */
export type AudienceOf = (exposure: Exposure) => string | undefined;

/**
 * A route of the same container beneath this one, that is to let in fewer and does not stand yet: its requests would come
 * through here. So what is narrower opens before what is wider around it.
 */
export function unprotectedChild(
  { desired, deployed }: NestingContext,
  exposure: Exposure,
): Route | undefined {
  const { route, workload, party, origin, protection } = exposure;
  return inside(desired, deployed, route, {
    by: { workload, party },
    service: origin.service,
    protection,
  });
}

export interface ParentRoute {
  readonly by?: Pick<ProtectedRoute, "workload" | "party">;
  readonly service: string | undefined;
  /** Undefined where it is not known whom it lets in: then it may be anybody. */
  readonly protection?: Protection;
}

/** Routes within, of the same container or service, that are to let in fewer. */
export function restrictedChildren(
  desired: DesiredState,
  at: Route,
  outer: ParentRoute,
): readonly ProtectedRoute[] {
  const own = (it: ProtectedRoute) =>
    it.workload === outer.by?.workload && it.party === outer.by.party;
  const same = (it: ProtectedRoute) =>
    own(it) || (it.service !== undefined && it.service === outer.service);
  const fewer = ({ protection }: ProtectedRoute) =>
    !protection || !outer.protection || !isSubsetOf(outer.protection, protection);
  return desired.protectedRoutes.filter((it) => same(it) && isNestedIn(it.route, at) && fewer(it));
}

const inside = (
  desired: DesiredState,
  deployed: readonly DeployedRoute[],
  at: Route,
  outer: ParentRoute,
): Route | undefined => unguardedWithin(desired, deployed, at, outer)[0];

/** Those of them whose requests would come through here: no rule checks a login there, and none takes them elsewhere. */
function unguardedWithin(
  desired: DesiredState,
  deployed: readonly DeployedRoute[],
  at: Route,
  outer: ParentRoute,
): readonly Route[] {
  const shields = new Set(
    deployed
      .filter((it) => it.service !== undefined && !it.public)
      .map(({ route }) => routeKey(route)),
  );
  const away = deployed.filter(
    (it) => leadsAway(it, outer.service) && it.route.path === undefined && isNestedIn(it.route, at),
  );
  return restrictedChildren(desired, at, outer)
    .map(({ route }) => route)
    .filter(
      (route) =>
        !shields.has(routeKey(route)) && !away.some((it) => coversEntirely(route, it.route)),
    );
}

/** Whether its rule shows something else than this service, as another party's does on a name inside a wildcard. */
const leadsAway = (it: DeployedRoute, service: string | undefined): boolean =>
  it.service !== undefined && (it.placeholder || it.service !== service);

/** Whether one around it that lets in more shows the service already: then a shut gate would only keep the protection away. */
export function isExposedByParent(
  { desired, deployed }: NestingContext,
  exposure: Exposure,
): boolean {
  const more = (outer: DeployedRoute) => {
    const around = desired.exposures.get(routeKey(outer.route));
    return (
      outer.public || around === undefined || !isSubsetOf(around.protection, exposure.protection)
    );
  };
  return deployed.some(
    (outer) =>
      outer.service === exposure.origin.service &&
      isNestedIn(exposure.route, outer.route) &&
      more(outer),
  );
}

/**
 * Whether all that answers for this route now shows the same service and lets in no fewer: then its own rule can only narrow
 * what is shown, whatever within it is not there yet.
 */
export function onlyNarrowsAccess(
  { desired, deployed }: NestingContext,
  exposure: Exposure,
  audience: AudienceOf,
): boolean {
  // What keeps its place admits no one: to open there lets in more.
  if (
    deployed.some(
      ({ route, placeholder }) => placeholder && routeKey(route) === routeKey(exposure.route),
    )
  )
    return false;
  const around = deployed.filter(
    ({ route }) => isNestedIn(exposure.route, route) || isNestedIn(route, exposure.route),
  );
  const isInSync = (outer: DeployedRoute, wider: Exposure) =>
    outer.service === wider.origin.service &&
    outer.audience === audience(wider) &&
    outer.public === isPublic(wider.protection);
  return (
    around.some(({ route }) => coversEntirely(exposure.route, route)) &&
    around.every((outer) => {
      const wider = desired.exposures.get(routeKey(outer.route));
      if (wider === undefined || outer.service !== exposure.origin.service) return false;
      return isInSync(outer, wider) && isSubsetOf(exposure.protection, wider.protection);
    })
  );
}

/**
 * Whether closing this route would send its requests to one around it that lets in others and is itself on its way out or
 * elsewhere, or does not let in those yet whom it is to. One that stays on as it is counts only where it shows the same service.
 */
export function removalWouldExpose(
  { desired, deployed }: NestingContext,
  route: Route,
  audience: (exposure: Exposure) => string | undefined,
): boolean {
  const inner = deployed.find((it) => routeKey(it.route) === routeKey(route));
  if (inner?.service === undefined) return false;
  return deployed.some((outer) => {
    // One that is shut lets nobody in.
    if (outer.service === undefined || outer.placeholder || !isNestedIn(route, outer.route))
      return false;
    if (isKeptFrom({ desired, deployed }, route, outer)) return false;
    if (!outer.public && outer.audience !== undefined && outer.audience === inner.audience)
      return false;
    if (inside(desired, deployed, route, outer) !== undefined) return true;
    // A more restricted route between the two, which is not in place yet, is to answer for this one, or for a path of it.
    if (
      unguardedWithin(desired, deployed, outer.route, outer).some(
        (it) => coversEntirely(route, it) || isNestedIn(route, it),
      )
    )
      return true;
    if (desired.frozen.has(routeKey(outer.route)))
      return inner.placeholder || outer.service === inner.service;
    const exposure = desired.exposures.get(routeKey(outer.route));
    if (exposure === undefined || exposure.origin.service !== outer.service) return true;
    return (
      outer.audience !== audience(exposure) || (outer.public && !isPublic(exposure.protection))
    );
  });
}

/** Whether the requests of this route never reach that wildcard: a rule that admits no one is, or comes, in the place of the whole host. */
function isKeptFrom(
  { desired, deployed }: NestingContext,
  { hostname, path }: Route,
  wildcard: DeployedRoute,
): boolean {
  if (desired.keptFromWildcards.get(hostname)?.has(routeKey(wildcard.route)) !== true) return false;
  return (
    path === undefined ||
    deployed.some(
      (it) =>
        it.service !== undefined && it.route.hostname === hostname && it.route.path === undefined,
    )
  );
}
