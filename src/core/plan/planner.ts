import type { Exposure } from "../domain/exposure.ts";
import type { Hostname } from "../domain/hostname.ts";
import type { Problem } from "../domain/problem.ts";
import {
  bySpecificity,
  parseRouteKey,
  type Route,
  type RouteKey,
  routeKey,
} from "../domain/route.ts";
import {
  isExposedByParent,
  type NestingContext,
  onlyNarrowsAccess,
  removalWouldExpose,
  unprotectedChild,
} from "./nesting.ts";
import type { Change, ResourceModel, ResourceState } from "./resource.ts";
import type { DeployedRoute, DesiredState, PendingRoute } from "./types.ts";

/** Do now; not yet, and why; will not, and why; and what is as it should be. */
export interface Plan<C extends Change> {
  readonly changes: readonly C[];
  readonly pending: readonly PendingRoute[];
  readonly problems: readonly Problem[];
  readonly live: readonly RouteKey[];
}

/**
 * What can be done now so that the observed comes nearer to the wishes, each step safe by itself.
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
export function planChanges<Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  desired: DesiredState,
  observed: Observed,
  failed: ReadonlySet<string> = new Set(),
): Plan<C> {
  const base = model.prerequisites.map((prerequisite) => ({
    awaited: prerequisite.pendingReason,
    ...prerequisite.propose(observed, desired),
  }));
  const missing = base.find((prerequisite) => !prerequisite.ready)?.awaited;
  const deployed = model.deployedRoutes(observed).map((it) => rerouted(it, desired));
  const context = { desired, observed, deployed, pendingPrerequisite: missing };
  const steps = orderLoginHostname(
    routes(desired, deployed).map((route) => planRoute(model, context, route)),
    context,
    failed,
  );
  const live = steps.flatMap((it) => it.live ?? []);
  const swept = model.garbageCollectors.flatMap((collect) => collect(observed, desired));
  const owed = model.bestEffort.map((propose) => propose(observed, desired, new Set(live)));
  const screens = screensOf(model, context);
  const reroutes = reroutesIn(model, context);
  const due = [
    ...base.flatMap(({ changes }) => changes),
    ...screens,
    ...reroutes,
    ...steps.flatMap(({ change }) => change ?? []),
    ...swept,
  ];
  // What is only pleasant comes last, and goes first.
  const pleasant = owed
    .flatMap(({ changes }) => changes)
    .filter(({ action }) => due.length === 0 || action === "delete");
  return {
    changes: uniqueByKey([...due, ...model.accompany(due, observed), ...pleasant]),
    pending: [...desired.pending, ...steps.flatMap(({ pending }) => pending ?? [])],
    problems: [
      ...base.flatMap(({ problems }) => problems),
      ...desired.problems,
      ...steps.flatMap(({ problems }) => problems ?? []),
      ...model.diagnostics.flatMap((diagnose) => diagnose(observed, desired)),
      ...owed.flatMap(({ problems }) => problems),
    ],
    live,
  };
}

/** Every route that is wished or stands, but for those that are to stay as they are. */
function routes(desired: DesiredState, deployed: readonly DeployedRoute[]): readonly Route[] {
  const all = [
    ...[...desired.exposures.values()].map((exposure) => exposure.route),
    ...deployed.map(({ route }) => route),
  ];
  const known = new Map(all.map((route) => [routeKey(route), route]));
  return [...known]
    .flatMap(([key, route]) => (desired.frozen.has(key) ? [] : [route]))
    .toSorted(bySpecificity);
}

interface PlanContext<Observed> extends NestingContext {
  readonly observed: Observed;
  /** The first foundation that does not stand. */
  readonly pendingPrerequisite: string | undefined;
}

interface RouteDecision<C extends Change> {
  readonly change?: C;
  readonly pending?: PendingRoute;
  readonly problems?: readonly Problem[];
  readonly live?: RouteKey;
}

