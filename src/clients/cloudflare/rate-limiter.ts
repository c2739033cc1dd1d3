import { setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";

/**
 * Cloudflare allows 1,200 requests in 5 minutes, including those of the dashboard (docs, checked
 * 2026-11).
 */
const WINDOW = { intervalCap: 1_100, interval: 300_000, strict: true } as const;
const CONCURRENCY = 8;
/**
 * A call fails instead of waiting longer than this for a pause to end. The caller retries later.
 */
const MAX_WAIT_MS = 30_000;

/** Thrown if a pause lasts too long to wait. */
export class RateLimitTooLong extends Error {
  readonly ms: number;

  constructor(ms: number) {
    super(`at rest for ${ms} ms`);
    this.ms = ms;
  }
}

/** All calls go through it: a few at a time, and no more than the rate allows. */
export interface RateLimiter {
  /**
   * Runs the call when it is its turn. A started call is always completed.
   *
   * @param call - receives how long it has waited, in milliseconds
   * @param fresh - true if the call depends on a read just before it: it is then sent at once or
   *   not at all
   * @throws {RateLimitTooLong} if a pause lasts longer than a call waits
   * @throws {Error} named AbortError if the signal came first
   */
  run<T>(
    call: (waitedMs: number) => Promise<T>,
    options?: { readonly fresh?: boolean },
  ): Promise<T>;
  /** Starts no call for this time, in milliseconds. */
  pause(ms: number): void;
  /** How many more calls the window that ends now allows. */
  callsLeft(): number;
}

export function createRateLimiter(signal: AbortSignal): RateLimiter {
  const queue = new PQueue({ ...WINDOW, concurrency: CONCURRENCY });
  /**
   * Only `pause` changes it, and only forwards. It uses the monotonic clock, because a wall clock
   * that is set back by a day would pause for a day.
   */
  let pausedUntil = 0;
  /** The start times of the calls in the last window, oldest first. */
  const started: number[] = [];
  signal.addEventListener("abort", () => queue.clear(), { once: true });
  const pauseLeftMs = (): number => pausedUntil - performance.now();

  const waitForPause = async (): Promise<void> => {
    for (let left = pauseLeftMs(); left > 0; left = pauseLeftMs()) {
      if (left > MAX_WAIT_MS) throw new RateLimitTooLong(left);
      await sleep(left, undefined, { signal });
    }
    signal.throwIfAborted();
  };

  /**
   * Skips the queue, where a turn may come late. Such calls are few, and the rate above leaves room
   * for them.
   */
  const runAtOnce = async <T>(call: (waitedMs: number) => Promise<T>): Promise<T> => {
    const left = pauseLeftMs();
    if (left > 0) throw new RateLimitTooLong(left);
    return await call(0);
  };

  return {
    run: async (call, { fresh = false } = {}) => {
      signal.throwIfAborted();
      if (fresh) return await runAtOnce(call);
      const queuedAt = performance.now();
      return await queue.add(async () => {
        await waitForPause();
        started.push(performance.now());
        return await call(Math.round(performance.now() - queuedAt));
      });
    },
    callsLeft: () => {
      const since = performance.now() - WINDOW.interval;
      started.splice(0, started.findIndex((at) => at > since) >>> 0);
      return WINDOW.intervalCap - started.length;
    },
    pause: (ms) => {
      pausedUntil = Math.max(pausedUntil, performance.now() + ms);
    },
  };
}
