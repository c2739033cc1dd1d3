import { type Exposure, isPublic, isSubsetOf, type Protection } from "../domain/exposure.ts";
import { coversEntirely, isNestedIn, type Route, routeKey } from "../domain/route.ts";
import type { DeployedRoute, DesiredState, ProtectedRoute } from "./types.ts";

/**
 * What the rules for nested routes need: a route that admits fewer people protects its requests
 * from a wider one around it.
 */
export interface NestingContext {
  readonly desired: DesiredState;
  readonly deployed: readonly DeployedRoute[];
}

/** The policies that are to decide who enters, in the same form as `DeployedRoute.audience`. */
export type AudienceOf = (exposure: Exposure) => string | undefined;

/**
 * A route of the same container within this one that is to admit fewer people and is not in place
 * yet. Its requests would come through this route, so the narrower route opens first.
 */
export function unprotectedChild(
  { desired, deployed }: NestingContext,
  exposure: Exposure,
): Route | undefined {
  const { route, workload, party, origin, protection } = exposure;
  return unguardedWithin(desired, deployed, route, {
    by: { workload, party },
    service: origin.service,
    protection,
  })[0];
}

export interface ParentRoute {
  readonly by?: Pick<ProtectedRoute, "workload" | "party">;
  readonly service: string | undefined;
  /** Undefined if unknown: then it may admit anyone. */
  readonly protection?: Protection;
}

/** Routes within this one, of the same container or service, that are to admit fewer people. */
export function restrictedChildren(
  desired: DesiredState,
  at: Route,
  outer: ParentRoute,
): readonly ProtectedRoute[] {
  const isOfSameContainer = ({ workload, party }: ProtectedRoute) =>
    workload === outer.by?.workload && party === outer.by.party;
  const hasSameService = ({ service }: ProtectedRoute) =>
    service !== undefined && service === outer.service;
  const admitsFewer = ({ protection }: ProtectedRoute) =>
    !protection || !outer.protection || !isSubsetOf(outer.protection, protection);
  return desired.protectedRoutes.filter(
    (it) =>
      (isOfSameContainer(it) || hasSameService(it)) && isNestedIn(it.route, at) && admitsFewer(it),
  );
}

/**
 * Those whose requests would come through this route: no rule of theirs checks a login, and no rule
 * leads them elsewhere.
 */
function unguardedWithin(
  desired: DesiredState,
  deployed: readonly DeployedRoute[],
  at: Route,
  outer: ParentRoute,
): readonly Route[] {
  const guarded = new Set(
    deployed
      .filter((it) => it.service !== undefined && !it.public)
      .map(({ route }) => routeKey(route)),
  );
  const leadingAway = deployed.filter(
    (it) => leadsAway(it, outer.service) && it.route.path === undefined && isNestedIn(it.route, at),
  );
  return restrictedChildren(desired, at, outer)
    .map(({ route }) => route)
    .filter(
      (route) =>
        !guarded.has(routeKey(route)) && !leadingAway.some((it) => coversEntirely(route, it.route)),
    );
}

/**
 * Whether its rule shows something else than this service, such as another party's on a hostname
 * inside a wildcard.
 */
const leadsAway = (it: DeployedRoute, service: string | undefined): boolean =>
  it.service !== undefined && (it.placeholder || it.service !== service);

/**
 * Whether a wider route around this one shows the service already. To hold this route back would
 * then only delay its protection.
 */
export function isExposedByParent(
  { desired, deployed }: NestingContext,
  exposure: Exposure,
): boolean {
  const admitsMore = (outer: DeployedRoute) => {
    const wanted = desired.exposures.get(routeKey(outer.route));
    return (
      outer.public || wanted === undefined || !isSubsetOf(wanted.protection, exposure.protection)
    );
  };
  return deployed.some(
    (outer) =>
      outer.service === exposure.origin.service &&
      isNestedIn(exposure.route, outer.route) &&
      admitsMore(outer),
  );
}

/**
 * Whether every route that answers for this one now shows the same service and admits no fewer
 * people. Then this route's own rule can only narrow access, even if narrower routes within it are
 * not in place yet.
 */
export function onlyNarrowsAccess(
  { desired, deployed }: NestingContext,
  exposure: Exposure,
  audience: AudienceOf,
): boolean {
  // A placeholder rule admits no one, so a route that opens in its place widens access.
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
 * Whether removing this route would send its requests to a route around it that admits other people
 * and is not as desired yet: it is to be removed, to lead elsewhere, or to admit others.
 *
 * An outer route that is frozen counts only if it shows the same service, or if a placeholder rule
 * is in this route's place.
 */
export function removalWouldExpose(
  { desired, deployed }: NestingContext,
  route: Route,
  audience: AudienceOf,
): boolean {
  const inner = deployed.find((it) => routeKey(it.route) === routeKey(route));
  if (inner?.service === undefined) return false;
  return deployed.some((outer) => {
    // A placeholder rule admits no one.
    if (outer.service === undefined || outer.placeholder || !isNestedIn(route, outer.route))
      return false;
    // Anyone reaches the same service here already.
    if (inner.public && !inner.placeholder && outer.service === inner.service) return false;
    if (isKeptFrom({ desired, deployed }, route, outer)) return false;
    if (!outer.public && outer.audience !== undefined && outer.audience === inner.audience)
      return false;
    if (unguardedWithin(desired, deployed, route, outer).length > 0) return true;
    // A narrower route between the two is to answer for this one, or for a path of it, and is not
    // in place yet.
    if (
      unguardedWithin(desired, deployed, outer.route, outer).some(
        (it) => coversEntirely(route, it) || isNestedIn(route, it),
      )
    )
      return true;
    if (desired.frozen.has(routeKey(outer.route)))
      return inner.placeholder || outer.service === inner.service;
    const exposure = desired.exposures.get(routeKey(outer.route));
    // An outer route that cannot be removed itself is not waited for.
    if (exposure === undefined)
      return (
        outer.service === inner.service ||
        !removalWouldExpose({ desired, deployed }, outer.route, audience)
      );
    if (exposure.origin.service !== outer.service) return true;
    return (
      outer.audience !== audience(exposure) || (outer.public && !isPublic(exposure.protection))
    );
  });
}

/**
 * Whether the requests of this route never reach that wildcard, because a rule takes the whole
 * host, or will.
 */
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
