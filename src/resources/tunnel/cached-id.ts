import type { ResourceDriver } from "../contract/driver.ts";
import type { ObservedTunnel, TunnelChange } from "./types.ts";

/**
 * The tunnel driver, and the id of the tunnel that it observed last. The ingress rules are read and
 * written by that id.
 */
export function withCachedTunnelId(kind: ResourceDriver<ObservedTunnel, TunnelChange>): {
  readonly kind: ResourceDriver<ObservedTunnel, TunnelChange>;
  readonly id: () => string | undefined;
} {
  /** Set by every observation and every write; undefined while there is no tunnel. */
  let id: string | undefined;
  const remember = (observed: ObservedTunnel): ObservedTunnel => {
    id = observed.tunnel?.id;
    return observed;
  };
  return {
    id: () => id,
    kind: {
      kind: "tunnel",
      observe: async (scope, before) => remember(await kind.observe(scope, before)),
      apply: async (changes, observed) => {
        const applied = await kind.apply(changes, observed);
        remember(applied.observed);
        return applied;
      },
    },
  };
}
