import { setTimeout as sleep } from "node:timers/promises";

/** Waits until the condition is true, checking often. @throws if it is not true in time */
export async function until(
  claim: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await claim())) {
    if (performance.now() > deadline) throw new Error(`not true after ${withinMs} ms: ${what}`);
    await sleep(5);
  }
}
