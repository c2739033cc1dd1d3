const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long to wait before the stream of events is opened again.
 *
 * @param failures - streams in a row that could not be opened or ended at once; 0 after one that
 *   lasted
 * @param random - 0 … 1
 * @returns milliseconds, 250 … 30_000, jittered over the upper half: all that hangs on one engine
 *   would come back together
 */
export function retryDelay(failures: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
