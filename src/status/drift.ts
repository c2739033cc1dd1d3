import { parseRouteKey, type RouteKey } from "../core/domain/route.ts";
import type { DesiredState } from "../core/plan/types.ts";
import type { PassOutcome } from "../reconcile/controller.ts";
import type { AnyChange } from "../resources/registry.ts";
import type { ChangeTarget } from "./change-target.ts";

/** What was not as cfauth had made it, though nobody wished it otherwise, and is so again. */
export interface DriftCorrection {
  readonly target: ChangeTarget;
  readonly kinds: readonly AnyChange["kind"][];
}

/** How things stood when a pass last settled with nothing left to do. */
export interface Baseline {
  readonly desired: DesiredState;
  readonly live: ReadonlySet<RouteKey>;
  /** Whether nothing waited and nothing was wrong. */
  readonly whole: boolean;
}

type End = NonNullable<PassOutcome["end"]>;

/** The calm after this pass; undefined where it cannot be told from here on what is somebody else's doing. */
export function baselineAfter(
  before: Baseline | undefined,
  { end, result }: PassOutcome,
): Baseline | undefined {
  if (end === undefined) return before;
  const { desired } = end.decision;
  if (result === "settled" && end.plan.changes.length === 0)
    return {
      desired,
      live: new Set(end.plan.live),
      whole: end.plan.pending.length === 0 && end.plan.problems.length === 0,
    };
  return before !== undefined && wishOf(before.desired) === wishOf(desired) ? before : undefined;
}

/**
 * Which of the changes of a pass put something back: those to what was as wished before, while the wishes are what they were.
 * What belongs to no single route counts only where nothing else could be the reason. In doubt it is not called drift.
 */
export function driftCorrections(
  before: Baseline | undefined,
  end: End | undefined,
  done: readonly { readonly change: AnyChange; readonly target: ChangeTarget }[],
): readonly DriftCorrection[] {
  if (before === undefined || end === undefined || done.length === 0) return [];
  if (wishOf(end.decision.desired) !== wishOf(before.desired)) return [];
  const back = done.filter(
    ({ change }) =>
      change.action !== "delete" && (before.whole || ofLiveRoute(change, before.live)),
  );
  const places = Map.groupBy(back, ({ change }) => change.subject);
  return [...places.values()].flatMap((all) =>
    all[0] === undefined
      ? []
      : [{ target: all[0].target, kinds: [...new Set(all.map(({ change }) => change.kind))] }],
  );
}

const OF_ROUTES: ReadonlySet<AnyChange["kind"]> = new Set(["access", "ingress", "dns"]);

/** A record is of all routes of its hostname. */
const ofLiveRoute = ({ kind, subject }: AnyChange, live: ReadonlySet<RouteKey>): boolean =>
  OF_ROUTES.has(kind) &&
  (live.has(subject as RouteKey) ||
    (kind === "dns" && [...live].some((key) => parseRouteKey(key)?.hostname === subject)));

/** A route that closes is part of it: what its grace ends is our own doing. */
function wishOf({ exposures, frozen, graceDeadlines }: DesiredState): string {
  return JSON.stringify([
    [...exposures].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    [...frozen].toSorted(),
    [...graceDeadlines.keys()].toSorted(),
  ]);
}
