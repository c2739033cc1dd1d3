/**
 * How long to wait before the next pass after `failures` failures in a row.
 *
 * @param failures - consecutive failed passes, 1 or more
 * @param random - 0 … 1
 * @param askedMs - how long the service asked to be left alone, if it did
 * @returns milliseconds, 500 … 300_000, jittered over the upper half, never less than asked
 */
export function backoff(failures: number, random: number, askedMs = 0): number {
  const ceiling = Math.min(300_000, 1_000 * 2 ** (failures - 1));
  return Math.max(askedMs, Math.round(ceiling / 2 + (ceiling / 2) * random));
}
