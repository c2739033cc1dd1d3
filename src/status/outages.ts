import type { Problem } from "../core/domain/problem.ts";
import type { TrackedProblems } from "./problem-tracker.ts";

export interface Outage {
  readonly service: "docker" | "cloudflare" | "authentik";
  /**
   * True if it resolves itself: no answer, or a rate limit. Otherwise a problem says what to fix.
   */
  readonly passing: boolean;
  readonly since: string;
}

/**
 * How long a service may be unreachable before it is reported, in milliseconds. Applies after the
 * first convergence.
 */
export const OUTAGE_THRESHOLD_MS = 30_000;

const SERVICES = [
  { service: "docker", prefix: "CFA-DOCKER-" },
  { service: "cloudflare", prefix: "CFA-CF-" },
  { service: "authentik", prefix: "CFA-AK-" },
] as const;

/** The key in `Since` for when a service started to fail. */
export const outageKey = (service: string): string => `outage ${service}`;

/**
 * When each service started to fail, and the delay before that is reported. All in milliseconds,
 * times since 1970.
 */
export interface OutageClock {
  readonly since: ReadonlyMap<string, number>;
  readonly now: number;
  readonly thresholdMs: number;
}

/**
 * The services that have been failing longer than the threshold, or with a problem that a person
 * must fix.
 */
export function outages(
  failing: ReadonlySet<string>,
  { met }: Pick<TrackedProblems, "met">,
  { since, now, thresholdMs }: OutageClock,
): readonly Outage[] {
  return SERVICES.flatMap(({ service }) => {
    const from = since.get(outageKey(service)) ?? now;
    const passing = met.get(service)?.every((it) => it.passing === true) === true;
    return failing.has(service) && (now - from >= thresholdMs || !passing)
      ? [{ service, passing, since: new Date(from).toISOString() }]
      : [];
  });
}

/** True if the problem is a service outage that has not yet lasted as long as the threshold. */
export function isTransient(
  { code, passing }: Problem,
  { since, now, thresholdMs }: OutageClock,
): boolean {
  const from = since.get(
    outageKey(SERVICES.find(({ prefix }) => code.startsWith(prefix))?.service ?? ""),
  );
  return passing === true && from !== undefined && now - from < thresholdMs;
}
