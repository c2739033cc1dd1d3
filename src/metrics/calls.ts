import type { CallReport } from "../clients/call-report.ts";
import type { Instruments } from "./instruments.ts";

export type Api = "cloudflare" | "authentik" | "docker";

/** The methods that are used, so that every series exists from the start. */
const METHODS: Readonly<Record<Api, readonly string[]>> = {
  cloudflare: ["GET", "POST", "PUT", "DELETE"],
  authentik: ["GET", "POST", "PATCH", "PUT", "DELETE"],
  docker: ["GET"],
};
const APIS = Object.keys(METHODS) as Api[];
const STATUSES = ["2xx", "3xx", "4xx", "429", "5xx", "none"];

/** Counts requests. */
export function callMetrics(make: Instruments): (api: Api, call: CallReport) => void {
  const requests = make.counter("cfauth_api_requests_total");
  const durations = make.histogram("cfauth_api_request_duration_seconds");
  const waits = make.counter("cfauth_api_wait_seconds_total");
  const remains = make.gauge("cfauth_api_rate_limit_remaining");
  for (const api of APIS) {
    durations.zero({ api });
    for (const method of METHODS[api])
      for (const status of STATUSES) requests.inc({ api, method, status }, 0);
  }
  waits.inc({ api: "cloudflare" }, 0);

  return (api, { method, status, ms, waitedMs, remaining }) => {
    requests.inc({ api, method, status: statusClass(status) });
    durations.observe({ api }, ms / 1_000);
    if (waitedMs !== undefined) waits.inc({ api }, waitedMs / 1_000);
    if (remaining !== undefined) remains.set({ api }, remaining);
  };
}

function statusClass(status: number | undefined): string {
  if (status === undefined) return "none";
  return status === 429 ? "429" : `${Math.floor(status / 100)}xx`;
}
