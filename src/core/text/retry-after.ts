/**
 * Parses a Retry-After header: seconds, or a date.
 *
 * @param now - the wall clock, in milliseconds since 1970
 * @returns the delay in milliseconds, 0 for a date in the past; undefined if there is no valid value
 */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
