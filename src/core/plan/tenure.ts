import type { Party } from "../domain/party.ts";
import { parseRouteKey, type RouteKey, routeKey } from "../domain/route.ts";
import { parseService } from "../domain/service-url.ts";
import type { Engine, Occupant } from "./engine.ts";
import type { RouteRequest } from "./route-requests.ts";
import type { DeployedRoute } from "./types.ts";

export interface Grace {
  readonly graceMs: number;
  /** For what is missing when cfauth starts: after a reboot, containers start in any order. */
  readonly startupGraceMs: number;
}

/** The workload that has a route. */
export interface Tenant {
  readonly workload: string;
  readonly party: Party;
}

/** What is remembered of a route from pass to pass. */
export interface Tenure {
  /**
   * Undefined if this process never saw the container: the route was deployed when cfauth started.
   */
  readonly tenant: Tenant | undefined;
  /**
   * When the grace period of a missing tenant ends, in milliseconds since 1970. Set when it is
   * first missed.
   */
  readonly until: number | undefined;
  /**
   * Workloads that asked for the route and did not get it. They do not inherit it while the tenant
   * only restarts.
   */
  readonly refused: ReadonlySet<string>;
  /**
   * Where its rule leads or led while the tenant is missing. The rule may be closed by now, because
   * it showed another container.
   */
  readonly lastService?: string | undefined;
}

export type Tenures = ReadonlyMap<RouteKey, Tenure>;

/** Who may have a route now. */
export type Tenancy =
  /** Its tenant asks for it with these requests. If the tenant is known, all are from its party. */
  | { readonly is: "held"; readonly requests: readonly RouteRequest[] }
  /**
   * Its tenant is missing and may come back. `unsure`: the tenant runs, and a fault of its labels
   * hides whether it asks for the route.
   */
  | {
      readonly is: "vacant";
      readonly tenant: Tenant | undefined;
      readonly until: number;
      readonly unsure: boolean;
    }
  /** No party has it. `ended`: its tenant has given it up, or has been missing for too long. */
  | { readonly is: "free"; readonly ended: boolean };

/** One route with all that is known about it. */
export interface RoutePlace {
  readonly key: RouteKey;
  readonly deployed: DeployedRoute | undefined;
  readonly before: Tenure | undefined;
  readonly requests: readonly RouteRequest[];
  readonly occupants: readonly Occupant[];
  /**
   * Where its rule leads, or led before it was closed for showing another container than its
   * unknown tenant's.
   */
  readonly lastService: string | undefined;
  readonly tenancy: Tenancy;
}

interface TenancyContext {
  readonly requests: readonly RouteRequest[];
  readonly engine: Engine;
  readonly grace: Grace;
  readonly now: number;
}

/** Every route that is deployed, asked for, or kept for a tenant that may come back. */
export function collectRoutePlaces(
  deployed: readonly DeployedRoute[],
  before: Tenures,
  context: TenancyContext,
): readonly RoutePlace[] {
  const deployedByKey = new Map(deployed.map((it) => [routeKey(it.route), it]));
  const requestsByKey = Map.groupBy(context.requests, ({ key }) => key);
  const kept = [...before].flatMap(([key, { until }]) =>
    until !== undefined && until > context.now ? [key] : [],
  );
  const keys = new Set([...deployedByKey.keys(), ...requestsByKey.keys(), ...kept]);
  return [...keys].toSorted().map((key) =>
    describePlace(
      {
        key,
        deployed: deployedByKey.get(key),
        before: before.get(key),
        requests: requestsByKey.get(key) ?? [],
      },
      context,
    ),
  );
}

function describePlace(
  found: Pick<RoutePlace, "key" | "deployed" | "before" | "requests">,
  context: TenancyContext,
): RoutePlace {
  const { deployed, before, requests } = found;
  const lastService =
    deployed !== undefined && isDeployed(deployed) ? deployed.service : before?.lastService;
  const route = deployed?.route ?? requests[0]?.route;
  const occupants =
    lastService === undefined || route === undefined
      ? []
      : context.engine.occupants({ route, service: lastService });
  const facts = { ...found, occupants, lastService };
  return { ...facts, tenancy: decideTenancy(facts, context) };
}

/** Whether a rule of ours leads somewhere. A placeholder rule does not. */
export const isDeployed = ({ service, placeholder }: DeployedRoute): boolean =>
  service !== undefined && !placeholder;

/** Whether another writer restored the rule: cfauth never leaves a rule without its application. */
export const isRestored = (route: DeployedRoute): boolean =>
  isDeployed(route) && !route.application;

/** All that is known about a route, before its tenancy is decided. */
type PlaceFacts = Omit<RoutePlace, "tenancy">;

