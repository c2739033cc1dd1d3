import type { ObservedTunnel, TunnelChange } from "./types.ts";

/**
 * What will be observed after the change.
 *
 * @param known - stands in for an id that is not known yet
 */
export const simulateTunnel = (
  observed: ObservedTunnel,
  change: TunnelChange,
  known: string,
): ObservedTunnel =>
  change.action === "create"
    ? {
        ...observed,
        tunnel: { id: known, name: observed.name, source: "cloudflare", connected: undefined },
        tokenFile: observed.tokenFile && "stale",
      }
    : { ...observed, tokenFile: "current" };
