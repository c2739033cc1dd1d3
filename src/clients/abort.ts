import { setMaxListeners } from "node:events";

/** What ends a client's waiting: the caller's signal, or its own close. */
export function linkAbortSignals(outer: AbortSignal | undefined): {
  readonly signal: AbortSignal;
  close(): void;
} {
  const own = new AbortController();
  const signal = outer === undefined ? own.signal : AbortSignal.any([outer, own.signal]);
  // Every call that waits listens; Node takes more than ten listeners for a leak.
  setMaxListeners(0, signal);
  return { signal, close: () => own.abort() };
}
