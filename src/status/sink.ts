import type { ServiceError } from "../core/errors.ts";
import type { PassOutcome } from "../reconcile/controller.ts";
import type { Diff } from "../resources/contract/diff.ts";
import type { AnyChange } from "../resources/registry.ts";
import type { ChangeTarget } from "./change-target.ts";
import type { StatusTransitions } from "./transitions.ts";

/** Told what becomes otherwise, as it does: the log, notices and metrics are made of it. It never throws, and holds nothing up. */
export interface StatusSink {
  /** A change was done, or failed. @param differs - what it made otherwise; undefined where no plan was told of before */
  changed?(
    change: AnyChange,
    place: ChangeTarget,
    error: ServiceError | undefined,
    differs?: Diff,
  ): void;
  /** What differs between two passes. @param at - milliseconds since 1970 */
  transitions?(news: StatusTransitions, at: number): void;
  passed?(outcome: PassOutcome): void;
}