interface Step<C extends Change> extends RouteDecision<C> {
  readonly route: Route;
}

function planRoute<Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  context: PlanContext<Observed>,
  route: Route,
): Step<C> {
  const key = routeKey(route);
  const exposure = context.desired.exposures.get(key);
  const states = () =>
    model.routeChain.map((resource) =>
      resource.assess(route, exposure, context.observed, context.desired),
    );
  if (exposure === undefined)
    return {
      route,
      ...(!removalWouldExpose(context, route, (other) =>
        model.audienceOf(other, context.observed),
      ) && nextRemoval(states())),
    };
  if (context.pendingPrerequisite !== undefined)
    return {
      route,
      pending: { route: key, cause: "foundation", reason: context.pendingPrerequisite },
      ...restrictIfOverreaching(model, context, exposure),
    };
  const all = states();
  const problems = all.flatMap((state) => (state.is === "conflict" ? [state.problem] : []));
  if (problems.length > 0) return { route, ...planAdoption(model, context, exposure, problems) };
  const ungated = isExposedByParent(context, exposure) || hasLiveRule(context, route);
  const climbed = nextCreation(
    all,
    ungated ? { ...exposure, notReadyReason: undefined } : exposure,
    key,
    model.routeChain.map((resource) => resource.pendingReason),
  );
  const opening =
    climbed.change !== undefined && widensAccess(model, context, exposure, climbed.change);
  const uncovered = opening ? unscreened(model, context, route) : undefined;
  if (uncovered !== undefined)
    return {
      route,
      pending: {
        route: key,
        cause: "guard",
        reason: `a rule that keeps it from answering for ${uncovered}, which belongs to another container`,
      },
      ...restrictWhileBlocked(all, undefined),
    };
  if (
    shrinks(all, climbed.change) &&
    removalWouldExpose(context, route, (other) => model.audienceOf(other, context.observed))
  )
    return {
      route,
      pending: {
        route: key,
        cause: "guard",
        reason:
          "the route around it to change first: it would answer for other spellings of the path",
      },
      ...restrictWhileBlocked(all, undefined),
    };
  const bare = opening ? unprotectedChild(context, exposure) : undefined;
  return bare === undefined
    ? { route, ...climbed }
    : {
        route,
        pending: {
          route: key,
          cause: "guard",
          reason: `the protected route ${routeKey(bare)}, which would be open without it`,
        },
        ...restrictWhileBlocked(
          all,
          isExposedByParent(context, exposure)
            ? model.placeholderFor(route, context.observed)
            : undefined,
        ),
      };
}

/** Whether the change leaves requests that the route's rule takes now to what is around it. */
const shrinks = <C extends Change>(
  states: readonly ResourceState<C>[],
  change: C | undefined,
): boolean =>
  change !== undefined &&
  states.some(
    (state) =>
      (state.is === "absent" && state.narrowsMatch === true && state.create === change) ||
      (state.is === "drifted" && state.narrowsMatch === true && state.repair === change),
  );

/**
 * Rules that admit no one, for hostnames of one party that a wildcard of another would answer for. They come before the wildcard
 * opens; a route's own change of the same rule comes after them and so takes their place.
 */
const screensOf = <Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  { desired, observed, pendingPrerequisite }: PlanContext<Observed>,
): readonly C[] =>
  pendingPrerequisite === undefined
    ? [...desired.keptFromWildcards.keys()].flatMap(
        (hostname) => model.placeholderFor({ hostname, path: undefined }, observed) ?? [],
      )
    : [];

/** A rule that is led back to its own container in this very plan, as it is from then on. */
const rerouted = (deployed: DeployedRoute, { reroutes }: DesiredState): DeployedRoute => ({
  ...deployed,
  service: reroutes.get(routeKey(deployed.route)) ?? deployed.service,
});

