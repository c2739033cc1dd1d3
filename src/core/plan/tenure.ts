import type { Party } from "../domain/party.ts";
import { parseRouteKey, type RouteKey, routeKey } from "../domain/route.ts";
import { parseService } from "../domain/service-url.ts";
import type { Engine, Occupant } from "./engine.ts";
import type { RouteRequest } from "./route-requests.ts";
import type { DeployedRoute } from "./types.ts";

export interface Grace {
  readonly graceMs: number;
  /** For what is already missing when cfauth starts: after a reboot containers come up in any order. */
  readonly startupGraceMs: number;
}

/** Who has a route. */
export interface Tenant {
  readonly workload: string;
  readonly party: Party;
}

/** What is remembered of a route from pass to pass. */
export interface Tenure {
  /** Undefined where this process never saw the container: the route stood when cfauth started. */
  readonly tenant: Tenant | undefined;
  /** When the grace of a missing tenant ends, in milliseconds since 1970; set when it is first missed. */
  readonly until: number | undefined;
  /** Workloads that asked for the route and did not get it. They do not inherit while the tenant only restarts. */
  readonly refused: ReadonlySet<string>;
  /** Where its rule leads or led while the tenant is missing. It may be closed by now, because it showed another container. */
  readonly led?: string | undefined;
}

export type Tenures = ReadonlyMap<RouteKey, Tenure>;

/** Who may have a route now. */
export type Tenancy =
  /** Its tenant asks for it: by these claims, all of one party where the tenant is known. */
  | { readonly is: "held"; readonly requests: readonly RouteRequest[] }
  /** Its tenant is missing and may come back; or it runs, and a fault of its labels hides whether it asks for the route: `unsure`. */
  | {
      readonly is: "vacant";
      readonly tenant: Tenant | undefined;
      readonly until: number;
      readonly unsure: boolean;
    }
  /** No party has it. `ended`: its tenant has given it up, or stayed away too long. */
  | { readonly is: "free"; readonly ended: boolean };

/** One route with all that is known of it. */
export interface RoutePlace {
  readonly key: RouteKey;
  readonly deployed: DeployedRoute | undefined;
  readonly before: Tenure | undefined;
  readonly requests: readonly RouteRequest[];
  readonly occupants: readonly Occupant[];
  /** Where its rule leads, or led before it was closed for showing another container than that of its unknown tenant. */
  readonly led: string | undefined;
  readonly tenancy: Tenancy;
}

interface Scene {
  readonly requests: readonly RouteRequest[];
  readonly engine: Engine;
  readonly grace: Grace;
  readonly now: number;
}

/** Every route that stands, is asked for, or is kept for a tenant that may come back. */
export function routePlacesOf(
  deployed: readonly DeployedRoute[],
  before: Tenures,
  context: Scene,
): readonly RoutePlace[] {
  const stands = new Map(deployed.map((it) => [routeKey(it.route), it]));
  const requests = Map.groupBy(context.requests, ({ key }) => key);
  const kept = [...before].flatMap(([key, { until }]) =>
    until !== undefined && until > context.now ? [key] : [],
  );
  const keys = new Set([...stands.keys(), ...requests.keys(), ...kept]);
  return [...keys]
    .toSorted()
    .map((key) => placeOf(key, stands.get(key), before.get(key), requests.get(key) ?? [], context));
}

function placeOf(
  key: RouteKey,
  deployed: DeployedRoute | undefined,
  before: Tenure | undefined,
  requests: readonly RouteRequest[],
  context: Scene,
): RoutePlace {
  const led = deployed !== undefined && isDeployed(deployed) ? deployed.service : before?.led;
  const route = deployed?.route ?? requests[0]?.route;
  const occupants =
    led === undefined || route === undefined
      ? []
      : context.engine.occupants({ route, service: led });
  const seen = { key, deployed, before, requests, occupants, led };
  return { ...seen, tenancy: tenancyOf(seen, context) };
}

/** Whether a rule of ours leads somewhere; one that only keeps the place does not. */
export const isDeployed = ({ service, placeholder }: DeployedRoute): boolean =>
  service !== undefined && !placeholder;

/** Whether another writer restored the rule: cfauth never leaves one without its application. */
export const isRestored = (route: DeployedRoute): boolean =>
  isDeployed(route) && !route.application;

type Seen = Omit<RoutePlace, "tenancy">;