function decideTenancy(facts: PlaceFacts, context: TenancyContext): Tenancy {
  const { deployed, before, requests, lastService } = facts;
  const unsure = isTenantUnsure(facts, context.engine);
  const isOver = !unsure && before?.until !== undefined && before.until <= context.now;
  const tenure = isOver ? undefined : before;
  const isLive = deployed !== undefined && isDeployed(deployed);
  const isKept = lastService !== undefined && !isOver;
  const held =
    tenure?.tenant !== undefined || isLive || isKept
      ? requests.filter((request) => isOfTenant(request, { ...facts, before: tenure }))
      : [];
  if (held.length > 0) return { is: "held", requests: held };
  if (isOver || isReleased(facts, context)) return { is: "free", ended: true };
  const tenant = tenure?.tenant;
  if (
    tenant === undefined &&
    !isLive &&
    !isKept &&
    (requests.length > 0 || deployed === undefined || isPlaceholder(deployed))
  )
    return { is: "free", ended: false };
  const graceMs = tenant === undefined ? context.grace.startupGraceMs : context.grace.graceMs;
  const until = (unsure ? undefined : tenure?.until) ?? context.now + graceMs;
  return until > context.now || unsure
    ? { is: "vacant", tenant, until, unsure }
    : { is: "free", ended: true };
}

/**
 * Whether the tenant runs, and a fault of its labels, such as a misspelt `hostname`, may hide that
 * it asks for the route.
 */
function isTenantUnsure({ before, occupants }: PlaceFacts, { unsure = [] }: Engine): boolean {
  const tenant = before?.tenant;
  if (tenant !== undefined)
    return unsure.some(
      ({ workload, party }) => workload === tenant.workload && party === tenant.party,
    );
  return occupants.some((it) => it.certain && unsure.some(({ ids }) => ids.includes(it.id)));
}

/**
 * A placeholder rule and nothing else of ours: it guards the hostname, and no container ever had
 * it.
 */
export const isPlaceholder = ({ placeholder, application }: DeployedRoute): boolean =>
  placeholder && !application;

function isOfTenant(
  request: RouteRequest,
  { before, occupants, lastService }: PlaceFacts,
): boolean {
  const tenant = before?.tenant;
  if (tenant === undefined)
    return lastService !== undefined && isLedTo(request, lastService, occupants);
  return (
    request.party === tenant.party &&
    (request.workload === tenant.workload || before?.refused.has(request.workload) !== true)
  );
}

/**
 * Whether a rule to this service leads to the requesting party: the engine says so, or the labels
 * lead to exactly this service.
 */
export const isLedTo = (
  { party, service, byName }: Pick<RouteRequest, "party" | "service" | "byName">,
  deployed: string,
  occupants: readonly Occupant[],
): boolean =>
  occupants.some((it) => it.certain && it.party === party) ||
  [service, byName].some((it) => it !== undefined && isSamePlace(it, deployed));

/**
 * Earlier versions wrote names without a network: `http://app:80` leads where
 * `http://app.tunnel:80` does.
 */
function isSamePlace(wanted: string, deployed: string): boolean {
  if (wanted === deployed) return true;
  const now = parseService(wanted);
  const old = parseService(deployed);
  if (now === undefined || old === undefined || /[.:]/.test(old.host)) return false;
  return now.host.startsWith(`${old.host}.`) && now.port === old.port;
}

/**
 * Whether no grace period keeps the route, because its tenant runs and no longer asks for it. The
 * rule may lead to the short id or the network that the tenant's container had before.
 *
 * A rule whose application is gone is released too, because another writer restored it. So is
 * Authentik's hostname if the rule leads to another container than Authentik's.
 */
function isReleased(facts: PlaceFacts, context: TenancyContext): boolean {
  const { deployed, before, occupants } = facts;
  const unsure = isTenantUnsure(facts, context.engine);
  if (before?.tenant !== undefined && context.engine.isRunning(before.tenant) && !unsure)
    return true;
  if (deployed === undefined) return hasMoved(facts, context.requests);
  if (isRestored(deployed)) return true;
  const runs = occupants.some(
    (it) => it.certain && (before?.tenant === undefined || it.party === before.tenant.party),
  );
  if (unsure) return isOnLoginHost(deployed, context.engine) && isForeignToLogin(context.engine);
  return (
    runs ||
    hasMoved(facts, context.requests) ||
    (isOnLoginHost(deployed, context.engine) && isForeignToLogin(context.engine))
  );
}

/** Whether the labels lead to exactly this place, by its name or as it is reached now. */
export const leadsTo = ({ service, byName }: RouteRequest, place: string | undefined): boolean =>
  place !== undefined && [service, byName].includes(place);

export const isOnLoginHost = (
  { route }: Pick<DeployedRoute, "route">,
  { login }: Engine,
): boolean => route.hostname === login.hostname;

/**
 * If Authentik does not ask for the route, the rule is Authentik's only while it may be restarting.
 */
const isForeignToLogin = ({ login }: Engine): boolean => login.container.kind !== "absent";

/**
 * Whether the tenant asks for the same place under another route.
 *
 * If this process never saw the tenant, it is taken to be the container that asks for the place on
 * the same hostname. On other hostnames that would be unsafe: two containers may stand for one
 * machine outside of Docker.
 */
function hasMoved(
  { key, deployed, before }: PlaceFacts,
  requests: readonly RouteRequest[],
): boolean {
  const tenant = before?.tenant;
  const place = deployed?.service ?? before?.lastService;
  const hostname = (deployed?.route ?? parseRouteKey(key))?.hostname;
  return requests.some(
    (it) =>
      it.kind === "sound" &&
      it.key !== key &&
      leadsTo(it, place) &&
      (tenant === undefined
        ? it.route.hostname === hostname
        : it.workload === tenant.workload && it.party === tenant.party),
  );
}
