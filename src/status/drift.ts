import { parseRouteKey, type RouteKey } from "../core/domain/route.ts";
import type { DesiredState } from "../core/plan/types.ts";
import type { PassOutcome } from "../reconcile/controller.ts";
import type { AnyChange } from "../resources/registry.ts";
import type { ChangeTarget } from "./change-target.ts";

/**
 * An object that differed from its desired state although the desired state had not changed, and
 * that cfauth corrected.
 */
export interface DriftCorrection {
  readonly target: ChangeTarget;
  readonly kinds: readonly AnyChange["kind"][];
}

/** The state when a pass last settled with nothing left to do. */
export interface Baseline {
  readonly desired: DesiredState;
  readonly live: ReadonlySet<RouteKey>;
  /** True if no route was pending and there was no problem. */
  readonly whole: boolean;
}

type End = NonNullable<PassOutcome["end"]>;

/**
 * The baseline after this pass; undefined if later differences could not be told apart from
 * cfauth's own changes.
 */
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
  return before !== undefined && desiredFingerprint(before.desired) === desiredFingerprint(desired)
    ? before
    : undefined;
}

/**
 * The changes of a pass that corrected drift: they changed what was in sync before, while the
 * desired state stayed the same. A change that belongs to no single route counts only if there is
 * no other possible reason. In doubt it is not drift.
 */
export function driftCorrections(
  before: Baseline | undefined,
  end: End | undefined,
  done: readonly { readonly change: AnyChange; readonly target: ChangeTarget }[],
): readonly DriftCorrection[] {
  if (before === undefined || end === undefined || done.length === 0) return [];
  if (desiredFingerprint(end.decision.desired) !== desiredFingerprint(before.desired)) return [];
  const corrections = done.filter(
    ({ change }) =>
      change.action !== "delete" && (before.whole || belongsToLiveRoute(change, before.live)),
  );
  const bySubject = Map.groupBy(corrections, ({ change }) => change.subject);
  return [...bySubject.values()].flatMap((group) =>
    group[0] === undefined
      ? []
      : [{ target: group[0].target, kinds: [...new Set(group.map(({ change }) => change.kind))] }],
  );
}

/**
 * Narrower than `routeKeyOfChange`: a tile is best effort, so a live route does not prove that its
 * tile was in sync.
 */
const PROVEN_BY_LIVE_ROUTE: ReadonlySet<AnyChange["kind"]> = new Set(["access", "ingress", "dns"]);

/** A DNS record belongs to every route of its hostname. */
const belongsToLiveRoute = ({ kind, subject }: AnyChange, live: ReadonlySet<RouteKey>): boolean =>
  PROVEN_BY_LIVE_ROUTE.has(kind) &&
  (live.has(subject as RouteKey) ||
    (kind === "dns" && [...live].some((key) => parseRouteKey(key)?.hostname === subject)));

/** Includes routes in their grace period: when it ends, cfauth itself makes the change. */
function desiredFingerprint({ exposures, frozen, graceDeadlines }: DesiredState): string {
  return JSON.stringify([
    [...exposures].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    [...frozen].toSorted(),
    [...graceDeadlines.keys()].toSorted(),
  ]);
}
