/** How the delays between retries grow. */
export interface Backoff {
  /** The delay after the first failure, before jitter. It doubles with each further failure. */
  readonly firstMs: number;
  readonly maxMs: number;
  /**
   * The share of the delay that is random, 0 … 1, so that clients that failed together do not
   * retry together. 0: always the whole delay; 0.5: its upper half; 1: anything up to it.
   */
  readonly jitter: number;
}

/**
 * How long to wait before the next retry.
 *
 * @param failures - consecutive failures, 1 or more
 * @param random - 0 … 1
 * @returns milliseconds
 */
export function backoffMs(
  { firstMs, maxMs, jitter }: Backoff,
  failures: number,
  random: number,
): number {
  const delayMs = Math.min(maxMs, firstMs * 2 ** (failures - 1));
  return Math.round(delayMs * (1 - jitter * (1 - random)));
}
