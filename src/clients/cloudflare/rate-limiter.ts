import { setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";

/** Cloudflare allows 1,200 requests in 5 minutes, the dashboard's own included (docs, checked 2026-11). */
const WINDOW = { intervalCap: 1_100, interval: 300_000, strict: true } as const;
const AT_ONCE = 8;
/** Longer than this no call waits for a rest to end: it fails, and the caller comes back. */
const PATIENCE_MS = 30_000;

/** Thrown instead of waiting. */
export class RateLimitTooLong extends Error {
  readonly ms: number;

  constructor(ms: number) {
    super(`at rest for ${ms} ms`);
    this.ms = ms;
  }
}

/** The one way that all calls take, a few at a time and no more than the rate allows. */
export interface RateLimiter {
  /**
   * Runs the call when it is its turn, and to its end, whatever happens meanwhile.
   *
   * @param call - told how long it has waited, in milliseconds
   * @param fresh - whether the call rests on a read just before it: then it goes at once, or not at all
   * @throws {RateLimitTooLong} when a rest lasts longer than a call waits
   * @throws {Error} named AbortError when the signal came first
   */
  run<T>(
    call: (waitedMs: number) => Promise<T>,
    options?: { readonly fresh?: boolean },
  ): Promise<T>;
  /** Nothing starts for so long, in milliseconds. */
  pause(ms: number): void;
  /** How many calls may still start in the window that ends now. */
  callsLeft(): number;
}

export function createRateLimiter(signal: AbortSignal): RateLimiter {
  const queue = new PQueue({ ...WINDOW, concurrency: AT_ONCE });
  /** Moved on by `rest` alone, and never back. By a clock that nobody sets: put back by a day it would be a day's rest. */
  let restUntil = 0;
  /** When the calls of the last window started, the oldest first. */
  const started: number[] = [];
  signal.addEventListener("abort", () => queue.clear(), { once: true });

  const rested = async (): Promise<void> => {
    for (let left = restUntil - performance.now(); left > 0; left = restUntil - performance.now()) {
      if (left > PATIENCE_MS) throw new RateLimitTooLong(left);
      await sleep(left, undefined, { signal });
    }
    signal.throwIfAborted();
  };

  /** Past the queue, whose turn may come late: these are few, and the rate below leaves room for them. */
  const atOnce = async <T>(call: (waitedMs: number) => Promise<T>): Promise<T> => {
    const left = restUntil - performance.now();
    if (left > 0) throw new RateLimitTooLong(left);
    return await call(0);
  };

  return {
    run: async (call, { fresh = false } = {}) => {
      signal.throwIfAborted();
      if (fresh) return await atOnce(call);
      const came = performance.now();
      return await queue.add(async () => {
        await rested();
        started.push(performance.now());
        return await call(Math.round(performance.now() - came));
      });
    },
    callsLeft: () => {
      const since = performance.now() - WINDOW.interval;
      started.splice(0, started.findIndex((at) => at > since) >>> 0);
      return WINDOW.intervalCap - started.length;
    },
    pause: (ms) => {
      restUntil = Math.max(restUntil, performance.now() + ms);
    },
  };
}
