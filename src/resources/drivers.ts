import type { ReferencedNames } from "../core/domain/directory.ts";
import { routeKey } from "../core/domain/route.ts";
import type { AccessApplicationChange, ObservedAccessApplications } from "./access-application/types.ts";
import type { AccessPolicyChange, ObservedAccessPolicies } from "./access-policy/types.ts";
import { inOrder } from "./contract/all-in-order.ts";
import type { ApplyResult, ObservationScope, ResourceDriver } from "./contract/driver.ts";
import { isFresh, type LookupDriver } from "./contract/lookups.ts";
import type { DnsRecordChange, ObservedDnsRecords } from "./dns-record/types.ts";
import type { IngressRuleChange, ObservedIngressRules } from "./ingress-rule/types.ts";
import type { LibraryTileDriver } from "./library-tile/driver.ts";
import type { LoginChange, ObservedLogin } from "./login/types.ts";
import type { ObservedState } from "./observed.ts";
import type { AnyChange } from "./registry.ts";
import { deployedRoutes } from "./route/deployed.ts";
import type { ObservedTunnel, TunnelChange } from "./tunnel/types.ts";

/** Every kind's observe and apply, by name. */
export interface Drivers {
  readonly login: ResourceDriver<ObservedLogin, LoginChange>;
  readonly tunnel: ResourceDriver<ObservedTunnel, TunnelChange>;
  readonly policy: ResourceDriver<ObservedAccessPolicies, AccessPolicyChange>;
  readonly access: ResourceDriver<ObservedAccessApplications, AccessApplicationChange>;
  readonly ingress: ResourceDriver<ObservedIngressRules, IngressRuleChange>;
  readonly dns: ResourceDriver<ObservedDnsRecords, DnsRecordChange>;
  readonly tile: LibraryTileDriver;
  readonly directory: LookupDriver;
}

/**
 * Looks at everything, and for the names that the labels ask for. The tunnel comes first, since the rules are looked up by its id;
 * the tiles of routes last, since they are asked for by the routes that exist.
 *
 * @throws {ServiceError} when any part could not be read: there is no half a world
 */
export async function observeAll(
  hands: Drivers,
  depth: ObservationScope,
  asked: ReferencedNames,
  before: ObservedState | undefined,
): Promise<ObservedState> {
  if (depth === "rules" && before !== undefined)
    return await observeLookups(hands, asked, { ...before, ingress: await hands.ingress.observe(depth, before.ingress) });
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
  const routes = deployedRoutes(world).map(({ route }) => routeKey(route));
  return { ...world, tile: await hands.tile.seek(routes, tile, before?.tile) };
}

/** Only for names that were not looked up yet: everything else stays as it was seen. */
export async function observeLookups(hands: Drivers, asked: ReferencedNames, world: ObservedState): Promise<ObservedState> {
  return isFresh(world.directory, asked) ? world : { ...world, directory: await hands.directory.observe(asked) };
}

export interface Wave {
  readonly world: ObservedState;
  readonly done: readonly AnyChange[];
  readonly failures: ApplyResult<unknown, AnyChange>["failures"];
  readonly doubtful: boolean;
}

/** Carries out one wave, the kinds beside each other, and folds what came back into the world. */
export async function applyWave(hands: Drivers, changes: readonly AnyChange[], world: ObservedState): Promise<Wave> {
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

async function apply<S, C extends AnyChange>(kind: ResourceDriver<S, C>, changes: readonly C[], seen: S): Promise<ApplyResult<S, C>> {
  return changes.length === 0 ? { seen, done: [], failures: [], doubtful: false } : kind.apply(changes, seen);
}
