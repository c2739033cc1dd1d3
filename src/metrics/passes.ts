import { DEFINITIONS } from "../resources/registry.ts";
import type { StatusSink } from "../status/sink.ts";
import type { Instruments } from "./instruments.ts";

const RESULTS = ["ok", "failed"];

/** Counts passes and their changes. */
export function passMetrics(
  make: Instruments,
): Required<Pick<StatusSink, "changed" | "transitions" | "passed">> {
  const passes = make.counter("cfauth_passes_total");
  const durations = make.histogram("cfauth_pass_duration_seconds");
  const success = make.gauge("cfauth_last_pass_success_timestamp_seconds");
  const changed = make.gauge("cfauth_last_change_timestamp_seconds");
  const changes = make.counter("cfauth_changes_total");
  const drift = make.counter("cfauth_drift_corrected_total");
  for (const result of ["settled", "failed"]) passes.inc({ result }, 0);
  for (const { kind, actions } of DEFINITIONS) {
    drift.inc({ kind }, 0);
    for (const action of actions)
      for (const result of RESULTS) changes.inc({ kind, action, result }, 0);
  }

  return {
    changed: (change, _place, error) => {
      changes.inc({
        kind: change.kind,
        action: change.action,
        result: error === undefined ? "ok" : "failed",
      });
    },
    transitions: ({ corrected }) => {
      for (const { kinds } of corrected) for (const kind of kinds) drift.inc({ kind });
    },
    passed: ({ at, ms, result, applied }) => {
      passes.inc({ result });
      durations.observe(ms / 1_000);
      if (result === "settled") success.set(at / 1_000);
      if (applied > 0) changed.set(at / 1_000);
    },
  };
}
