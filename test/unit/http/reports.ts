/** Reports as a daemon makes them, for the tests of what shows them. */
import { type RunningServer, type ServerDeps, startServer } from "../../../src/http/server.ts";
import type { Report, ReportedProblem, ReportedRoute } from "../../../src/status/report.ts";

export const reportedRoute = (
  hostname: string,
  more: Partial<ReportedRoute> = {},
): ReportedRoute => ({
  hostname,
  path: null,
  url: `https://${hostname}${more.path ?? ""}`,
  container: hostname.split(".")[0] ?? "",
  origin: `http://${hostname.split(".")[0]}:8080`,
  access: "authentik",
  who: "Everyone who can log in",
  state: "live",
  links: {
    access: `https://dash.cloudflare.com/0123/one/access-controls/apps/self-hosted/${hostname.length}/edit`,
    authentik: `https://auth.example.com/if/admin/#/core/applications/cfauth-${hostname.replaceAll(".", "-")}`,
  },
  since: "2026-11-20T08:12:00.000Z",
  ...more,
});

export const reportedProblem = (more: Partial<ReportedProblem> = {}): ReportedProblem => ({
  code: "CFA-CONFLICT-DNS",
  severity: "error",
  container: "immich",
  label: "cfauth.hostname",
  hostname: "photos.example.com",
  path: null,
  message: "a DNS record A 203.0.113.7 is at photos.example.com and is not cfauth's",
  effect: "closed",
  fix: 'delete it in Cloudflare, or set cfauth.adopt: "true" on container immich to take it over',
  docs: "https://github.com/cfauth/cfauth/blob/main/docs/troubleshooting.md#cfa-conflict-dns",
  since: "2026-11-23T10:31:00.000Z",
  ...more,
});

/** A healthy daemon with these routes and problems. */
export function reportOf(more: Partial<Report> = {}): Report {
  const routes = more.routes ?? [];
  const count = (state: ReportedRoute["state"]) => routes.filter((it) => it.state === state).length;
  return {
    formatVersion: "1.0",
    version: "0.1.0",
    owner: "home-nas",
    dryRun: false,
    summary: {
      live: count("live"),
      waiting: count("waiting"),
      problem: count("problem"),
      closing: count("closing"),
    },
    routes,
    problems: [],
    checks: { docker: "ok", cloudflare: "ok", authentik: "ok", tunnel: "ok" },
    outages: [],
    links: {
      tunnel: "https://dash.cloudflare.com/0123/one/networks/connectors/cloudflare-tunnels",
      authentik: "https://auth.example.com/if/admin/#/core/applications/cf-tunnel-access",
    },
    labelPrefix: "cfauth",
    lastPass: { at: "2026-11-23T10:42:05.000Z", result: "settled", applied: 0 },
    ...more,
  };
}

export const LIVE = reportOf({
  routes: [
    reportedRoute("auth.example.com", {
      container: "authentik-server",
      origin: "http://authentik-server:9000",
      access: "public",
      who: "Anyone: this is where people log in",
      note: "Authentik itself: open, because the login page cannot require a login",
      links: {
        access: "https://dash.cloudflare.com/0123/one/access-controls/apps/self-hosted/4/edit",
      },
    }),
    reportedRoute("grafana.example.com", {
      who: "Members of family or admins, or 2 e-mail addresses",
    }),
    reportedRoute("library.example.com", { who: "Members of family; /hooks without a login" }),
    reportedRoute("library.example.com", {
      path: "/hooks",
      access: "public",
      who: "Anyone, without a login",
    }),
    reportedRoute("wiki.example.com", { who: "Members of family" }),
  ],
});

export const TROUBLE = reportOf({
  routes: [
    reportedRoute("photos.example.com", {
      container: "immich",
      origin: "http://immich:2283",
      who: null,
      state: "problem",
      reason: "a DNS record A 203.0.113.7 is at photos.example.com and is not cfauth's",
      effect: "closed",
      code: "CFA-CONFLICT-DNS",
      fix: 'delete it in Cloudflare, or set cfauth.adopt: "true" on container immich to take it over',
      links: {},
      since: "2026-11-23T10:31:00.000Z",
    }),
    reportedRoute("paperless.example.com", {
      state: "waiting",
      reason: "waiting for the health check of container paperless (starting)",
      who: "Members of family",
      links: {},
      since: "2026-11-23T10:41:20.000Z",
    }),
    reportedRoute("old.example.com", {
      state: "closing",
      reason: "Container stopped; closes in 42 s unless it comes back.",
      since: "2026-11-23T10:41:47.000Z",
    }),
    ...LIVE.routes,
  ],
  problems: [
    reportedProblem(),
    reportedProblem({
      code: "CFA-LABEL-UNKNOWN",
      container: "gitea",
      label: "cfauth.acess",
      hostname: null,
      message:
        "cfauth.acess is not a label of cfauth; nothing opens, because it may have asked for protection",
      fix: "write cfauth.access",
      docs: "https://github.com/cfauth/cfauth/blob/main/docs/troubleshooting.md#cfa-label-unknown",
    }),
    reportedProblem({
      code: "CFA-CF-UNREACHABLE",
      severity: "warning",
      container: null,
      label: null,
      hostname: null,
      effect: "unchanged",
      message: "Cloudflare did not answer (ECONNRESET) when asked to read the Access applications",
      fix: "check that this machine reaches https://api.cloudflare.com; the daemon keeps trying",
    }),
    reportedProblem({
      code: "CFA-HOST-TOO-DEEP",
      severity: "warning",
      container: "grafana",
      hostname: "grafana.example.com",
      effect: "unchanged",
      message:
        "Cloudflare's free certificate does not cover grafana.lab.example.com, so browsers will refuse it",
      fix: "call it grafana-lab.example.com, or order an advanced certificate for *.lab.example.com",
    }),
  ],
  checks: { docker: "ok", cloudflare: "failing", authentik: "ok", tunnel: "ok" },
  outages: [{ service: "cloudflare", passing: true, since: "2026-11-23T10:42:00.000Z" }],
  lastPass: { at: "2026-11-23T10:43:05.000Z", result: "failed", applied: 0 },
});

/** The page of a healthy daemon with this report, on any free port. */
export const pageOf = (
  report: () => Report,
  parts: Partial<ServerDeps> = {},
): Promise<RunningServer> =>
  startServer(
    {
      report,
      livenessFailure: () => undefined,
      ready: () => true,
      metrics: async () => METRICS,
      failed: () => {},
      ...parts,
    },
    { host: "127.0.0.1", port: 0 },
  );

export const METRICS = {
  contentType: "text/plain; version=0.0.4; charset=utf-8",
  text: "# TYPE cfauth_up gauge\n",
};
