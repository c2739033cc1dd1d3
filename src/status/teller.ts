import type { WorldError } from "../errors.ts";
import type { Difference } from "../kinds/fields.ts";
import type { AnyChange } from "../kinds/index.ts";
import type { Outcome } from "../loop/loop.ts";
import type { Place } from "./place.ts";
import type { Tidings } from "./tidings.ts";

/** Told what becomes otherwise, as it does: the log, notices and metrics are made of it. It never throws, and holds nothing up. */
export interface Teller {
  /** A change was done, or failed. @param differs - what it made otherwise; undefined where no plan was told of before */
  changed?(change: AnyChange, place: Place, error: WorldError | undefined, differs?: Difference): void;
  /** What differs between two passes. @param at - milliseconds since 1970 */
  news?(news: Tidings, at: number): void;
  passed?(outcome: Outcome): void;
}
