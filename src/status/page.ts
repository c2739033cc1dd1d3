import type { Owner } from "../domain/owner.ts";
import { VERSION } from "../version.ts";
import { type Check, iso, type Report, reportedProblems, reportedRoutes, summary } from "./report.ts";
import type { Status } from "./watch.ts";

export interface ReportInput {
  readonly owner: Owner | undefined;
  readonly dryRun: boolean;
  readonly status: Status;
  /** Whether the engine's event stream is up. */
  readonly dockerUp: boolean;
  readonly now: number;
}

export function report({ owner, dryRun, status, dockerUp, now }: ReportInput): Report {
  const check = (service: "cloudflare" | "authentik"): Check => (status.sick.has(service) ? "failing" : status.converged ? "ok" : "unknown");
  return {
    formatVersion: "1.0",
    version: VERSION,
    owner: owner ?? "",
    dryRun,
    summary: summary(status.routes),
    routes: reportedRoutes(status.routes, status.since, now),
    problems: reportedProblems(status.problems, status.since, now),
    checks: {
      docker: !dockerUp || status.sick.has("docker") ? "failing" : "ok",
      cloudflare: check("cloudflare"),
      authentik: check("authentik"),
      tunnel: status.converged ? (status.tunnel ? "ok" : "failing") : "unknown",
    },
    lastPass: status.last === undefined ? null : { at: iso(status.last.at), result: status.last.result, applied: status.last.applied },
  };
}

/** Why the daemon is not well: no pass has come to its end, well or badly, for so long that it must be stuck. */
export function ailment(status: Status, resyncMs: number, now: number): string | undefined {
  const patienceMs = 2 * resyncMs + 120_000;
  const quiet = status.last === undefined ? 0 : now - status.last.at;
  return quiet > patienceMs ? `the last pass ended ${Math.round(quiet / 1_000)} s ago` : undefined;
}
