import { collectDefaultMetrics, type Registry } from "prom-client";

/** An hour: a timer that wakes 100 times a second for them costs an idle daemon half a percent of a core (measured, 2026-11). */
const SAMPLE_MS = 3_600_000;

/** What comes of that timer, and gauges that are called like counters. */
const UNFIT =
  /^nodejs_(eventloop_lag_(min|max|mean|stddev|p50|p90|p99)_seconds|active_(handles|requests|resources)_total)$/;

/** What prom-client tells of every Node process, read when it is asked for: `process_*` and `nodejs_*`. */
export function processMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: SAMPLE_MS });
  for (const { name } of registry.getMetricsAsArray())
    if (UNFIT.test(name)) registry.removeSingleMetric(name);
}