/** They wait for nothing: meanwhile another container has the visitors. A route's own change of the same rule takes their place. */
const reroutesIn = <Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  { desired, observed }: PlanContext<Observed>,
): readonly C[] =>
  [...desired.reroutes].flatMap(([key, service]) => {
    const route = parseRouteKey(key);
    return (route && model.reroute(route, service, observed)) ?? [];
  });

/** A hostname that this wildcard must not answer for and that no rule keeps from it yet. */
const unscreened = <Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  { desired, observed }: PlanContext<Observed>,
  route: Route,
): Hostname | undefined =>
  [...desired.keptFromWildcards].find(
    ([hostname, wildcards]) =>
      wildcards.has(routeKey(route)) &&
      model.placeholderFor({ hostname, path: undefined }, observed) !== undefined,
  )?.[0];

/** Whether the change is part of letting in more than now. A policy by itself lets nobody in. */
const widensAccess = <Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  context: PlanContext<Observed>,
  exposure: Exposure,
  { kind }: C,
): boolean =>
  kind !== model.routeChain[0]?.kind &&
  model.grantsAccess(exposure, context.observed) &&
  !onlyNarrowsAccess(context, exposure, (other) => model.audienceOf(other, context.observed));

/** What somebody else has where the route is to be: taken over step by step where the labels ask for it, else told. */
function planAdoption<Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  context: PlanContext<Observed>,
  exposure: Exposure,
  problems: readonly Problem[],
): RouteDecision<C> {
  const { observed } = context;
  const key = routeKey(exposure.route);
  if (exposure.adopt && exposure.notReadyReason !== undefined)
    return {
      pending: { route: key, cause: "health", reason: exposure.notReadyReason },
      ...restrictIfOverreaching(model, context, exposure),
    };
  const change = exposure.adopt
    ? model.planTakeover(exposure.route, exposure, observed)
    : undefined;
  return change === undefined
    ? { problems, ...restrictIfOverreaching(model, context, exposure) }
    : {
        change,
        pending: {
          route: key,
          cause: "adoption",
          reason: "what others made there to be taken over",
        },
      };
}

/** What cannot be made as it is to be does not go on showing, or letting in, what nobody wishes there any more. */
function restrictIfOverreaching<Observed, C extends Change>(
  model: ResourceModel<Observed, C>,
  { observed, desired }: PlanContext<Observed>,
  exposure: Exposure,
): RouteDecision<C> {
  const change = model.removeOverreach(exposure, observed, desired);
  return change === undefined ? {} : { change };
}

/**
 * The steps, with those left out that have to wait for Authentik's own hostname: what opens waits while that one is on its
 * way, and that one is not closed while any other is closing or about to.
 */
function orderLoginHostname<Observed, C extends Change>(
  steps: readonly Step<C>[],
  { desired, deployed }: PlanContext<Observed>,
  failed: ReadonlySet<string>,
): readonly Step<C>[] {
  const exposureOf = (step: Step<C>) => desired.exposures.get(routeKey(step.route));
  const login = steps.find(
    (step) =>
      exposureOf(step)?.protection.kind === "login" ||
      deployed.some((it) => it.login && same(it.route, step.route)),
  );
  if (login?.change === undefined || failed.has(login.change.key)) return steps;
  if (exposureOf(login) !== undefined)
    return steps.map((step) =>
      step === login ||
      step.change === undefined ||
      exposureOf(step) === undefined ||
      step.change.action === "delete"
        ? step
        : {
            route: step.route,
            pending: {
              route: routeKey(step.route),
              cause: "login",
              reason: "Authentik's own hostname, without which nobody could log in",
            },
          },
    );
  const others = steps.some(
    (step) =>
      step !== login &&
      exposureOf(step) === undefined &&
      step.change !== undefined &&
      !failed.has(step.change.key),
  );
  const leaving = [...desired.graceDeadlines.keys()].some((key) => key !== routeKey(login.route));
  return others || leaving
    ? steps.map((step) => (step === login ? { route: step.route } : step))
    : steps;
}

