import type { ResourceDriver } from "../contract/driver.ts";
import type { ObservedTunnel, TunnelChange } from "./types.ts";

/** The tunnel kind, and the id of the tunnel that it last saw: the rules are read and written by it. */
export function withCachedTunnelId(kind: ResourceDriver<ObservedTunnel, TunnelChange>): {
  readonly kind: ResourceDriver<ObservedTunnel, TunnelChange>;
  readonly id: () => string | undefined;
} {
  /** Set by every look and every write; undefined while there is no tunnel. */
  let id: string | undefined;
  const remember = (seen: ObservedTunnel): ObservedTunnel => {
    id = seen.tunnel?.id;
    return seen;
  };
  return {
    id: () => id,
    kind: {
      kind: "tunnel",
      observe: async (depth, before) => remember(await kind.observe(depth, before)),
      apply: async (changes, seen) => {
        const applied = await kind.apply(changes, seen);
        remember(applied.seen);
        return applied;
      },
    },
  };
}
