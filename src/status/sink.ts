import type { ServiceError } from "../core/errors.ts";
import type { PassOutcome } from "../reconcile/controller.ts";
import type { Diff } from "../resources/contract/diff.ts";
import type { AnyChange } from "../resources/registry.ts";
import type { ChangeTarget } from "./change-target.ts";
import type { StatusTransitions } from "./transitions.ts";

/**
 * Receives changes and state transitions as they happen: the log, notifications and metrics. Never
 * throws and never blocks.
 */
export interface StatusSink {
  /**
   * A change was applied, or failed.
   *
   * @param differs - its diff; undefined if no plan was received before
   */
  changed?(
    change: AnyChange,
    target: ChangeTarget,
    error: ServiceError | undefined,
    differs?: Diff,
  ): void;
  /** The state transitions between two passes. @param at - milliseconds since 1970 */
  transitions?(news: StatusTransitions, at: number): void;
  passed?(outcome: PassOutcome): void;
}
