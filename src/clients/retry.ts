import { setTimeout as sleep } from "node:timers/promises";
import { ServiceError } from "../core/errors.ts";

/** Longest wait between two tries. */
const LONGEST_MS = 8_000;

/**
 * How long to wait before the next try after `failures` failures of one call.
 *
 * @param failures - 1 or more
 * @param random - 0…1: full jitter, so that what failed together does not come back together
 * @returns milliseconds, 0 … 8_000
 */
export const backoffMs = (failures: number, baseMs: number, random: number): number =>
  random * Math.min(LONGEST_MS, baseMs * 2 ** (failures - 1));

export interface RetryPolicy {
  readonly baseMs: number;
  /** Ends the waiting: the last failure is thrown then. */
  readonly signal: AbortSignal;
  /** Whether the call, having failed `failures` times and last with this, may be sent again. */
  shouldRetry(error: ServiceError, failures: number): boolean;
}

/** Calls until it succeeds or may not be sent again. @throws what the last try threw */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { baseMs, signal, shouldRetry }: RetryPolicy,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ServiceError) || signal.aborted || !shouldRetry(error, failures))
        throw error;
      await sleep(backoffMs(failures, baseMs, Math.random()), undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}
