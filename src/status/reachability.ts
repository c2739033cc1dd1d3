import { covers } from "../core/domain/hostname.ts";
import type { DeployedRoute } from "../core/plan/types.ts";
import type { ObservedState } from "../resources/observed.ts";

/**
 * True if requests reach the container, with or without a login: an ingress rule admits them, and
 * the name points to the tunnel. Foreign DNS records count as well: a wildcard record made by hand
 * leads visitors here just like cfauth's own.
 */
export const isReachable = (
  observed: ObservedState,
  { route, service, placeholder }: DeployedRoute,
): boolean => service !== undefined && !placeholder && pointsToTunnel(observed, route.hostname);

/** A record of the exact name hides every wildcard above it. */
function pointsToTunnel({ dns: { mine, theirs } }: ObservedState, hostname: string): boolean {
  const hasTunnelRecord = (name: string): boolean =>
    [...mine.keys()].some((it) => it === name) ||
    (theirs.get(name) ?? []).some(({ content }) => content.endsWith(".cfargotunnel.com"));
  if (hasTunnelRecord(hostname)) return true;
  if (theirs.has(hostname)) return false;
  return [...mine.keys(), ...theirs.keys()].some(
    (name) => name.startsWith("*.") && covers(name, hostname) && hasTunnelRecord(name),
  );
}
