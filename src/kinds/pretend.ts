import { accessAfter } from "./access/pretend.ts";
import { dnsAfter } from "./dns/pretend.ts";
import { knownAfter } from "./fields.ts";
import type { Hands } from "./hands.ts";
import type { AnyChange } from "./index.ts";
import { arrange } from "./ingress/arrange.ts";
import type { IngressChange, IngressSeen } from "./ingress/seen.ts";
import type { Applied, Kind } from "./kind.ts";
import { loginAfter } from "./login/pretend.ts";
import { policyAfter } from "./policy/pretend.ts";
import { tileAfter } from "./tile/pretend.ts";
import { tunnelAfter } from "./tunnel/pretend.ts";
import type { World } from "./world.ts";

/**
 * Hands that touch nothing: what they are given to do is done, and is seen from then on. With them a pass runs to its end as it
 * would with real ones, so that its whole order is known before. What would be made has `knownAfter(3)` for its id.
 *
 * Wherever the world refuses something, or somebody writes in between, the real pass differs.
 *
 * @param told - each change in the order in which it would be done; its answer is the number by which it is shown
 */
export function pretending(world: World, told: (change: AnyChange) => number): Hands {
  const kind = <S, C extends AnyChange>(name: C["kind"], after: (seen: S, change: C, known: string) => S): Kind<S, C> => ({
    kind: name,
    observe: (_depth, before) => Promise.resolve(before as S),
    apply: async (changes, seen) => done(changes, seen, (sofar, change) => after(sofar, change, knownAfter(told(change)))),
  });
  return {
    tunnel: kind("tunnel", tunnelAfter),
    login: kind("login", loginAfter),
    policy: kind("policy", policyAfter),
    access: kind("access", accessAfter),
    ingress: { kind: "ingress", observe: (_depth, before) => Promise.resolve(before ?? world.ingress), apply: rules(told) },
    dns: kind("dns", dnsAfter),
    tile: { ...kind("tile", tileAfter), seek: (_routes, seen) => Promise.resolve(seen) },
    directory: { observe: () => Promise.resolve(world.directory) },
  };
}

const done = <S, C extends AnyChange>(changes: readonly C[], seen: S, after: (seen: S, change: C) => S): Applied<S, C> => ({
  seen: changes.reduce(after, seen),
  done: changes,
  failures: [],
  doubtful: false,
});

/** One write of the whole document. Who takes over waits until it is in force; where nothing had to be written, nothing was done. */
const rules =
  (told: (change: AnyChange) => number) =>
  async (changes: readonly IngressChange[], seen: IngressSeen): Promise<Applied<IngressSeen, IngressChange>> => {
    const inForce = changes.some((change) => "instead" in change);
    const next = arrange(seen, changes);
    if (inForce && JSON.stringify(next.rules) === JSON.stringify(seen.rules)) return done([], { ...seen, inForce }, (it) => it);
    for (const change of changes) told(change);
    return done(changes, { ...next, inForce }, (it) => it);
  };
