import type { ReferencedNames } from "../core/domain/directory.ts";
import { routeKey } from "../core/domain/route.ts";
import type {
  AccessApplicationChange,
  ObservedAccessApplications,
} from "./access-application/types.ts";
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
  readonly lookups: LookupDriver;
}

/**
 * Looks at everything, and for the names that the labels ask for. The tunnel comes first, since the rules are looked up by its id;
 * the tiles of routes last, since they are asked for by the routes that exist.
 *
 * @throws {ServiceError} when any part could not be read: there is no half a world
 */
export async function observeAll(
  drivers: Drivers,
  depth: ObservationScope,
  asked: ReferencedNames,
  before: ObservedState | undefined,
): Promise<ObservedState> {
  if (depth === "rules" && before !== undefined)
    return await observeLookups(drivers, asked, {
      ...before,
      ingress: await drivers.ingress.observe(depth, before.ingress),
    });
  const tunnel = await drivers.tunnel.observe(depth, before?.tunnel);
  const [login, policy, access, ingress, dns, tile, lookups] = await inOrder([
    drivers.login.observe(depth, before?.login),
    drivers.policy.observe(depth, before?.policy),
    drivers.access.observe(depth, before?.access),
    drivers.ingress.observe(depth, before?.ingress),
    drivers.dns.observe(depth, before?.dns),
    drivers.tile.observe(depth, before?.tile),
    drivers.lookups.observe(asked),
  ]);
  const world = { login, tunnel, policy, access, ingress, dns, tile, lookups };
  const routes = deployedRoutes(world).map(({ route }) => routeKey(route));
  return { ...world, tile: await drivers.tile.seek(routes, tile, before?.tile) };
}

/** Only for names that were not looked up yet: everything else stays as it was seen. */
export async function observeLookups(
  drivers: Drivers,
  asked: ReferencedNames,
  observed: ObservedState,
): Promise<ObservedState> {
  return isFresh(observed.lookups, asked)
    ? observed
    : { ...observed, lookups: await drivers.lookups.observe(asked) };
}

export interface Wave {
  readonly observed: ObservedState;
  readonly applied: readonly AnyChange[];
  readonly failures: ApplyResult<unknown, AnyChange>["failures"];
  readonly outcomeUnknown: boolean;
}

/** Carries out one wave, the kinds beside each other, and folds what came back into the world. */
export async function applyWave(
  drivers: Drivers,
  changes: readonly AnyChange[],
  observed: ObservedState,
): Promise<Wave> {
  const of = <K extends AnyChange["kind"]>(kind: K) =>
    changes.filter((change): change is Extract<AnyChange, { kind: K }> => change.kind === kind);
  const [login, tunnel, policy, access, ingress, dns, tile] = await Promise.all([
    apply(drivers.login, of("login"), observed.login),
    apply(drivers.tunnel, of("tunnel"), observed.tunnel),
    apply(drivers.policy, of("policy"), observed.policy),
    apply(drivers.access, of("access"), observed.access),
    apply(drivers.ingress, of("ingress"), observed.ingress),
    apply(drivers.dns, of("dns"), observed.dns),
    apply(drivers.tile, of("tile"), observed.tile),
  ]);
  const all = [login, tunnel, policy, access, ingress, dns, tile];
  return {
    observed: {
      ...observed,
      login: login.observed,
      tunnel: tunnel.observed,
      policy: policy.observed,
      access: access.observed,
      ingress: ingress.observed,
      dns: dns.observed,
      tile: tile.observed,
    },
    applied: all.flatMap((it): readonly AnyChange[] => it.applied),
    failures: all.flatMap((it): Wave["failures"] => it.failures),
    // A tunnel that has just been found or made comes with rules that nobody has looked at yet.
    outcomeUnknown:
      all.some((it) => it.outcomeUnknown) ||
      tunnel.applied.some(({ action }) => action === "create"),
  };
}

async function apply<S, C extends AnyChange>(
  kind: ResourceDriver<S, C>,
  changes: readonly C[],
  seen: S,
): Promise<ApplyResult<S, C>> {
  return changes.length === 0
    ? { observed: seen, applied: [], failures: [], outcomeUnknown: false }
    : kind.apply(changes, seen);
}
