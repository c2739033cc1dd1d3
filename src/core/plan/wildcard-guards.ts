import { covers, type Hostname } from "../domain/hostname.ts";
import type { Party } from "../domain/party.ts";
import type { RouteKey } from "../domain/route.ts";
import type { ResolvedRoute } from "./conflicts.ts";
import type { LoginHost } from "./engine.ts";
import { type HostTenures, routeOfPlace } from "./holder.ts";
import type { RouteRequest } from "./route-requests.ts";
import { isDeployed } from "./tenure.ts";

/** A wildcard route that answers or is about to, with its party. */
interface Wildcard {
  readonly key: RouteKey;
  readonly hostname: Hostname;
  readonly party: Party | undefined;
  readonly workload: string | undefined;
}

/**
 * Finds the exact hostnames that a wildcard of another party must not answer for: those that a
 * party asks for with sound or faulty labels, those that are kept for a party that may come back,
 * and Authentik's own hostname, whether or not it is routed here.
 */
export function findHostsKeptFromWildcards({
  resolved,
  requests,
  hosts,
  login,
}: {
  readonly resolved: readonly ResolvedRoute[];
  /** Those that a holder refuses too. */
  readonly requests: readonly RouteRequest[];
  readonly hosts: HostTenures;
  readonly login: LoginHost;
}): ReadonlyMap<Hostname, ReadonlySet<RouteKey>> {
  const wildcards = resolved.flatMap((it) => wildcardOf(it) ?? []);
  if (wildcards.length === 0) return new Map();
  const parties = partiesByHost(resolved, requests, hosts);
  const names = new Set([...parties.keys(), login.hostname as Hostname]);
  return new Map(
    [...names].toSorted().flatMap((hostname) => {
      const foreign = wildcards.filter(
        (it) =>
          covers(it.hostname, hostname) &&
          isForeignTo(it, hostname, parties.get(hostname) ?? [], login),
      );
      return foreign.length === 0
        ? []
        : [[hostname, new Set(foreign.map(({ key }) => key))] as const];
    }),
  );
}

function isForeignTo(
  { party, workload }: Wildcard,
  hostname: Hostname,
  parties: readonly (Party | undefined)[],
  login: LoginHost,
): boolean {
  if (hostname === login.hostname) return !isAuthentik(party, workload, login);
  return parties.some((it) => it === undefined || it !== party);
}

function isAuthentik(
  party: Party | undefined,
  workload: string | undefined,
  { container }: LoginHost,
): boolean {
  return (
    container.kind === "found" &&
    party === container.party &&
    workload !== undefined &&
    container.names.has(workload)
  );
}

function wildcardOf({ place, winner }: ResolvedRoute): Wildcard | undefined {
  const route = winner?.route ?? place.deployed?.route;
  const answers =
    winner?.kind === "sound" || (place.deployed !== undefined && isDeployed(place.deployed));
  if (route === undefined || !answers || !route.hostname.startsWith("*.")) return undefined;
  const { party, workload } = winner ??
    place.before?.tenant ?? { party: undefined, workload: undefined };
  return { key: place.key, hostname: route.hostname, party, workload };
}

/**
 * The parties of each exact hostname: its holder, who may share paths of it; all that ask for any
 * part of it while there is no holder, or while the holder is missing. Undefined is the party of a
 * container that was missing when cfauth started.
 */
function partiesByHost(
  resolved: readonly ResolvedRoute[],
  requests: readonly RouteRequest[],
  hosts: HostTenures,
): ReadonlyMap<Hostname, readonly (Party | undefined)[]> {
  const all = resolved.flatMap(({ place }) => {
    const { tenancy, deployed, lastService } = place;
    const hostname = routeOfPlace(place)?.hostname;
    // A DNS record alone shows nothing. A rule that was removed because it showed another container
    // counts as long as its tenant may come back.
    const wasOpen = lastService !== undefined || deployed?.application === true;
    const missing =
      tenancy.is === "vacant" && wasOpen && hostname !== undefined
        ? [{ hostname, party: tenancy.tenant?.party }]
        : [];
    return [
      ...place.requests.map(({ route, party }) => ({ hostname: route.hostname, party })),
      ...missing,
    ];
  });
  const free = all.filter(({ hostname }) => !hosts.has(hostname));
  const rivals = requests
    .map(({ route, party }) => ({ hostname: route.hostname, party }))
    .filter(({ hostname }) => hosts.get(hostname)?.until !== undefined);
  const holders = [...hosts].map(([hostname, { party }]) => ({ hostname, party }));
  const exact = [...free, ...rivals, ...holders].filter(
    ({ hostname }) => !hostname.startsWith("*."),
  );
  return new Map(
    [...Map.groupBy(exact, ({ hostname }) => hostname)].map(([hostname, owned]) => [
      hostname,
      owned.map(({ party }) => party),
    ]),
  );
}
