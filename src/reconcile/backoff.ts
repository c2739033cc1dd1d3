import { type Backoff, backoffMs } from "../core/backoff.ts";

/** 0.5 … 300 s, jittered over the upper half. */
const PASS_BACKOFF: Backoff = { firstMs: 1_000, maxMs: 300_000, jitter: 0.5 };

/**
 * How long to wait before the next pass after consecutive failed passes.
 *
 * @param failures - 1 or more
 * @param random - 0 … 1
 * @param requestedMs - the delay that the service asked for, if any; the wait is never shorter
 * @returns milliseconds
 */
export const backoff = (failures: number, random: number, requestedMs = 0): number =>
  Math.max(requestedMs, backoffMs(PASS_BACKOFF, failures, random));
