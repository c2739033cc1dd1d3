import type { Problem } from "../domain/problem.ts";
import type { RouteKey } from "../domain/route.ts";
import type { Change, ResourceState } from "./resource.ts";
import type { PendingRoute } from "./types.ts";

/** At most one change: the next plan decides on the one after it. */
export interface RouteDecision<C extends Change> {
  readonly change?: C | undefined;
  readonly pending?: PendingRoute;
  readonly problems?: readonly Problem[];
  /** Set if the route is completely as desired. */
  readonly live?: RouteKey;
}

interface Creation<C extends Change> {
  readonly route: RouteKey;
  /** The states of the route's resources, the lowest first. */
  readonly states: readonly ResourceState<C>[];
  /** What the route waits for while each of them is not in sync, in the same order. */
  readonly pendingReasons: readonly string[];
  /** Why the route must not open yet. */
  readonly notReadyReason: string | undefined;
}

/** Climbs the chain: the lowest resource that is not in sync comes next. */
export function nextCreation<C extends Change>({
  route,
  states,
  pendingReasons,
  notReadyReason,
}: Creation<C>): RouteDecision<C> {
  const { index, state, above } = lowestNotInSync(states);
  if (state === undefined) return { live: route };
  if (notReadyReason !== undefined)
    return { pending: { route, cause: "health", reason: notReadyReason } };
  return {
    pending: { route, cause: "step", reason: pendingReasons[index] ?? "" },
    change: advance(state, above),
  };
}

/** Descends the chain: the highest resource that is ours goes first. */
export const nextRemoval = <C extends Change>(states: readonly ResourceState<C>[]): C | undefined =>
  states.findLast((state) => state.is === "orphaned" || state.is === "drifted")?.remove;

/** The table above `planChanges`. */
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
  return above?.is === "absent" ? state.remove : state.repair;
}

function lowestNotInSync<C extends Change>(states: readonly ResourceState<C>[]) {
  const index = states.findIndex((state) => state.is !== "in-sync");
  return { index, state: states[index], above: states[index + 1] };
}

/** Keeps a route that waits from exposing what is no longer desired; undefined if it does not. */
export const restrictWhileBlocked = <C extends Change>(
  states: readonly ResourceState<C>[],
): C | undefined =>
  removeOldOrigin(states) ?? lockOutOldAudience(states) ?? removeUnsupported(states);

const removeOldOrigin = <C extends Change>(states: readonly ResourceState<C>[]): C | undefined =>
  states.filter((state) => state.is === "drifted").find(({ changes }) => changes === "origin")
    ?.remove;

/**
 * Locks out the people whom only the old audience admits; if that is impossible, removes the
 * resource above.
 */
function lockOutOldAudience<C extends Change>(states: readonly ResourceState<C>[]): C | undefined {
  const index = states.findIndex((state) => state.is === "drifted" && state.changes === "audience");
  const state = states[index];
  const above = states[index + 1];
  if (state?.is !== "drifted") return undefined;
  if (state.lockdown !== undefined) return state.lockdown;
  return above?.is === "in-sync" || above?.is === "drifted" ? above.remove : undefined;
}

/**
 * Removes a resource that exists although the one below it is gone. It admits no one, but a route
 * within this one could not close before it.
 */
function removeUnsupported<C extends Change>(states: readonly ResourceState<C>[]): C | undefined {
  const { state, above } = lowestNotInSync(states);
  return state?.is === "absent" && above?.is === "drifted" ? above.remove : undefined;
}

/**
 * Whether the change makes the route's rule take fewer requests, so that a route around it gets the
 * others.
 */
export const narrowsMatch = <C extends Change>(
  states: readonly ResourceState<C>[],
  change: C | undefined,
): boolean =>
  change !== undefined &&
  states.some(
    (state) =>
      (state.is === "absent" && state.narrowsMatch === true && state.create === change) ||
      (state.is === "drifted" && state.narrowsMatch === true && state.repair === change),
  );
