import { covers, type Hostname } from "../domain/hostname.ts";
import type { Party } from "../domain/party.ts";
import type { RouteKey } from "../domain/route.ts";
import type { ResolvedRoute } from "./conflicts.ts";
import type { LoginHost } from "./engine.ts";
import { type HostTenures, routeOf } from "./holder.ts";
import { isDeployed } from "./tenure.ts";

/** A wildcard route that answers, or is about to, and whose it is. */
interface Wildcard {
  readonly key: RouteKey;
  readonly hostname: Hostname;
  readonly party: Party | undefined;
  readonly workload: string | undefined;
}

/**
 * The exact hostnames that a wildcard of another party must not answer for: all that a party asks for, soundly or not, or that is
 * kept for one that may come back; and Authentik's own hostname, whether or not it is routed here.
 */
export function hostsKeptFromWildcards(
  resolved: readonly ResolvedRoute[],
  hosts: HostTenures,
  login: LoginHost,
): ReadonlyMap<Hostname, ReadonlySet<RouteKey>> {
  const wildcards = resolved.flatMap((it) => wildcardOf(it) ?? []);
  if (wildcards.length === 0) return new Map();
  const parties = partiesByHost(resolved, hosts);
  const names = new Set([...parties.keys(), login.hostname as Hostname]);
  return new Map(
    [...names].toSorted().flatMap((hostname) => {
      const strange = wildcards.filter(
        (it) =>
          covers(it.hostname, hostname) &&
          isStrange(it, hostname, parties.get(hostname) ?? [], login),
      );
      return strange.length === 0
        ? []
        : [[hostname, new Set(strange.map(({ key }) => key))] as const];
    }),
  );
}

function isStrange(
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
 * Whose each hostname is: its holder's, who may share paths of it; else of all that ask for any of it. Undefined: of a container
 * that was gone when cfauth started.
 */
function partiesByHost(
  resolved: readonly ResolvedRoute[],
  hosts: HostTenures,
): ReadonlyMap<Hostname, readonly (Party | undefined)[]> {
  const all = resolved.flatMap(({ place }) => {
    const { tenancy, requests, deployed, led } = place;
    const hostname = routeOf(place)?.hostname;
    // A record alone shows nothing. A rule that is gone by now, since it showed another container, counts as long as its tenant may come back.
    const stood = led !== undefined || deployed?.application === true;
    const missing =
      tenancy.is === "vacant" && stood && hostname !== undefined
        ? [{ hostname, party: tenancy.tenant?.party }]
        : [];
    return [
      ...requests.map(({ route, party }) => ({ hostname: route.hostname, party })),
      ...missing,
    ];
  });
  const free = all.filter(({ hostname }) => !hosts.has(hostname));
  const holders = [...hosts].map(([hostname, { party }]) => ({ hostname, party }));
  const exact = [...free, ...holders].filter(({ hostname }) => !hostname.startsWith("*."));
  return new Map(
    [...Map.groupBy(exact, ({ hostname }) => hostname)].map(([hostname, its]) => [
      hostname,
      its.map(({ party }) => party),
    ]),
  );
}
