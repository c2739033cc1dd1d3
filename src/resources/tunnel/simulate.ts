import type { ObservedTunnel, TunnelChange } from "./types.ts";

/** As it will be seen. @param known - in place of ids that nobody knows yet */
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