function tenancyOf(seen: Seen, context: Scene): Tenancy {
  const { deployed: stands, before, requests, led } = seen;
  const unsure = isUnsure(seen, context.engine);
  const over = !unsure && before?.until !== undefined && before.until <= context.now;
  const tenure = over ? undefined : before;
  const deployed = stands !== undefined && isDeployed(stands);
  const awaited = led !== undefined && !over;
  const held =
    tenure?.tenant !== undefined || deployed || awaited
      ? requests.filter((request) => isOfTenant(request, { ...seen, before: tenure }))
      : [];
  if (held.length > 0) return { is: "held", requests: held };
  if (over || isReleased(seen, context)) return { is: "free", ended: true };
  const tenant = tenure?.tenant;
  if (
    tenant === undefined &&
    !deployed &&
    !awaited &&
    (requests.length > 0 || stands === undefined || isPlaceholder(stands))
  )
    return { is: "free", ended: false };
  const graceMs = tenant === undefined ? context.grace.startupGraceMs : context.grace.graceMs;
  const until = (unsure ? undefined : tenure?.until) ?? context.now + graceMs;
  return until > context.now || unsure
    ? { is: "vacant", tenant, until, unsure }
    : { is: "free", ended: true };
}

/** Whether the tenant runs and a fault of its labels, such as a misspelt `hostname`, may hide that it asks for the route. */
function isUnsure({ before, occupants }: Seen, { unsure = [] }: Engine): boolean {
  const tenant = before?.tenant;
  if (tenant !== undefined)
    return unsure.some(
      ({ workload, party }) => workload === tenant.workload && party === tenant.party,
    );
  return occupants.some((it) => it.certain && unsure.some(({ ids }) => ids.includes(it.id)));
}

/** A rule that admits no one, and nothing else of ours: it guards the hostname, and no container ever had it. */
export const isPlaceholder = ({ placeholder, application }: DeployedRoute): boolean =>
  placeholder && !application;

function isOfTenant(request: RouteRequest, { before, occupants, led }: Seen): boolean {
  const tenant = before?.tenant;
  if (tenant === undefined) return led !== undefined && isLedTo(request, led, occupants);
  return (
    request.party === tenant.party &&
    (request.workload === tenant.workload || before?.refused.has(request.workload) !== true)
  );
}

/** Whether a rule that leads there leads to the claimant: by what the engine knows, or since it is exactly where its labels lead. */
export const isLedTo = (
  { party, service, byName }: Pick<RouteRequest, "party" | "service" | "byName">,
  deployed: string,
  occupants: readonly Occupant[],
): boolean =>
  occupants.some((it) => it.certain && it.party === party) ||
  [service, byName].some((it) => it !== undefined && isSamePlace(it, deployed));

/** Earlier versions wrote a name without its network: `http://app:80` is where `http://app.tunnel:80` leads. */
function isSamePlace(wanted: string, deployed: string): boolean {
  if (wanted === deployed) return true;
  const [now, old] = [wanted, deployed].map(parseService);
  if (now === undefined || old === undefined || /[.:]/.test(old.host)) return false;
  return now.host.startsWith(`${old.host}.`) && now.port === old.port;
}

/**
 * Whether the tenant is not missing, but asks for the route no longer: it runs, also where the rule leads to the short id or the
 * network of the container that it was before. A rule whose application is gone was restored by another
 * writer. Authentik's hostname is released as well where the rule leads to another container than Authentik's.
 */
function isReleased(seen: Seen, context: Scene): boolean {
  const { deployed, before, occupants } = seen;
  const unsure = isUnsure(seen, context.engine);
  if (before?.tenant !== undefined && context.engine.isRunning(before.tenant) && !unsure)
    return true;
  if (deployed === undefined) return isGivenUp(seen, context.requests);
  if (isRestored(deployed)) return true;
  const runs = occupants.some(
    (it) => it.certain && (before?.tenant === undefined || it.party === before.tenant.party),
  );
  if (unsure) return isOnLoginHost(deployed, context.engine) && isForeignToLogin(context.engine);
  return (
    runs ||
    isGivenUp(seen, context.requests) ||
    (isOnLoginHost(deployed, context.engine) && isForeignToLogin(context.engine))
  );
}

/** Whether the labels lead to this very place, by its name or as it is reached now. */
export const leadsTo = ({ service, byName }: RouteRequest, place: string | undefined): boolean =>
  place !== undefined && [service, byName].includes(place);

export const isOnLoginHost = (
  { route }: Pick<DeployedRoute, "route">,
  { login }: Engine,
): boolean => route.hostname === login.hostname;

/** Without a claim of Authentik's the rule is its own only while it may be restarting. */
const isForeignToLogin = ({ login }: Engine): boolean => login.container.kind !== "absent";

/**
 * Whether its container asks for the same place by another route. Where this process never saw the container, it is taken to be
 * the one that asks for the place on the same hostname; two containers may stand for one machine outside of Docker.
 */
function isGivenUp({ key, deployed, before }: Seen, requests: readonly RouteRequest[]): boolean {
  const tenant = before?.tenant;
  const place = deployed?.service ?? before?.led;
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
