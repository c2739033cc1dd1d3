import type { Problem } from "../core/domain/problem.ts";
import type { TrackedProblems } from "./problem-tracker.ts";

export interface Outage {
  readonly service: "docker" | "cloudflare" | "authentik";
  /** Whether it goes by itself: no answer, or a limit. Otherwise a problem says what is to be mended. */
  readonly passing: boolean;
  readonly since: string;
}

/** How long a neighbour may be silent before that is worth a word, in milliseconds: blips are not shown, once all was well. */
export const OUTAGE_THRESHOLD_MS = 30_000;

const SERVICES = [
  { service: "docker", prefix: "CFA-DOCKER-" },
  { service: "cloudflare", prefix: "CFA-CF-" },
  { service: "authentik", prefix: "CFA-AK-" },
] as const;

/** Under which it is kept since when a service has been sick. */
export const outageKey = (service: string): string => `sick ${service}`;

/** How long who has been sick, and how long that is borne in silence. All in milliseconds, `now` since 1970. */
export interface OutageClock {
  readonly since: ReadonlyMap<string, number>;
  readonly now: number;
  readonly thresholdMs: number;
}

/** Those who have been sick for longer than a blip. */
export function outages(
  sick: ReadonlySet<string>,
  { met }: Pick<TrackedProblems, "met">,
  { since, now, thresholdMs }: OutageClock,
): readonly Outage[] {
  return SERVICES.flatMap(({ service }) => {
    const from = since.get(outageKey(service)) ?? now;
    const passing = met.get(service)?.every((it) => it.passing === true) === true;
    return sick.has(service) && (now - from >= thresholdMs || !passing)
      ? [{ service, passing, since: new Date(from).toISOString() }]
      : [];
  });
}

/** Whether the problem says that a neighbour is silent, and it has not been for long. */
export function isTransient(
  { code, passing }: Problem,
  { since, now, thresholdMs }: OutageClock,
): boolean {
  const from = since.get(
    outageKey(SERVICES.find(({ prefix }) => code.startsWith(prefix))?.service ?? ""),
  );
  return passing === true && from !== undefined && now - from < thresholdMs;
}
