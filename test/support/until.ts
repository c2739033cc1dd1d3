import { setTimeout as sleep } from "node:timers/promises";

/** Waits until this is true, looking often. @throws when it has not become so in time */
export async function until(
  claim: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await claim())) {
    if (performance.now() > deadline) throw new Error(`still not so after ${withinMs} ms: ${what}`);
    await sleep(5);
  }
}
