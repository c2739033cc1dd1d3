/** The number of requests that a token may send in any window of this length. Cloudflare: 1,200 in 5 minutes (docs, 2026-04). */
export interface RateLimit {
  readonly quota: number;
  readonly windowSeconds: number;
}

export interface Budget {
  /** Takes one request from the budget, or returns the seconds to wait. */
  take(): { readonly retryAfterSeconds: number } | undefined;
  /** `Ratelimit` and `Ratelimit-Policy`, which every answer has. */
  headers(): Record<string, string>;
}

/** @param now - milliseconds */
export function createBudget(
  { quota, windowSeconds }: RateLimit,
  now: () => number = Date.now,
): Budget {
  /** The times of the requests in the window, oldest first. Refused requests do not count. */
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
