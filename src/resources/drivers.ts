import type { ReferencedNames } from "../core/domain/directory.ts";
import { type RouteKey, routeKey } from "../core/domain/route.ts";
import { inOrder } from "./contract/all-in-order.ts";
import type { ApplyResult, ObservationScope, ResourceDriver } from "./contract/driver.ts";
import { isFresh, type LookupDriver } from "./contract/lookups.ts";
import {
  type AnyChange,
  type ChangeOf,
  type ObservedOf,
  type ObservedState,
  RESOURCE_KINDS,
  type ResourceKind,
} from "./registry.ts";
import { deployedRoutes } from "./route/deployed.ts";

/** The driver of every kind, and the lookups of names. */
export type Drivers = {
  readonly [K in ResourceKind]: ResourceDriver<ObservedOf<K>, ChangeOf<K>>;
} & { readonly lookups: LookupDriver };

/**
 * Observes everything, and looks up the names that the labels refer to. The tunnel comes first, because its rules are looked up
 * by its id. Tiles are asked for once more by the routes that exist, because the list does not show all of them.
 *
 * @throws {ServiceError} when any part could not be read: there is no partial state
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
  const others = RESOURCE_KINDS.filter((kind) => kind !== "tunnel");
  const looks = others.map((kind) => observeKind(drivers, kind, depth, before));
  const [lookups, ...states] = await inOrder([drivers.lookups.observe(asked), ...looks]);
  const observed = {
    ...Object.fromEntries(others.map((kind, at) => [kind, states[at]])),
    tunnel,
    lookups,
  } as ObservedState;
  const routes = deployedRoutes(observed).map(({ route }) => routeKey(route));
  return await observeByRoute(drivers, routes, observed, before);
}

/** @throws {ServiceError} when it could not be read */
export const observeKind = <K extends ResourceKind>(
  drivers: Drivers,
  kind: K,
  depth: ObservationScope,
  before: ObservedState | undefined,
): Promise<ObservedOf<K>> => driverOf(drivers, kind).observe(depth, before?.[kind]);

/** A mapped type does not say by itself that a kind's driver takes the state of that kind. */
const driverOf = <K extends ResourceKind>(
  drivers: Drivers,
  kind: K,
): ResourceDriver<ObservedOf<K>, ChangeOf<K>> =>
  drivers[kind] as unknown as ResourceDriver<ObservedOf<K>, ChangeOf<K>>;

async function observeByRoute(
  drivers: Drivers,
  routes: readonly RouteKey[],
  observed: ObservedState,
  before: ObservedState | undefined,
): Promise<ObservedState> {
  let complete = observed;
  for (const kind of RESOURCE_KINDS) {
    const driver = driverOf(drivers, kind);
    const state = await driver.observeByRoute?.(routes, complete[kind], before?.[kind]);
    if (state !== undefined) complete = { ...complete, [kind]: state };
  }
  return complete;
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
  const results = await Promise.all(
    RESOURCE_KINDS.map((kind) => applyOne(drivers, kind, changes, observed)),
  );
  const states = Object.fromEntries(
    RESOURCE_KINDS.map((kind, at) => [kind, results[at]?.observed]),
  ) as unknown as ObservedState;
  const applied = results.flatMap((it): readonly AnyChange[] => it.applied);
  return {
    observed: { ...observed, ...states },
    applied,
    failures: results.flatMap((it): Wave["failures"] => it.failures),
    // A tunnel that has just been found or created comes with rules that have not been observed yet.
    outcomeUnknown:
      results.some((it) => it.outcomeUnknown) ||
      applied.some(({ kind, action }) => kind === "tunnel" && action === "create"),
  };
}

async function applyOne<K extends ResourceKind>(
  drivers: Drivers,
  kind: K,
  changes: readonly AnyChange[],
  { [kind]: observed }: ObservedState,
): Promise<ApplyResult<ObservedOf<K>, ChangeOf<K>>> {
  const own = changes.filter((change): change is ChangeOf<K> => change.kind === kind);
  return own.length === 0
    ? { observed, applied: [], failures: [], outcomeUnknown: false }
    : driverOf(drivers, kind).apply(own, observed);
}
