import type { Report } from "../../../src/status/report.ts";
import { reportOf as daemonWith, reportedRoute } from "../http/reports.ts";

/** What a daemon says that has settled, with these routes live. */
export const reportOf = (live: readonly string[], owner = "app"): Report =>
  daemonWith({ owner, routes: live.map((hostname) => reportedRoute(hostname)) });