const same = (a: Route, b: Route): boolean => routeKey(a) === routeKey(b);

/**
 * A route that has to wait does not go on showing what nobody wishes there any more, nor letting in whom nobody wishes.
 *
 * @param screen - where one around it does so in its place
 */
function restrictWhileBlocked<C extends Change>(
  states: readonly ResourceState<C>[],
  screen: C | undefined,
): RouteDecision<C> {
  const drifted = states.filter((state) => state.is === "drifted");
  const change =
    drifted.find(({ changes }) => changes === "origin")?.remove ??
    barred(states) ??
    removeUnsupported(states) ??
    screen;
  return change === undefined ? {} : { change };
}

/** Takes away what stands although what it needs is gone: it lets nobody in, but what lies within could not close before it. */
function removeUnsupported<C extends Change>(states: readonly ResourceState<C>[]): C | undefined {
  const { state, above } = firstNotInSync(states);
  return state?.is === "absent" && above?.is === "drifted" ? above.remove : undefined;
}

/** The lowest rung that does not stand, and the one above it. */
function firstNotInSync<C extends Change>(states: readonly ResourceState<C>[]) {
  const at = states.findIndex((state) => state.is !== "in-sync");
  return { at, state: states[at], above: states[at + 1] };
}

/** From above: the highest rung that is ours goes first. */
function nextRemoval<C extends Change>(states: readonly ResourceState<C>[]): RouteDecision<C> {
  const highest = states.findLast((state) => state.is === "orphaned" || state.is === "drifted");
  return highest === undefined ? {} : { change: highest.remove };
}

/** From below: the lowest rung that does not stand comes next. */
function nextCreation<C extends Change>(
  states: readonly ResourceState<C>[],
  exposure: Exposure,
  key: RouteKey,
  awaited: readonly string[],
): RouteDecision<C> {
  const { at, state, above } = firstNotInSync(states);
  if (state === undefined) return { live: key };
  if (exposure.notReadyReason !== undefined)
    return { pending: { route: key, cause: "health", reason: exposure.notReadyReason } };
  const change = advance(state, above);
  return {
    pending: { route: key, cause: "step", reason: awaited[at] ?? "" },
    ...(change !== undefined && { change }),
  };
}

function advance<C extends Change>(
  state: ResourceState<C>,
  above: ResourceState<C> | undefined,
): C | undefined {
  if (state.is === "absent") return state.create;
  if (state.is !== "drifted") return undefined;
  if (state.changes === undefined) return state.repair;
  if (above?.is === "drifted" && (above.changes !== undefined || state.dependentsFirst))
    return above.remove;
  if (above?.is === "in-sync" && state.dependentsFirst && above.remove !== undefined)
    return above.remove;
  return above === undefined || above.is !== "absent" ? state.repair : state.remove;
}

/** What shuts out the people whom the earlier audience let in; where that cannot go by itself, the rule above it. */
function barred<C extends Change>(states: readonly ResourceState<C>[]): C | undefined {
  const at = states.findIndex((state) => state.is === "drifted" && state.changes === "audience");
  const [state, above] = [states[at], states[at + 1]];
  if (state?.is !== "drifted") return undefined;
  return (
    state.lockdown ??
    (above?.is === "in-sync" || above?.is === "drifted" ? above.remove : undefined)
  );
}

/** Whether the route has its rule already: a gate holds back what is not open yet, never a mend. Its record may be another path's. */
const hasLiveRule = ({ deployed }: NestingContext, route: Route): boolean =>
  deployed.some(
    (it) => it.service !== undefined && !it.placeholder && routeKey(it.route) === routeKey(route),
  );

const uniqueByKey = <C extends Change>(changes: readonly C[]): readonly C[] => [
  ...new Map(changes.map((change) => [change.key, change])).values(),
];
