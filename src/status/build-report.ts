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
  /** True if the Docker event stream is open. */
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
  const check = (service: "cloudflare" | "authentik"): ServiceCheck => {
    if (status.failing.has(service)) return "failing";
    return status.tunnel === undefined ? "unknown" : "ok";
  };
  // Report startup problems at once: the operator is watching.
  const clock = {
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
    problems: reportedProblems(status.problems, status.routes, clock),
    checks: {
      docker: dockerCheck(status, dockerUp),
      cloudflare: check("cloudflare"),
      authentik: check("authentik"),
      tunnel: tunnelCheck(status),
    },
    outages: outages(status.failing, status.tracked, clock),
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

function dockerCheck({ failing, last }: Status, dockerUp: boolean): ServiceCheck {
  if (!dockerUp || failing.has("docker")) return "failing";
  return last === undefined ? "unknown" : "ok";
}

function tunnelCheck({ tunnel }: Status): ServiceCheck {
  if (tunnel === undefined) return "unknown";
  return tunnel ? "ok" : "failing";
}

/**
 * The longest wait after a failed pass, in milliseconds. An outage of a service must not look like
 * a stuck daemon.
 */
const MAX_BACKOFF_MS = 300_000;

/**
 * Why the daemon is unhealthy: no pass has ended, with or without success, for so long that it must
 * be stuck. Undefined if it is healthy.
 *
 * @param startedAt - when the process started, in milliseconds since 1970; counts until the first
 * pass has ended
 */
export function livenessFailure(
  status: Status,
  resyncMs: number,
  now: number,
  startedAt: number = performance.timeOrigin,
): string | undefined {
  const thresholdMs = 2 * Math.max(resyncMs, MAX_BACKOFF_MS) + 120_000;
  const silentMs = now - (status.last?.at ?? startedAt);
  if (silentMs <= thresholdMs) return undefined;
  return status.last === undefined
    ? `no pass has ended in the ${formatDuration(silentMs)} since the start`
    : `the last pass ended ${formatDuration(silentMs)} ago`;
}
