import type { Exposure } from "../domain/exposure.ts";
import type { Problem } from "../domain/problem.ts";
import { bySpecificity, type Route, type RouteKey, routeKey } from "../domain/route.ts";
import type { Desired, StandingRoute } from "./desired.ts";
import type { Change, House, Stance } from "./rung.ts";
import { exposed, type Surroundings, uncovering, unguarded } from "./shield.ts";

/** Do now; not yet, and why; will not, and why; and what is as it should be. */
export interface Plan<C extends Change> {
  readonly changes: readonly C[];
  readonly waiting: readonly Waiting[];
  readonly problems: readonly Problem[];
  readonly live: readonly RouteKey[];
}

export interface Waiting {
  readonly route: RouteKey;
  /** Continues "waiting for …". */
  readonly reason: string;
}

/**
 * What can be done now so that the world comes nearer to the wishes, each step safe by itself.
 *
 * A change is proposed only when what makes it safe has been observed. The rungs of a route (policy, application, ingress
 * rule, record) are climbed from below and taken down from above, one at a time; the caller applies what is proposed, looks
 * again and asks again. So the answer to any crash, lost reply or stranger's hand is the same: the next plan.
 *
 * | the lowest rung that does not stand | and above it                 | then                                             |
 * |-------------------------------------|------------------------------|--------------------------------------------------|
 * | absent                              | anything                     | open it                                          |
 * | drifted, the audience stays         | anything                     | mend it                                          |
 * | drifted, the audience moves         | a rung that moves as well    | take that one down: old audience, new origin     |
 * | drifted, the audience moves         | nothing                      | take it down; made anew, it knows no old login   |
 * | drifted, the audience moves         | a rung that does not move    | mend it                                          |
 *
 * Pure. The order of the answer does not depend on the order of what came in.
 */
export function plan<World, C extends Change>(house: House<World, C>, desired: Desired, world: World): Plan<C> {
  const base = house.foundations.map((foundation) => ({ awaited: foundation.awaited, ...foundation.propose(world) }));
  const missing = base.find((foundation) => !foundation.stands)?.awaited;
  const standing = house.standing(world);
  const steps = routes(desired, standing).map((route) => step(house, { desired, world, standing, missing }, route));
  const swept = house.sweeps.flatMap((sweep) => sweep(world, desired));
  return {
    changes: once([...base.flatMap(({ changes }) => changes), ...steps.flatMap(({ change }) => change ?? []), ...swept]),
    waiting: [...desired.waiting, ...steps.flatMap(({ waiting }) => waiting ?? [])],
    problems: [...base.flatMap(({ problems }) => problems), ...desired.problems, ...steps.flatMap(({ problems }) => problems ?? [])],
    live: steps.flatMap(({ live }) => live ?? []),
  };
}

/** Every route that is wished or stands, but for those that are to stay as they are. */
function routes(desired: Desired, standing: readonly StandingRoute[]): readonly Route[] {
  const all = [...[...desired.wishes.values()].map((wish) => wish.route), ...standing.map(({ route }) => route)];
  const known = new Map(all.map((route) => [routeKey(route), route]));
  return [...known].flatMap(([key, route]) => (desired.held.has(key) ? [] : [route])).toSorted(bySpecificity);
}

interface Scene<World> extends Surroundings {
  readonly world: World;
  /** The first foundation that does not stand. */
  readonly missing: string | undefined;
}

interface Step<C extends Change> {
  readonly change?: C;
  readonly waiting?: Waiting;
  readonly problems?: readonly Problem[];
  readonly live?: RouteKey;
}

function step<World, C extends Change>(house: House<World, C>, scene: Scene<World>, route: Route): Step<C> {
  const key = routeKey(route);
  const wish = scene.desired.wishes.get(key);
  const stances = () => house.rungs.map((rung) => rung.stance(route, wish, scene.world, scene.desired));
  if (wish === undefined) return uncovering(scene, route) ? {} : descend(stances());
  if (scene.missing !== undefined) return { waiting: { route: key, reason: scene.missing } };
  const all = stances();
  const problems = all.flatMap((stance) => (stance.is === "taken" ? [stance.problem] : []));
  if (problems.length > 0) return { problems };
  const climbed = climb(
    all,
    exposed(scene, wish) ? { ...wish, gate: undefined } : wish,
    key,
    house.rungs.map((rung) => rung.awaited),
  );
  const bare = climbed.change && unguarded(scene, wish);
  return bare === undefined
    ? climbed
    : { waiting: { route: key, reason: `the protected route ${routeKey(bare)}, which would be open without it` }, ...abandon(all) };
}

/** A route that has to wait does not go on showing what nobody wishes there any more. */
function abandon<C extends Change>(stances: readonly Stance<C>[]): Step<C> {
  const gone = stances.find((stance) => stance.is === "drifted" && stance.moves === "origin");
  return gone?.is === "drifted" ? { change: gone.close } : {};
}

/** From above: the highest rung that is ours goes first. */
function descend<C extends Change>(stances: readonly Stance<C>[]): Step<C> {
  const highest = stances.findLast((stance) => stance.is === "left" || stance.is === "drifted");
  return highest === undefined ? {} : { change: highest.close };
}

/** From below: the lowest rung that does not stand comes next. */
function climb<C extends Change>(stances: readonly Stance<C>[], wish: Exposure, key: RouteKey, awaited: readonly string[]): Step<C> {
  const at = stances.findIndex((stance) => stance.is !== "stands");
  const stance = stances[at];
  if (stance === undefined) return { live: key };
  if (wish.gate !== undefined && !opened(stances.slice(at))) return { waiting: { route: key, reason: wish.gate } };
  const change = next(stance, stances[at + 1]);
  return { waiting: { route: key, reason: awaited[at] ?? "" }, ...(change !== undefined && { change }) };
}

function next<C extends Change>(stance: Stance<C>, above: Stance<C> | undefined): C | undefined {
  if (stance.is === "absent") return stance.open;
  if (stance.is !== "drifted") return undefined;
  if (stance.moves === undefined) return stance.mend;
  if (above?.is === "drifted" && above.moves !== undefined) return above.close;
  return above === undefined || above.is !== "absent" ? stance.mend : stance.close;
}

/** Whether something from here up is there already: a gate holds back what is not open yet, never a mend. */
const opened = <C extends Change>(stances: readonly Stance<C>[]): boolean => stances.some(({ is }) => is === "stands" || is === "drifted");

const once = <C extends Change>(changes: readonly C[]): readonly C[] => [
  ...new Map(changes.map((change) => [change.key, change])).values(),
];
