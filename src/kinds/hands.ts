import type { Asked } from "../domain/directory.ts";
import { routeKey } from "../domain/route.ts";
import type { AccessChange, AccessSeen } from "./access/seen.ts";
import { answers, type DirectoryHands } from "./directory.ts";
import type { DnsChange, DnsSeen } from "./dns/seen.ts";
import { inOrder } from "./in-order.ts";
import type { AnyChange } from "./index.ts";
import type { IngressChange, IngressSeen } from "./ingress/seen.ts";
import type { Applied, Depth, Kind } from "./kind.ts";
import type { LoginChange, LoginSeen } from "./login/seen.ts";
import type { PolicyChange, PolicySeen } from "./policy/seen.ts";
import { standing } from "./standing.ts";
import type { TileHands } from "./tile/api.ts";
import type { TunnelChange, TunnelSeen } from "./tunnel/seen.ts";
import type { World } from "./world.ts";

/** Every kind's observe and apply, by name. */
export interface Hands {
  readonly login: Kind<LoginSeen, LoginChange>;
  readonly tunnel: Kind<TunnelSeen, TunnelChange>;
  readonly policy: Kind<PolicySeen, PolicyChange>;
  readonly access: Kind<AccessSeen, AccessChange>;
  readonly ingress: Kind<IngressSeen, IngressChange>;
  readonly dns: Kind<DnsSeen, DnsChange>;
  readonly tile: TileHands;
  readonly directory: DirectoryHands;
}

/**
 * Looks at everything, and for the names that the labels ask for. The tunnel comes first, since the rules are looked up by its id;
 * the tiles of routes last, since they are asked for by the routes that exist.
 *
 * @throws {WorldError} when any part could not be read: there is no half a world
 */
export async function look(hands: Hands, depth: Depth, asked: Asked, before: World | undefined): Promise<World> {
  const tunnel = await hands.tunnel.observe(depth, before?.tunnel);
  const [login, policy, access, ingress, dns, tile, directory] = await inOrder([
    hands.login.observe(depth, before?.login),
    hands.policy.observe(depth, before?.policy),
    hands.access.observe(depth, before?.access),
    hands.ingress.observe(depth, before?.ingress),
    hands.dns.observe(depth, before?.dns),
    hands.tile.observe(depth, before?.tile),
    hands.directory.observe(asked),
  ]);
  const world = { login, tunnel, policy, access, ingress, dns, tile, directory };
  const routes = standing(world).map(({ route }) => routeKey(route));
  return { ...world, tile: await hands.tile.seek(routes, tile, before?.tile) };
}

/** Only for names that were not looked up yet: everything else stays as it was seen. */
export async function lookUp(hands: Hands, asked: Asked, world: World): Promise<World> {
  return answers(world.directory, asked) ? world : { ...world, directory: await hands.directory.observe(asked) };
}

export interface Wave {
  readonly world: World;
  readonly done: readonly AnyChange[];
  readonly failures: Applied<unknown, AnyChange>["failures"];
  readonly doubtful: boolean;
}

/** Carries out one wave, the kinds beside each other, and folds what came back into the world. */
export async function carryOut(hands: Hands, changes: readonly AnyChange[], world: World): Promise<Wave> {
  const of = <K extends AnyChange["kind"]>(kind: K) =>
    changes.filter((change): change is Extract<AnyChange, { kind: K }> => change.kind === kind);
  const [login, tunnel, policy, access, ingress, dns, tile] = await Promise.all([
    apply(hands.login, of("login"), world.login),
    apply(hands.tunnel, of("tunnel"), world.tunnel),
    apply(hands.policy, of("policy"), world.policy),
    apply(hands.access, of("access"), world.access),
    apply(hands.ingress, of("ingress"), world.ingress),
    apply(hands.dns, of("dns"), world.dns),
    apply(hands.tile, of("tile"), world.tile),
  ]);
  const all = [login, tunnel, policy, access, ingress, dns, tile];
  return {
    world: {
      ...world,
      login: login.seen,
      tunnel: tunnel.seen,
      policy: policy.seen,
      access: access.seen,
      ingress: ingress.seen,
      dns: dns.seen,
      tile: tile.seen,
    },
    done: all.flatMap((it): readonly AnyChange[] => it.done),
    failures: all.flatMap((it): Wave["failures"] => it.failures),
    // A tunnel that has just been found or made comes with rules that nobody has looked at yet.
    doubtful: all.some((it) => it.doubtful) || tunnel.done.some(({ action }) => action === "create"),
  };
}

async function apply<S, C extends AnyChange>(kind: Kind<S, C>, changes: readonly C[], seen: S): Promise<Applied<S, C>> {
  return changes.length === 0 ? { seen, done: [], failures: [], doubtful: false } : kind.apply(changes, seen);
}
