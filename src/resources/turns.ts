import type { Exposure } from "../core/domain/exposure.ts";
import { isNestedIn, type Route, type RouteKey, routeKey } from "../core/domain/route.ts";
import type { DeployedRoute, DesiredState } from "../core/plan/types.ts";
import { policyNames } from "./access-policy/audience.ts";
import { routeKeyOfChange } from "./describe.ts";
import type { ObservedState } from "./observed.ts";
import type { AnyChange } from "./registry.ts";
import { deployedRoutes } from "./route/deployed.ts";

/**
 * In which order the changes of one plan are made. Each of them is safe by itself, so the order is about who waits for whom.
 *
 * | turn     | what                                                                                        |
 * |----------|---------------------------------------------------------------------------------------------|
 * | at once  | all that closes, narrows or repairs: what touches a route that has a rule; the foundations    |
 * | openings | what belongs to routes that have no rule yet, one route of each party after the other        |
 * | later    | tiles, and what is left over of routes that are closed: nothing waits for it                 |
 */
export interface Turns {
  readonly atOnce: readonly AnyChange[];
  readonly openings: readonly AnyChange[];
  readonly later: readonly AnyChange[];
}

export function turnsOf(
  changes: readonly AnyChange[],
  desired: DesiredState,
  observed: ObservedState,
): Turns {
  const rules = deployedRoutes(observed).filter(({ service }) => service !== undefined);
  const wanting = wantingPolicy(desired, observed);
  /** The desired routes that the change is for, where it does nothing but open them. */
  const opens = (change: AnyChange): readonly Exposure[] => {
    const exposures =
      change.kind === "policy"
        ? (wanting.get(change.subject) ?? [])
        : wishAt(routeKeyOfChange(change), desired);
    return exposures.some(
      (exposure) => exposure.protection.kind === "login" || isExposed(exposure, rules),
    )
      ? []
      : exposures;
  };
  const placed = changes.map((change) => ({ change, wishes: opens(change) }));
  const order = fairOrder(new Set(placed.flatMap(({ wishes: exposures }) => exposures)));
  const turn = ({ change, wishes: exposures }: (typeof placed)[number]): keyof Turns => {
    if (change.kind === "tile" || isLeftOver(change, desired, rules)) return "later";
    if (change.kind === "dns") return change.action === "create" ? "openings" : "atOnce";
    return exposures.length > 0 && change.kind !== "login" && change.kind !== "tunnel"
      ? "openings"
      : "atOnce";
  };
  const turns = Map.groupBy(placed, turn);
  const first = (exposures: readonly Exposure[]) =>
    Math.min(...exposures.map((exposure) => order.get(exposure) ?? 0));
  const openings = (turns.get("openings") ?? []).map(({ change, wishes: exposures }) => ({
    change,
    at: first(exposures),
  }));
  return {
    atOnce: (turns.get("atOnce") ?? []).map(({ change }) => change),
    openings: openings.toSorted((a, b) => a.at - b.at).map(({ change }) => change),
    later: (turns.get("later") ?? []).map(({ change }) => change),
  };
}

function wantingPolicy(
  desired: DesiredState,
  observed: ObservedState,
): ReadonlyMap<string, readonly Exposure[]> {
  const named = [...desired.exposures.values()].flatMap((exposure) =>
    policyNames(observed.login.groups.owner, exposure.protection).map((name) => ({
      name,
      wish: exposure,
    })),
  );
  return new Map(
    [...Map.groupBy(named, ({ name }) => name)].map(([name, all]) => [
      name,
      all.map(({ wish: exposure }) => exposure),
    ]),
  );
}

function wishAt(route: Route | undefined, { exposures }: DesiredState): readonly Exposure[] {
  const exposure = route && exposures.get(routeKey(route));
  return exposure === undefined ? [] : [exposure];
}

/** Whether visitors reach it already: by a rule of its own, or by one around it that leads to the same service. */
const isExposed = (exposure: Exposure, rules: readonly DeployedRoute[]): boolean =>
  rules.some(
    ({ route, service }) =>
      routeKey(route) === routeKey(exposure.route) ||
      (service === exposure.origin.service && isNestedIn(exposure.route, route)),
  );

/** What is deleted after it has stopped admitting anyone. */
function isLeftOver(
  change: AnyChange,
  desired: DesiredState,
  rules: readonly DeployedRoute[],
): boolean {
  if (change.action !== "delete") return false;
  if (change.kind === "policy") return true;
  const route = change.kind === "access" ? routeKeyOfChange(change) : undefined;
  if (route === undefined) return false;
  const key: RouteKey = routeKey(route);
  return !desired.exposures.has(key) && !rules.some((rule) => routeKey(rule.route) === key);
}

/**
 * The place of each route in the queue: parties take turns, within a party its containers do. The newest comes first, so that a
 * container that has just started does not wait for those that started before it.
 */
function fairOrder(exposures: ReadonlySet<Exposure>): ReadonlyMap<Exposure, number> {
  const newest = [...exposures].toSorted(
    (a, b) => b.created - a.created || (routeKey(a.route) < routeKey(b.route) ? -1 : 1),
  );
  const byParty = [...Map.groupBy(newest, ({ party }) => party).values()].flatMap((own) =>
    interleaved(own, ({ workload }) => workload),
  );
  return new Map(interleaved(byParty, ({ party }) => party).map((exposure, at) => [exposure, at]));
}

/** The first of each group, then the second of each, and so on. */
function interleaved<T>(items: readonly T[], groupOf: (item: T) => string): readonly T[] {
  const rounds = new Map<string, number>();
  const placed = items.map((item) => {
    const round = rounds.get(groupOf(item)) ?? 0;
    rounds.set(groupOf(item), round + 1);
    return { item, round };
  });
  return placed.toSorted((a, b) => a.round - b.round).map(({ item }) => item);
}
