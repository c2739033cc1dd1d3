import type { ResourceDriver } from "../contract/driver.ts";
import type { ObservedTunnel, TunnelChange } from "./types.ts";

/** The tunnel kind, and the id of the tunnel that it last saw: the rules are read and written by it. */
export function withCachedTunnelId(kind: ResourceDriver<ObservedTunnel, TunnelChange>): {
  readonly kind: ResourceDriver<ObservedTunnel, TunnelChange>;
  readonly id: () => string | undefined;
} {
  /** Set by every look and every write; undefined while there is no tunnel. */
  let id: string | undefined;
  const remember = (observed: ObservedTunnel): ObservedTunnel => {
    id = observed.tunnel?.id;
    return observed;
  };
  return {
    id: () => id,
    kind: {
      kind: "tunnel",
      observe: async (depth, before) => remember(await kind.observe(depth, before)),
      apply: async (changes, observed) => {
        const applied = await kind.apply(changes, observed);
        remember(applied.observed);
        return applied;
      },
    },
  };
}
