import type { LabelContext } from "./context.ts";
import type { LabelFault } from "./fault.ts";
import type { Labels } from "./grouping.ts";
import type { LabelSet } from "./label-set.ts";
import { readLabel } from "./read.ts";
import { parseFlagLabel } from "./values.ts";

/** Why the route must not open yet. One healthy replica is enough. */
export function notReadyReason(
  labelSet: LabelSet,
  labels: Labels,
  context: LabelContext,
): { readonly value: string | undefined; readonly faults: readonly LabelFault[] } {
  const label = readLabel(labels, "wait-healthy", parseFlagLabel);
  if (label.faults.length > 0) return { value: undefined, faults: label.faults };
  const mustWait = label.value ?? context.waitHealthy;
  const isReady = labelSet.members.some(({ health }) => health === "none" || health === "healthy");
  if (!mustWait || isReady) return { value: undefined, faults: [] };
  const isStarting = labelSet.members.some(({ health }) => health === "starting");
  const state = isStarting ? "starting" : "unhealthy";
  return { value: `the health check of container ${labelSet.name} (${state})`, faults: [] };
}
