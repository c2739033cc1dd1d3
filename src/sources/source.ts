import type { Workload } from "../core/domain/workload.ts";
import type { ServiceError } from "../core/errors.ts";

/** Where wishes come from. */
export interface Source {
  /**
   * Everything that runs, sorted by id.
   *
   * @throws {ServiceError} when it could not be read whole: an empty list always means that nothing runs
   */
  list(): Promise<readonly Workload[]>;

  /**
   * Says when it may be worth to list again, until it is closed.
   *
   * @param onChange - something may have changed; what, and how often it is called, means nothing
   * @param onState - told true when the source is first heard, false with the reason when it cannot be reached, true when it
   *   can again; not told of a stream that ended and could be opened again, for a proxy ends an idle one
   */
  watch(onChange: () => void, onState: (up: boolean, fault?: ServiceError) => void): Watch;

  /** Who the engine is. @throws {ServiceError} when it cannot be asked, or gives itself no lasting id */
  identity(): Promise<Identity>;
}

export interface Watch {
  /** Resolves once nothing can be missed any more: list after that. Never rejects; may take for ever, but not beyond the close. */
  readonly ready: Promise<void>;
  /** Nothing is called any more from here on. Resolves when the connection is gone. */
  close(): Promise<void>;
}

export interface Identity {
  /** The same for as long as the engine is installed: the owner is derived from it. */
  readonly id: string;
  readonly version: string;
}
