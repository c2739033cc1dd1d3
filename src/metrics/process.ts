import { collectDefaultMetrics, type Registry } from "prom-client";

/**
 * One hour. The default timer fires 100 times a second, which costs an idle daemon half a percent
 * of a core (measured 2026-11).
 */
const SAMPLE_MS = 3_600_000;

/** Metrics that depend on that timer, and gauges that are named like counters. */
const EXCLUDED =
  /^nodejs_(eventloop_lag_(min|max|mean|stddev|p50|p90|p99)_seconds|active_(handles|requests|resources)_total)$/;

/**
 * Registers prom-client's metrics of every Node process, `process_*` and `nodejs_*`. They are read
 * on each scrape.
 */
export function processMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: SAMPLE_MS });
  for (const { name } of registry.getMetricsAsArray())
    if (EXCLUDED.test(name)) registry.removeSingleMetric(name);
}
