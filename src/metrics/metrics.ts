import { Registry } from "prom-client";
import type { CallReport } from "../clients/call-report.ts";
import type { StatusSink } from "../status/sink.ts";
import { type Api, callMetrics } from "./calls.ts";
import { createInstruments } from "./instruments.ts";
import { passMetrics } from "./passes.ts";
import { processMetrics } from "./process.ts";
import { type ReportedMetrics, reportMetrics } from "./report-metrics.ts";

/**
 * The metrics for Prometheus. Counters count events as they happen; gauges are set from the report
 * on each scrape.
 */
export interface Metrics extends Required<Pick<StatusSink, "changed" | "transitions" | "passed">> {
  /** Call this when a request was sent. */
  called(api: Api, call: CallReport): void;
  /** Call this when the event stream becomes reachable or unreachable. */
  heard(up: boolean): void;
  /** Call this when a notification was delivered or given up. */
  notified(result: "ok" | "failed"): void;
  /** Renders all metrics; gauges take their values from the report. */
  exposition(report: ReportedMetrics): Promise<Exposition>;
}

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

export interface MetricsOptions {
  readonly version: string;
  readonly resyncMs: number;
}

/**
 * Each instance has its own registry, so that two daemons in one process (as in tests) stay
 * independent.
 */
export function createMetrics({ version, resyncMs }: MetricsOptions): Metrics {
  const registry = new Registry();
  const make = createInstruments(registry);
  make.gauge("cfauth_build_info").set({ version }, 1);
  make.gauge("cfauth_resync_interval_seconds").set(resyncMs / 1_000);
  const stream = make.gauge("cfauth_docker_event_stream_up");
  const notifications = make.counter("cfauth_notifications_total");
  for (const result of ["ok", "failed"]) notifications.inc({ result }, 0);
  const setFromReport = reportMetrics(make);
  const counted = { ...passMetrics(make), called: callMetrics(make) };
  processMetrics(registry);
  return {
    ...counted,
    heard: (up) => stream.set(up ? 1 : 0),
    notified: (result) => notifications.inc({ result }),
    exposition: async (report) => {
      setFromReport(report);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
