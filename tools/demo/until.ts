/** Waits for a condition. */

import { setTimeout as sleep } from "node:timers/promises";

const STEP_MS = 25;
/** cfauth waits up to half a minute if the engine is busy. */
const PATIENCE_MS = 60_000;

/**
 * Asks until the answer is true.
 * @throws {Error} after a minute, and the reason with which the signal was aborted
 */
export async function until(
  what: string,
  ask: () => boolean | Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; !(await ask()); await sleep(STEP_MS)) {
    signal.throwIfAborted();
    if (Date.now() > deadline)
      throw new Error(`Still not true after ${PATIENCE_MS / 1_000} s: ${what}.`);
  }
  signal.throwIfAborted();
}
