import type { ServiceError } from "../errors.ts";
import type { Diff } from "../kinds/fields.ts";
import type { AnyChange } from "../kinds/index.ts";
import type { PassOutcome } from "../loop/loop.ts";
import type { ChangeTarget } from "./place.ts";
import type { StatusTransitions } from "./tidings.ts";

/** Told what becomes otherwise, as it does: the log, notices and metrics are made of it. It never throws, and holds nothing up. */
export interface StatusSink {
  /** A change was done, or failed. @param differs - what it made otherwise; undefined where no plan was told of before */
  changed?(change: AnyChange, place: ChangeTarget, error: ServiceError | undefined, differs?: Diff): void;
  /** What differs between two passes. @param at - milliseconds since 1970 */
  news?(news: StatusTransitions, at: number): void;
  passed?(outcome: PassOutcome): void;
}
