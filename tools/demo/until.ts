/** Waiting for what has to become true. */

import { setTimeout as sleep } from "node:timers/promises";

const STEP_MS = 25;
/** cfauth waits up to half a minute for a busy engine to calm down. */
const PATIENCE_MS = 60_000;

/**
 * Asks until the answer is yes.
 * @throws {Error} when it has not become so within a minute, and whatever the signal was aborted with
 */
export async function until(
  what: string,
  ask: () => boolean | Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; !(await ask()); await sleep(STEP_MS)) {
    signal.throwIfAborted();
    if (Date.now() > deadline)
      throw new Error(`Waited ${PATIENCE_MS / 1_000} s in vain for this: ${what}.`);
  }
  signal.throwIfAborted();
}
