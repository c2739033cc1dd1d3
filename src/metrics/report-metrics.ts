import { escapeControlCharacters } from "../core/text/sanitize.ts";
import type { ReportedProblem, ReportedRoute, RouteState, ServiceCheck } from "../status/report.ts";
import type { Instruments } from "./instruments.ts";

const STATES: readonly RouteState[] = ["live", "waiting", "problem", "closing"];
const ACCESSES = ["authentik", "public", "unknown"];
const APIS = ["docker", "cloudflare", "authentik"] as const;

/** The part of the report that becomes metrics; the rest is for people. */
export interface ReportedMetrics {
  readonly routes: readonly Pick<ReportedRoute, "hostname" | "path" | "state" | "access">[];
  readonly problems: readonly Pick<ReportedProblem, "severity" | "code">[];
  readonly checks: Readonly<Record<(typeof APIS)[number], ServiceCheck>>;
}

/** Sets the gauges from the report. What is no longer in the report is removed here too. */
export function reportMetrics(make: Instruments): (report: ReportedMetrics) => void {
  const counts = make.gauge("cfauth_routes");
  const lives = make.gauge("cfauth_route_live");
  const problems = make.gauge("cfauth_problems");
  const up = make.gauge("cfauth_up");
  /** Every code that has occurred, with its severity; bounded by the number of codes. */
  const seen = new Map<string, { readonly severity: string; readonly code: string }>();

  return (report) => {
    for (const state of STATES) for (const access of ACCESSES) counts.set({ state, access }, 0);
    for (const { state, access } of report.routes)
      counts.inc({ state, access: access ?? "unknown" });

    lives.reset();
    for (const { hostname, path, state } of report.routes.filter(isDesired))
      lives.set(
        { hostname: escapeControlCharacters(hostname), path: escapeControlCharacters(path ?? "") },
        state === "live" ? 1 : 0,
      );

    for (const { severity, code } of report.problems)
      seen.set(`${severity} ${code}`, { severity, code });
    for (const labels of seen.values()) problems.set(labels, 0);
    for (const { severity, code } of report.problems) problems.inc({ severity, code });

    for (const api of APIS) {
      const check = report.checks[api];
      if (check === "unknown") up.remove({ api });
      else up.set({ api }, check === "ok" ? 1 : 0);
    }
  };
}

/**
 * A closing route is left out, because a route that is down after its container was stopped is no
 * alarm.
 */
const isDesired = ({ state }: Pick<ReportedRoute, "state">): boolean => state !== "closing";
