import type { ObservedTunnel, TunnelChange } from "./types.ts";

/** As it will be seen. @param known - in place of ids that nobody knows yet */
export const simulateTunnel = (seen: ObservedTunnel, change: TunnelChange, known: string): ObservedTunnel =>
  change.action === "create"
    ? { ...seen, tunnel: { id: known, name: seen.name, source: "cloudflare", connected: undefined }, tokenFile: seen.tokenFile && "stale" }
    : { ...seen, tokenFile: "current" };
