import { setMaxListeners } from "node:events";

/**
 * Combines the caller's signal with the client's own `close`; either one ends the client's waiting.
 */
export function linkAbortSignals(outer: AbortSignal | undefined): {
  readonly signal: AbortSignal;
  close(): void;
} {
  const own = new AbortController();
  const signal = outer === undefined ? own.signal : AbortSignal.any([outer, own.signal]);
  // Every waiting call adds a listener, and Node warns of a leak above ten.
  setMaxListeners(0, signal);
  return { signal, close: () => own.abort() };
}
