import type { Owner } from "../core/domain/owner.ts";
import { authentikApplicationUrl, tunnelsUrl } from "../core/links.ts";
import { formatDuration } from "../core/text/duration.ts";
import { VERSION } from "../core/version.ts";
import type { Status } from "./collector.ts";
import { OUTAGE_THRESHOLD_MS, outages } from "./outages.ts";
import {
  type ConsoleLocations,
  iso,
  type Report,
  reportedProblems,
  reportedRoutes,
  type ServiceCheck,
  summary,
} from "./report.ts";

export interface ReportInput {
  readonly owner: Owner | undefined;
  readonly dryRun: boolean;
  readonly status: Status;
  /** Whether the engine's event stream is up. */
  readonly dockerUp: boolean;
  readonly now: number;
  /** Undefined until the account is known. */
  readonly locations?: ConsoleLocations | undefined;
  readonly labelPrefix?: string;
}

export function buildReport({
  owner,
  dryRun,
  status,
  dockerUp,
  now,
  locations,
  labelPrefix = "cfauth",
}: ReportInput): Report {
  const check = (service: "cloudflare" | "authentik"): ServiceCheck =>
    status.failing.has(service) ? "failing" : status.tunnel === undefined ? "unknown" : "ok";
  // Who starts cfauth wants to know at once what keeps it from beginning.
  const patience = {
    since: status.since,
    now,
    thresholdMs: status.converged ? OUTAGE_THRESHOLD_MS : 0,
  };
  return {
    formatVersion: "1.0",
    version: VERSION,
    owner: owner ?? "",
    dryRun,
    summary: summary(status.routes),
    routes: reportedRoutes(status.routes, status.since, now, locations),
    problems: reportedProblems(status.problems, status.routes, patience),
    checks: {
      docker:
        !dockerUp || status.failing.has("docker")
          ? "failing"
          : status.last === undefined
            ? "unknown"
            : "ok",
      cloudflare: check("cloudflare"),
      authentik: check("authentik"),
      tunnel: status.tunnel === undefined ? "unknown" : status.tunnel ? "ok" : "failing",
    },
    outages: outages(status.failing, status.tracked, patience),
    links:
      locations === undefined
        ? {}
        : {
            tunnel: tunnelsUrl(locations.account),
            authentik: authentikApplicationUrl(locations.authentik, locations.slug),
          },
    labelPrefix,
    lastPass:
      status.last === undefined
        ? null
        : { at: iso(status.last.at), result: status.last.result, applied: status.last.applied },
  };
}

/** The longest that is waited after a failed pass, in milliseconds: an outage elsewhere must not look like one of ours. */
const LONGEST_BACKOFF_MS = 300_000;

/**
 * Why the daemon is not well: no pass has come to its end, well or badly, for so long that it must be stuck.
 *
 * @param startedAt - of the process; until the first pass has ended it counts from there. Milliseconds since 1970
 */
export function livenessFailure(
  status: Status,
  resyncMs: number,
  now: number,
  startedAt: number = performance.timeOrigin,
): string | undefined {
  const thresholdMs = 2 * Math.max(resyncMs, LONGEST_BACKOFF_MS) + 120_000;
  const quiet = now - (status.last?.at ?? startedAt);
  if (quiet <= thresholdMs) return undefined;
  return status.last === undefined
    ? `no pass has ended in the ${formatDuration(quiet)} since the start`
    : `the last pass ended ${formatDuration(quiet)} ago`;
}
