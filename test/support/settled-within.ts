import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";

/** Turns of the event loop that remain for the work that follows a timer. */
const TURNS_AFTER_TIMER = 100;

/**
 * Whether work that waits for a timer of its own waits no longer than this, in milliseconds.
 *
 * It compares the timer of the work with another timer in the same event loop, so the answer does not depend on how fast the
 * machine is.
 */
export async function settledWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const late = async (): Promise<boolean> => {
    await sleep(ms, undefined, { ref: false });
    for (let turns = 0; turns < TURNS_AFTER_TIMER; turns++) await turn();
    return false;
  };
  return await Promise.race([work.then(() => true), late()]);
}
