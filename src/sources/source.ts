import type { Workload } from "../domain/workload.ts";

/** Where wishes come from. */
export interface Source {
  /**
   * Everything that runs.
   * @throws {WorldError} when it could not be read whole: an empty list means that nothing runs
   */
  list(): Promise<readonly Workload[]>;
  /** Calls `onChange` whenever it may be worth to list again; content and number of calls mean nothing. */
  watch(observer: WatchObserver): Watch;
  /** Of the engine. @throws {WorldError} */
  identity(): Promise<{ readonly id: string; readonly version: string }>;
}

export interface WatchObserver {
  onChange(): void;
  /** Told when the stream of events is up, and when it is lost and comes no more before it is opened again. */
  onUp(up: boolean, error: unknown): void;
}

export interface Watch {
  /** Resolves once events can no longer be missed: list after this. Never rejects; it may take for ever. */
  readonly ready: Promise<void>;
  close(): void;
}
