import { setTimeout as sleep } from "node:timers/promises";
import { type Backoff, backoffMs } from "../core/backoff.ts";
import { ServiceError } from "../core/errors.ts";

/** Full jitter, so that calls that failed together do not retry together. */
const CALL_BACKOFF = { maxMs: 8_000, jitter: 1 } as const;

export interface RetryPolicy extends Pick<Backoff, "firstMs"> {
  /** Ends the waiting; then the last failure is thrown. */
  readonly signal: AbortSignal;
  /** True if the call may be sent again after `failures` failures, the last one being `error`. */
  shouldRetry(error: ServiceError, failures: number): boolean;
}

/** Calls until it succeeds or may not be sent again. @throws the error of the last attempt */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { firstMs, signal, shouldRetry }: RetryPolicy,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ServiceError) || signal.aborted || !shouldRetry(error, failures))
        throw error;
      const delayMs = backoffMs({ ...CALL_BACKOFF, firstMs }, failures, Math.random());
      await sleep(delayMs, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}
