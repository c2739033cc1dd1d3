import { covers } from "../core/domain/hostname.ts";
import type { DeployedRoute } from "../core/plan/types.ts";
import type { ObservedState } from "../resources/observed.ts";

/**
 * Whether requests for it come to its container, after a login or without one: there is a rule that lets some in, and the name
 * leads to the tunnel. Records of others count: a wildcard that somebody made by hand brings people as ours does.
 */
export const isReachable = (
  observed: ObservedState,
  { route, service, placeholder }: DeployedRoute,
): boolean => service !== undefined && !placeholder && leadsHere(observed, route.hostname);

/** A record of the name itself hides every wildcard above it. */
function leadsHere({ dns: { mine, theirs } }: ObservedState, hostname: string): boolean {
  const leads = (name: string): boolean =>
    [...mine.keys()].some((it) => it === name) ||
    (theirs.get(name) ?? []).some(({ content }) => content.endsWith(".cfargotunnel.com"));
  if (leads(hostname)) return true;
  if (theirs.has(hostname)) return false;
  return [...mine.keys(), ...theirs.keys()].some(
    (name) => name.startsWith("*.") && covers(name, hostname) && leads(name),
  );
}
