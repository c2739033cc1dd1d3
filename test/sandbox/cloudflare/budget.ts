/** How many requests a token may send in any window of this length. Cloudflare: 1,200 in 5 minutes (docs, 2026-04). */
export interface RateLimit {
  readonly quota: number;
  readonly windowSeconds: number;
}

export interface Budget {
  /** Takes one request out of the budget, or answers the seconds to wait. */
  take(): { readonly retryAfterSeconds: number } | undefined;
  /** `Ratelimit` and `Ratelimit-Policy`, as they stand on every answer. */
  headers(): Record<string, string>;
}

/** @param now - milliseconds */
export function createBudget(
  { quota, windowSeconds }: RateLimit,
  now: () => number = Date.now,
): Budget {
  /** When the requests of the window came, oldest first. Refused ones do not count. */
  let taken: number[] = [];
  const recent = (): readonly number[] => {
    const start = now() - windowSeconds * 1000;
    taken = taken.filter((at) => at > start);
    return taken;
  };
  const secondsToReset = (): number => {
    const [oldest = now()] = recent();
    return Math.max(1, Math.ceil((oldest + windowSeconds * 1000 - now()) / 1000));
  };
  return {
    take: () => {
      if (recent().length >= quota) return { retryAfterSeconds: secondsToReset() };
      taken.push(now());
      return undefined;
    },
    headers: () => ({
      ratelimit: `"default";r=${Math.max(0, quota - recent().length)};t=${secondsToReset()}`,
      "ratelimit-policy": `"default";q=${quota};w=${windowSeconds}`,
    }),
  };
}
