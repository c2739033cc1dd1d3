import { Registry } from "prom-client";
import type { CallReport } from "../clients/call-report.ts";
import type { StatusSink } from "../status/sink.ts";
import { type Api, callMetrics } from "./calls.ts";
import { createInstruments } from "./instruments.ts";
import { passMetrics } from "./passes.ts";
import { processMetrics } from "./process.ts";
import { type ReportedMetrics, reportMetrics } from "./report-metrics.ts";

/** What Prometheus asks for: counted as it happens, and read off the report when it is asked for. */
export interface Metrics extends Required<Pick<StatusSink, "changed" | "transitions" | "passed">> {
  /** A request was sent. */
  called(api: Api, call: CallReport): void;
  /** The engine's events are heard, or not any more. */
  heard(up: boolean): void;
  /** A message was delivered, or given up. */
  notified(result: "ok" | "failed"): void;
  /** All metrics, with what stands as the report has it. */
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

/** A registry of its own: two daemons in one process, as in tests, know nothing of each other. */
export function createMetrics({ version, resyncMs }: MetricsOptions): Metrics {
  const registry = new Registry();
  const make = createInstruments(registry);
  make.gauge("cfauth_build_info").set({ version }, 1);
  make.gauge("cfauth_resync_interval_seconds").set(resyncMs / 1_000);
  const stream = make.gauge("cfauth_docker_event_stream_up");
  const notifications = make.counter("cfauth_notifications_total");
  for (const result of ["ok", "failed"]) notifications.inc({ result }, 0);
  const stands = reportMetrics(make);
  const counted = { ...passMetrics(make), called: callMetrics(make) };
  processMetrics(registry);
  return {
    ...counted,
    heard: (up) => stream.set(up ? 1 : 0),
    notified: (result) => notifications.inc({ result }),
    exposition: async (report) => {
      stands(report);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
