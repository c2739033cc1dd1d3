import type { Exposure } from "../../core/domain/exposure.ts";
import { isNestedIn, type Route, type RouteKey, routeKey } from "../../core/domain/route.ts";
import type { DeployedRoute, DesiredState } from "../../core/plan/types.ts";
import { policyNames } from "../access-policy/audience.ts";
import { routeKeyOfChange } from "../describe.ts";
import type { ObservedState } from "../observed.ts";
import type { AnyChange } from "../registry.ts";
import { deployedRoutes } from "../route/deployed.ts";

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

export function turnsOf(changes: readonly AnyChange[], desired: DesiredState, world: ObservedState): Turns {
  const rules = deployedRoutes(world).filter(({ service }) => service !== undefined);
  const wanting = wantingPolicy(desired, world);
  /** The desired routes that the change is for, where it does nothing but open them. */
  const opens = (change: AnyChange): readonly Exposure[] => {
    const wishes = change.kind === "policy" ? (wanting.get(change.subject) ?? []) : wishAt(routeKeyOfChange(change), desired);
    return wishes.some((wish) => wish.protection.kind === "login" || isExposed(wish, rules)) ? [] : wishes;
  };
  const placed = changes.map((change) => ({ change, wishes: opens(change) }));
  const order = fairOrder(new Set(placed.flatMap(({ wishes }) => wishes)));
  const turn = ({ change, wishes }: (typeof placed)[number]): keyof Turns => {
    if (change.kind === "tile" || isLeftOver(change, desired, rules)) return "later";
    if (change.kind === "dns") return change.action === "create" ? "openings" : "atOnce";
    return wishes.length > 0 && change.kind !== "login" && change.kind !== "tunnel" ? "openings" : "atOnce";
  };
  const turns = Map.groupBy(placed, turn);
  const first = (wishes: readonly Exposure[]) => Math.min(...wishes.map((wish) => order.get(wish) ?? 0));
  const openings = (turns.get("openings") ?? []).map(({ change, wishes }) => ({ change, at: first(wishes) }));
  return {
    atOnce: (turns.get("atOnce") ?? []).map(({ change }) => change),
    openings: openings.toSorted((a, b) => a.at - b.at).map(({ change }) => change),
    later: (turns.get("later") ?? []).map(({ change }) => change),
  };
}

function wantingPolicy(desired: DesiredState, world: ObservedState): ReadonlyMap<string, readonly Exposure[]> {
  const named = [...desired.wishes.values()].flatMap((wish) =>
    policyNames(world.login.groups.owner, wish.protection).map((name) => ({ name, wish })),
  );
  return new Map([...Map.groupBy(named, ({ name }) => name)].map(([name, all]) => [name, all.map(({ wish }) => wish)]));
}

function wishAt(route: Route | undefined, { wishes }: DesiredState): readonly Exposure[] {
  const wish = route && wishes.get(routeKey(route));
  return wish === undefined ? [] : [wish];
}

/** Whether visitors reach it already: by a rule of its own, or by one around it that leads to the same service. */
const isExposed = (wish: Exposure, rules: readonly DeployedRoute[]): boolean =>
  rules.some(
    ({ route, service }) => routeKey(route) === routeKey(wish.route) || (service === wish.origin.service && isNestedIn(wish.route, route)),
  );

/** What is deleted after it has stopped admitting anyone. */
function isLeftOver(change: AnyChange, desired: DesiredState, rules: readonly DeployedRoute[]): boolean {
  if (change.action !== "delete") return false;
  if (change.kind === "policy") return true;
  const route = change.kind === "access" ? routeKeyOfChange(change) : undefined;
  if (route === undefined) return false;
  const key: RouteKey = routeKey(route);
  return !desired.wishes.has(key) && !rules.some((rule) => routeKey(rule.route) === key);
}

/**
 * The place of each route in the queue: parties take turns, within a party its containers do. The newest comes first, so that a
 * container that has just started does not wait for those that started before it.
 */
function fairOrder(wishes: ReadonlySet<Exposure>): ReadonlyMap<Exposure, number> {
  const newest = [...wishes].toSorted((a, b) => b.created - a.created || (routeKey(a.route) < routeKey(b.route) ? -1 : 1));
  const byParty = [...Map.groupBy(newest, ({ party }) => party).values()].flatMap((own) => interleaved(own, ({ workload }) => workload));
  return new Map(interleaved(byParty, ({ party }) => party).map((wish, at) => [wish, at]));
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
