import type { Owner } from "../../core/domain/owner.ts";
import type { Change } from "../../core/plan/resource.ts";
import type { Diff, Fields } from "./diff.ts";

/** An object of ours, and why it is still there. */
export interface LeftOver {
  readonly what: string;
  readonly why: string | undefined;
}

/** What a dry run makes of some changes: the state that would be observed, and the changes that are made. */
export interface Simulated<Observed, C extends Change> {
  readonly observed: Observed;
  readonly applied: readonly C[];
}

/**
 * All that the rest of cfauth has to know about one kind of remote object. Planning it is the model's
 * part, calling the vendor the driver's.
 *
 * @typeParam Observed - the state of all objects of this kind
 * @typeParam C - its changes
 * @typeParam Needs - the part of the observed state that it reads, beside its own
 */
export interface ResourceDefinition<Observed, C extends Change, Needs = unknown> {
  readonly kind: C["kind"];
  /** Which service the change is sent to. */
  service(change: C): "cloudflare" | "authentik";
  /** The actions that changes of this kind can have, for the metrics. */
  readonly actions: readonly C["action"][];
  /** Whether the subject of a change is the key of its route. */
  readonly perRoute: boolean;
  /** Whether one request makes many changes. */
  readonly batched: boolean;
  /** What sort of object it is, as the vendor's dashboard calls it. */
  label(change: C): string;
  /** The object that is created, in a few words for one line; empty if there is nothing to say. */
  summarise(change: C, after: Fields): string;
  /** @param observed - the state that the change was planned for */
  diff(change: C, observed: Needs): Diff;
  /** @param idFor - stands in for the ids of what the change creates; called once for each change that is made */
  simulate(
    observed: Observed,
    changes: readonly C[],
    idFor: (change: C) => string,
  ): Simulated<Observed, C>;
  /** How many objects of others were seen. They stay as they are. */
  countForeign(observed: Needs): number;
  /** The objects of this owner, as a person knows them. */
  listOwned(observed: Needs, owner: Owner): readonly LeftOver[];
}

/** A simulation in which each change stands alone. */
export const simulateEach =
  <Observed, C extends Change>(
    simulate: (observed: Observed, change: C, id: string) => Observed,
  ): ResourceDefinition<Observed, C>["simulate"] =>
  (observed, changes, idFor) => ({
    observed: changes.reduce((sofar, change) => simulate(sofar, change, idFor(change)), observed),
    applied: changes,
  });

/** An object that nothing keeps. */
export const removable = (what: string): LeftOver => ({ what, why: undefined });
