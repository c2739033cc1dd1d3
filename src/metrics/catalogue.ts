/**
 * A metric as it is registered and as docs/monitoring.md shows it. Names and labels are public
 * interface.
 */
export interface MetricRow {
  readonly type: "counter" | "gauge" | "histogram";
  /** What it measures, with its unit if the name has none. Also the `# HELP` of the exposition. */
  readonly help: string;
  /** Each label with its possible values. There are few, and none is free text. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly buckets?: readonly number[];
}

const API = "`cloudflare`, `authentik`, `docker`";

/**
 * All of cfauth's metrics. The rules: base units, `_total` only on counters, times as timestamps,
 * `0` for events that have not happened yet, hostnames on only one gauge
 * (prometheus.io/docs/practices, checked 2026-11).
 */
export const METRICS = {
  cfauth_build_info: {
    type: "gauge",
    help: "Always 1; which version runs",
    labels: { version: "as `cfauth --version` says it" },
  },
  cfauth_routes: {
    type: "gauge",
    help: "Routes by state and by who may enter",
    labels: {
      state: "`live`, `waiting`, `problem`, `closing`",
      access:
        "`authentik`, `public`, or `unknown` where nothing stands and the labels cannot be read",
    },
  },
  cfauth_route_live: {
    type: "gauge",
    help: "1 for a route that is live, 0 for one that is waited for or has a problem; one that closes has no series any more",
    labels: { hostname: "as the label has it", path: "its prefix; empty for the whole host" },
  },
  cfauth_problems: {
    type: "gauge",
    help: "Problems that there are now; a code that has come up stays, at 0, until the daemon ends",
    labels: { severity: "`error`, `warning`", code: "such as `CFA-CONFLICT-DNS`" },
  },
  cfauth_passes_total: {
    type: "counter",
    help: "Passes that have ended",
    labels: { result: "`settled`, `failed`" },
  },
  cfauth_pass_duration_seconds: {
    type: "histogram",
    help: "How long passes took, with all their calls",
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  cfauth_last_pass_success_timestamp_seconds: {
    type: "gauge",
    help: "When a pass last settled; 0 while none has since the start",
  },
  cfauth_last_change_timestamp_seconds: {
    type: "gauge",
    help: "When a pass last changed something; 0 while none has since the start",
  },
  cfauth_resync_interval_seconds: {
    type: "gauge",
    help: "CFAUTH_RESYNC_INTERVAL: on a quiet day a pass comes after so long",
  },
  cfauth_changes_total: {
    type: "counter",
    help: "Changes to Cloudflare and Authentik, by what was changed",
    labels: {
      kind: "`login`, `tunnel`, `policy`, `access`, `ingress`, `dns`, `tile`",
      action: "`create`, `update`, `delete`",
      result: "`ok`, `failed`",
    },
  },
  cfauth_drift_corrected_total: {
    type: "counter",
    help: "What somebody else had changed and was put back: made as it was while nothing was wished otherwise",
    labels: { kind: "`login`, `tunnel`, `policy`, `access`, `ingress`, `dns`, `tile`" },
  },
  cfauth_api_requests_total: {
    type: "counter",
    help: "Requests that were sent, each try by itself",
    labels: {
      api: API,
      method: "`GET`, `POST`, …",
      status: "`2xx`, `3xx`, `4xx`, `429`, `5xx`, or `none` where no answer came",
    },
  },
  cfauth_api_request_duration_seconds: {
    type: "histogram",
    help: "How long requests took to the end of the answer, without waiting for their turn",
    labels: { api: API },
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  cfauth_api_wait_seconds_total: {
    type: "counter",
    help: "How long requests waited for their turn: few at a time, no more than the limit allows, none while Cloudflare asks for rest",
    labels: { api: "`cloudflare`" },
  },
  cfauth_api_rate_limit_remaining: {
    type: "gauge",
    help: "Requests that were left in the tightest window when Cloudflare last said so; absent until it does",
    labels: { api: "`cloudflare`" },
  },
  cfauth_up: {
    type: "gauge",
    help: "1 where the last pass that needed it was answered and let in, and Docker's events are heard, else 0; absent until a pass has",
    labels: { api: API },
  },
  cfauth_notifications_total: {
    type: "counter",
    help: "Notifications, each message and target by itself, by whether it was delivered in the end",
    labels: { result: "`ok`, `failed`" },
  },
  cfauth_docker_event_stream_up: {
    type: "gauge",
    help: "1 while the engine's events are heard; else labels are only looked at at the next resync",
  },
} as const satisfies Readonly<Record<`cfauth_${string}`, MetricRow>>;

export type MetricName = keyof typeof METRICS;
