import type { Kind } from "../kind.ts";
import type { TunnelChange, TunnelSeen } from "./seen.ts";

/** The tunnel kind, and the id of the tunnel that it last saw: the rules are read and written by it. */
export function remembered(kind: Kind<TunnelSeen, TunnelChange>): {
  readonly kind: Kind<TunnelSeen, TunnelChange>;
  readonly id: () => string | undefined;
} {
  /** Set by every look and every write; undefined while there is no tunnel. */
  let id: string | undefined;
  const remember = (seen: TunnelSeen): TunnelSeen => {
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
