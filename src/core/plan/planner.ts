import type { Exposure } from "../domain/exposure.ts";
import type { Hostname } from "../domain/hostname.ts";
import type { Problem } from "../domain/problem.ts";
import { bySpecificity, parseRouteKey, type Route, type RouteKey, routeKey } from "../domain/route.ts";
import { isExposedByParent, type NestingContext, onlyNarrowsAccess, removalWouldExpose, unprotectedChild } from "./nesting.ts";
import type { Change, ResourceModel, ResourceState } from "./resource.ts";
import type { DeployedRoute, DesiredState, PendingRoute } from "./types.ts";

/** Do now; not yet, and why; will not, and why; and what is as it should be. */
export interface Plan<C extends Change> {
  readonly changes: readonly C[];
  readonly waiting: readonly PendingRoute[];
  readonly problems: readonly Problem[];
  readonly live: readonly RouteKey[];
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
 * | drifted, the audience moves         | a rung that does not move    | mend it; first take that one down, if it must    |
 *
 * A wildcard never answers for an exact hostname of another party: a rule that admits no one is in place there before it opens,
 * and stays as long as both are there.
 *
 * Authentik's own hostname opens before the others, and closes after them: without it nobody could log in anywhere. One whose
 * change has failed holds up nobody.
 *
 * @param failed - keys of the changes that were tried in this pass and failed
 *
 * Pure. The order of the answer does not depend on the order of what came in.
 */
export function planChanges<World, C extends Change>(
  house: ResourceModel<World, C>,
  desired: DesiredState,
  world: World,
  failed: ReadonlySet<string> = new Set(),
): Plan<C> {
  const base = house.foundations.map((foundation) => ({ awaited: foundation.awaited, ...foundation.propose(world, desired) }));
  const missing = base.find((foundation) => !foundation.stands)?.awaited;
  const standing = house.standing(world).map((it) => rerouted(it, desired));
  const scene = { desired, world, standing, missing };
  const steps = orderLoginHostname(
    routes(desired, standing).map((route) => planRoute(house, scene, route)),
    scene,
    failed,
  );
  const live = steps.flatMap((it) => it.live ?? []);
  const swept = house.sweeps.flatMap((sweep) => sweep(world, desired));
  const owed = house.courtesies.map((courtesy) => courtesy(world, desired, new Set(live)));
  const screens = screensOf(house, scene);
  const reroutes = reroutesIn(house, scene);
  const due = [
    ...base.flatMap(({ changes }) => changes),
    ...screens,
    ...reroutes,
    ...steps.flatMap(({ change }) => change ?? []),
    ...swept,
  ];
  // What is only pleasant comes last, and goes first.
  const pleasant = owed.flatMap(({ changes }) => changes).filter(({ action }) => due.length === 0 || action === "delete");
  return {
    changes: uniqueByKey([...due, ...house.along(due, world), ...pleasant]),
    waiting: [...desired.waiting, ...steps.flatMap(({ waiting }) => waiting ?? [])],
    problems: [
      ...base.flatMap(({ problems }) => problems),
      ...desired.problems,
      ...steps.flatMap(({ problems }) => problems ?? []),
      ...house.surveys.flatMap((survey) => survey(world, desired)),
      ...owed.flatMap(({ problems }) => problems),
    ],
    live,
  };
}

/** Every route that is wished or stands, but for those that are to stay as they are. */
function routes(desired: DesiredState, standing: readonly DeployedRoute[]): readonly Route[] {
  const all = [...[...desired.wishes.values()].map((wish) => wish.route), ...standing.map(({ route }) => route)];
  const known = new Map(all.map((route) => [routeKey(route), route]));
  return [...known].flatMap(([key, route]) => (desired.held.has(key) ? [] : [route])).toSorted(bySpecificity);
}

interface PlanContext<World> extends NestingContext {
  readonly world: World;
  /** The first foundation that does not stand. */
  readonly missing: string | undefined;
}

interface RouteDecision<C extends Change> {
  readonly change?: C;
  readonly waiting?: PendingRoute;
  readonly problems?: readonly Problem[];
  readonly live?: RouteKey;
}

interface Step<C extends Change> extends RouteDecision<C> {
  readonly route: Route;
}

function planRoute<World, C extends Change>(house: ResourceModel<World, C>, scene: PlanContext<World>, route: Route): Step<C> {
  const key = routeKey(route);
  const wish = scene.desired.wishes.get(key);
  const stances = () => house.rungs.map((rung) => rung.stance(route, wish, scene.world, scene.desired));
  if (wish === undefined)
    return { route, ...(!removalWouldExpose(scene, route, (exposure) => house.audience(exposure, scene.world)) && nextRemoval(stances())) };
  if (scene.missing !== undefined)
    return { route, waiting: { route: key, cause: "foundation", reason: scene.missing }, ...restrictIfOverreaching(house, scene, wish) };
  const all = stances();
  const problems = all.flatMap((stance) => (stance.is === "taken" ? [stance.problem] : []));
  if (problems.length > 0) return { route, ...planAdoption(house, scene, wish, problems) };
  const ungated = isExposedByParent(scene, wish) || hasLiveRule(scene, route);
  const climbed = nextCreation(
    all,
    ungated ? { ...wish, gate: undefined } : wish,
    key,
    house.rungs.map((rung) => rung.awaited),
  );
  const opening = climbed.change !== undefined && widensAccess(house, scene, wish, climbed.change);
  const uncovered = opening ? unscreened(house, scene, route) : undefined;
  if (uncovered !== undefined)
    return {
      route,
      waiting: {
        route: key,
        cause: "guard",
        reason: `a rule that keeps it from answering for ${uncovered}, which belongs to another container`,
      },
      ...restrictWhileBlocked(all, undefined),
    };
  if (shrinks(all, climbed.change) && removalWouldExpose(scene, route, (exposure) => house.audience(exposure, scene.world)))
    return {
      route,
      waiting: {
        route: key,
        cause: "guard",
        reason: "the route around it to change first: it would answer for other spellings of the path",
      },
      ...restrictWhileBlocked(all, undefined),
    };
  const bare = opening ? unprotectedChild(scene, wish) : undefined;
  return bare === undefined
    ? { route, ...climbed }
    : {
        route,
        waiting: { route: key, cause: "guard", reason: `the protected route ${routeKey(bare)}, which would be open without it` },
        ...restrictWhileBlocked(all, isExposedByParent(scene, wish) ? house.screen(route, scene.world) : undefined),
      };
}

/** Whether the change leaves requests that the route's rule takes now to what is around it. */
const shrinks = <C extends Change>(stances: readonly ResourceState<C>[], change: C | undefined): boolean =>
  change !== undefined &&
  stances.some(
    (stance) =>
      (stance.is === "absent" && stance.shrinks === true && stance.open === change) ||
      (stance.is === "drifted" && stance.shrinks === true && stance.mend === change),
  );

/**
 * Rules that admit no one, for hostnames of one party that a wildcard of another would answer for. They come before the wildcard
 * opens; a route's own change of the same rule comes after them and so takes their place.
 */
const screensOf = <World, C extends Change>(
  house: ResourceModel<World, C>,
  { desired, world, missing }: PlanContext<World>,
): readonly C[] =>
  missing === undefined ? [...desired.screened.keys()].flatMap((hostname) => house.screen({ hostname, path: undefined }, world) ?? []) : [];

/** A rule that is led back to its own container in this very plan, as it is from then on. */
const rerouted = (stands: DeployedRoute, { reroutes }: DesiredState): DeployedRoute => ({
  ...stands,
  service: reroutes.get(routeKey(stands.route)) ?? stands.service,
});

/** They wait for nothing: meanwhile another container has the visitors. A route's own change of the same rule takes their place. */
const reroutesIn = <World, C extends Change>(house: ResourceModel<World, C>, { desired, world }: PlanContext<World>): readonly C[] =>
  [...desired.reroutes].flatMap(([key, service]) => {
    const route = parseRouteKey(key);
    return (route && house.reroute(route, service, world)) ?? [];
  });

/** A hostname that this wildcard must not answer for and that no rule keeps from it yet. */
const unscreened = <World, C extends Change>(
  house: ResourceModel<World, C>,
  { desired, world }: PlanContext<World>,
  route: Route,
): Hostname | undefined =>
  [...desired.screened].find(
    ([hostname, wildcards]) => wildcards.has(routeKey(route)) && house.screen({ hostname, path: undefined }, world) !== undefined,
  )?.[0];

/** Whether the change is part of letting in more than now. A policy by itself lets nobody in. */
const widensAccess = <World, C extends Change>(
  house: ResourceModel<World, C>,
  scene: PlanContext<World>,
  wish: Exposure,
  { kind }: C,
): boolean =>
  kind !== house.rungs[0]?.kind &&
  house.widens(wish, scene.world) &&
  !onlyNarrowsAccess(scene, wish, (exposure) => house.audience(exposure, scene.world));

/** What somebody else has where the route is to be: taken over step by step where the labels ask for it, else told. */
function planAdoption<World, C extends Change>(
  house: ResourceModel<World, C>,
  scene: PlanContext<World>,
  wish: Exposure,
  problems: readonly Problem[],
): RouteDecision<C> {
  const { world } = scene;
  const key = routeKey(wish.route);
  if (wish.adopt && wish.gate !== undefined)
    return { waiting: { route: key, cause: "health", reason: wish.gate }, ...restrictIfOverreaching(house, scene, wish) };
  const change = wish.adopt ? house.adopt(wish.route, wish, world) : undefined;
  return change === undefined
    ? { problems, ...restrictIfOverreaching(house, scene, wish) }
    : { change, waiting: { route: key, cause: "adoption", reason: "what others made there to be taken over" } };
}

/** What cannot be made as it is to be does not go on showing, or letting in, what nobody wishes there any more. */
function restrictIfOverreaching<World, C extends Change>(
  house: ResourceModel<World, C>,
  { world, desired }: PlanContext<World>,
  wish: Exposure,
): RouteDecision<C> {
  const change = house.overstays(wish, world, desired);
  return change === undefined ? {} : { change };
}

/**
 * The steps, with those left out that have to wait for Authentik's own hostname: what opens waits while that one is on its
 * way, and that one is not closed while any other is closing or about to.
 */
function orderLoginHostname<World, C extends Change>(
  steps: readonly Step<C>[],
  { desired, standing }: PlanContext<World>,
  failed: ReadonlySet<string>,
): readonly Step<C>[] {
  const exposureOf = (step: Step<C>) => desired.wishes.get(routeKey(step.route));
  const login = steps.find(
    (step) => exposureOf(step)?.protection.kind === "login" || standing.some((it) => it.login && same(it.route, step.route)),
  );
  if (login?.change === undefined || failed.has(login.change.key)) return steps;
  if (exposureOf(login) !== undefined)
    return steps.map((step) =>
      step === login || step.change === undefined || exposureOf(step) === undefined || step.change.action === "delete"
        ? step
        : {
            route: step.route,
            waiting: { route: routeKey(step.route), cause: "login", reason: "Authentik's own hostname, without which nobody could log in" },
          },
    );
  const others = steps.some(
    (step) => step !== login && exposureOf(step) === undefined && step.change !== undefined && !failed.has(step.change.key),
  );
  const leaving = [...desired.closing.keys()].some((key) => key !== routeKey(login.route));
  return others || leaving ? steps.map((step) => (step === login ? { route: step.route } : step)) : steps;
}

const same = (a: Route, b: Route): boolean => routeKey(a) === routeKey(b);

/**
 * A route that has to wait does not go on showing what nobody wishes there any more, nor letting in whom nobody wishes.
 *
 * @param screen - where one around it does so in its place
 */
function restrictWhileBlocked<C extends Change>(stances: readonly ResourceState<C>[], screen: C | undefined): RouteDecision<C> {
  const drifted = stances.filter((stance) => stance.is === "drifted");
  const change = drifted.find(({ moves }) => moves === "origin")?.close ?? barred(stances) ?? removeUnsupported(stances) ?? screen;
  return change === undefined ? {} : { change };
}

/** Takes away what stands although what it needs is gone: it lets nobody in, but what lies within could not close before it. */
function removeUnsupported<C extends Change>(stances: readonly ResourceState<C>[]): C | undefined {
  const { stance, above } = firstNotInSync(stances);
  return stance?.is === "absent" && above?.is === "drifted" ? above.close : undefined;
}

/** The lowest rung that does not stand, and the one above it. */
function firstNotInSync<C extends Change>(stances: readonly ResourceState<C>[]) {
  const at = stances.findIndex((stance) => stance.is !== "stands");
  return { at, stance: stances[at], above: stances[at + 1] };
}

/** From above: the highest rung that is ours goes first. */
function nextRemoval<C extends Change>(stances: readonly ResourceState<C>[]): RouteDecision<C> {
  const highest = stances.findLast((stance) => stance.is === "left" || stance.is === "drifted");
  return highest === undefined ? {} : { change: highest.close };
}

/** From below: the lowest rung that does not stand comes next. */
function nextCreation<C extends Change>(
  stances: readonly ResourceState<C>[],
  wish: Exposure,
  key: RouteKey,
  awaited: readonly string[],
): RouteDecision<C> {
  const { at, stance, above } = firstNotInSync(stances);
  if (stance === undefined) return { live: key };
  if (wish.gate !== undefined) return { waiting: { route: key, cause: "health", reason: wish.gate } };
  const change = advance(stance, above);
  return { waiting: { route: key, cause: "step", reason: awaited[at] ?? "" }, ...(change !== undefined && { change }) };
}

function advance<C extends Change>(stance: ResourceState<C>, above: ResourceState<C> | undefined): C | undefined {
  if (stance.is === "absent") return stance.open;
  if (stance.is !== "drifted") return undefined;
  if (stance.moves === undefined) return stance.mend;
  if (above?.is === "drifted" && (above.moves !== undefined || stance.alone)) return above.close;
  if (above?.is === "stands" && stance.alone && above.close !== undefined) return above.close;
  return above === undefined || above.is !== "absent" ? stance.mend : stance.close;
}

/** What shuts out the people whom the earlier audience let in; where that cannot go by itself, the rule above it. */
function barred<C extends Change>(stances: readonly ResourceState<C>[]): C | undefined {
  const at = stances.findIndex((stance) => stance.is === "drifted" && stance.moves === "audience");
  const [stance, above] = [stances[at], stances[at + 1]];
  if (stance?.is !== "drifted") return undefined;
  return stance.bars ?? (above?.is === "stands" || above?.is === "drifted" ? above.close : undefined);
}

/** Whether the route has its rule already: a gate holds back what is not open yet, never a mend. Its record may be another path's. */
const hasLiveRule = ({ standing }: NestingContext, route: Route): boolean =>
  standing.some((it) => it.service !== undefined && !it.shut && routeKey(it.route) === routeKey(route));

const uniqueByKey = <C extends Change>(changes: readonly C[]): readonly C[] => [
  ...new Map(changes.map((change) => [change.key, change])).values(),
];
