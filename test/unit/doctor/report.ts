import type { Report } from "../../../src/status/report.ts";
import { reportOf as daemonWith, reportedRoute } from "../http/reports.ts";

/** The report of a settled daemon with these live routes. */
export const reportOf = (live: readonly string[], owner = "app"): Report =>
  daemonWith({ owner, routes: live.map((hostname) => reportedRoute(hostname)) });
