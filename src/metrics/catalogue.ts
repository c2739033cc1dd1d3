import { RESOURCE_KINDS } from "../resources/registry.ts";
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

const KINDS = RESOURCE_KINDS.map((kind) => `\`${kind}\``).join(", ");
const API = "`cloudflare`, `authentik`, `docker`";

/**
 * All of cfauth's metrics. The rules: base units, `_total` only on counters, times as timestamps,
 * `0` for events that have not happened yet, hostnames on only one gauge
 * (prometheus.io/docs/practices, checked 2026-11).
 */
export const METRICS = {
  cfauth_build_info: {
    type: "gauge",
    help: "Always 1; the label is the running version",
    labels: { version: "as in `cfauth --version`" },
  },
  cfauth_routes: {
    type: "gauge",
    help: "Routes by state and by who may enter",
    labels: {
      state: "`live`, `waiting`, `problem`, `closing`",
      access:
        "`authentik`, `public`, or `unknown` if nothing is deployed and the labels cannot be read",
    },
  },
  cfauth_route_live: {
    type: "gauge",
    help: "1 if the route is live, 0 if it is waiting or has a problem; a closing route has no series",
    labels: { hostname: "as in the label", path: "the path prefix; empty for the whole host" },
  },
  cfauth_problems: {
    type: "gauge",
    help: "Current problems; a code that has occurred stays at 0 until the daemon ends",
    labels: { severity: "`error`, `warning`", code: "such as `CFA-CONFLICT-DNS`" },
  },
  cfauth_passes_total: {
    type: "counter",
    help: "Completed passes",
    labels: { result: "`settled`, `failed`" },
  },
  cfauth_pass_duration_seconds: {
    type: "histogram",
    help: "Duration of passes, including all their calls",
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  cfauth_last_pass_success_timestamp_seconds: {
    type: "gauge",
    help: "Time of the last settled pass; 0 if none has settled since the start",
  },
  cfauth_last_change_timestamp_seconds: {
    type: "gauge",
    help: "Time of the last pass that changed something; 0 if none has since the start",
  },
  cfauth_resync_interval_seconds: {
    type: "gauge",
    help: "CFAUTH_RESYNC_INTERVAL: the time between passes if nothing happens",
  },
  cfauth_changes_total: {
    type: "counter",
    help: "Changes to Cloudflare and Authentik, by resource kind",
    labels: {
      kind: KINDS,
      action: "`create`, `update`, `delete`",
      result: "`ok`, `failed`",
    },
  },
  cfauth_drift_corrected_total: {
    type: "counter",
    help: "Drift that cfauth corrected: somebody else had changed an object whose desired state had not changed",
    labels: { kind: KINDS },
  },
  cfauth_api_requests_total: {
    type: "counter",
    help: "Requests sent; each attempt counts",
    labels: {
      api: API,
      method: "`GET`, `POST`, …",
      status: "`2xx`, `3xx`, `4xx`, `429`, `5xx`, or `none` if there was no response",
    },
  },
  cfauth_api_request_duration_seconds: {
    type: "histogram",
    help: "Duration of requests until the end of the response, without the time in the queue",
    labels: { api: API },
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  cfauth_api_wait_seconds_total: {
    type: "counter",
    help: "Time that requests waited in the queue because of the concurrency, the rate limit, or a pause that Cloudflare asked for",
    labels: { api: "`cloudflare`" },
  },
  cfauth_api_rate_limit_remaining: {
    type: "gauge",
    help: "Remaining requests in the tightest rate-limit window, as last reported by Cloudflare; absent until then",
    labels: { api: "`cloudflare`" },
  },
  cfauth_up: {
    type: "gauge",
    help: "1 if the last pass that needed the service was answered and authorized, and for Docker the event stream is up, else 0; absent until the first such pass",
    labels: { api: API },
  },
  cfauth_notifications_total: {
    type: "counter",
    help: "Notifications by final result; each message counts once per target",
    labels: { result: "`ok`, `failed`" },
  },
  cfauth_docker_event_stream_up: {
    type: "gauge",
    help: "1 while Docker's event stream is up, else 0; without it, changes are noticed at the next resync",
  },
} as const satisfies Readonly<Record<`cfauth_${string}`, MetricRow>>;

export type MetricName = keyof typeof METRICS;
