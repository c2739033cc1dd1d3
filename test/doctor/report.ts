import type { Report } from "../../src/status/report.ts";

/** What a daemon says that has settled, with these routes live. */
export const reportOf = (live: readonly string[], owner = "app"): Report => ({
  formatVersion: "1.0",
  version: "0",
  owner,
  dryRun: false,
  summary: { live: live.length, waiting: 0, problem: 0, closing: 0 },
  routes: live.map((hostname) => ({
    hostname,
    path: null,
    container: null,
    origin: null,
    access: "authentik",
    state: "live",
    since: "2026-11-25T10:00:00Z",
  })),
  problems: [],
  checks: { docker: "ok", cloudflare: "ok", authentik: "ok", tunnel: "ok" },
  lastPass: { at: "2026-11-25T10:42:05.000Z", result: "settled", applied: 0 },
});
