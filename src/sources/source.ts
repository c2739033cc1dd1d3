import type { Workload } from "../core/domain/workload.ts";
import type { ServiceError } from "../core/errors.ts";

/** Lists the workloads that may ask for routes. */
export interface Source {
  /**
   * Lists everything that runs, sorted by id.
   *
   * @throws {ServiceError} when the list could not be read completely; an empty list always means
   *   that nothing runs
   */
  list(): Promise<readonly Workload[]>;

  /**
   * Reports when the list may have changed, until it is closed.
   *
   * @param onChange - called when something may have changed; the number of calls has no meaning
   * @param onState - called with true when the source is first reached, with false and the reason
   *   when it becomes unreachable, and with true when it is reachable again. It is not called for a
   *   stream that ended and could be reopened, because proxies end idle streams.
   */
  watch(onChange: () => void, onState: (up: boolean, fault?: ServiceError) => void): Watch;

  /** Identifies the engine. @throws {ServiceError} when it is unreachable or has no lasting id */
  identity(): Promise<Identity>;
}

export interface Watch {
  /**
   * Resolves once no later change can be missed; list after that. Never rejects. It may take for
   * ever, but resolves on close.
   */
  readonly ready: Promise<void>;
  /** Stops all callbacks. Resolves when the connection is closed. */
  close(): Promise<void>;
}

export interface Identity {
  /** Stable for as long as the engine is installed. The owner is derived from it. */
  readonly id: string;
  readonly version: string;
}
