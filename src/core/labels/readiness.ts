import type { LabelContext } from "./context.ts";
import { type LabelFault, valueFault } from "./fault.ts";
import type { Labels } from "./grouping.ts";
import type { LabelSet } from "./label-set.ts";
import { parseFlagLabel } from "./values.ts";

/** Why the route must not open yet. With replicas one that is healthy is enough. */
export function notReadyReason(
  labelSet: LabelSet,
  labels: Labels,
  context: LabelContext,
): { readonly value: string | undefined; readonly faults: readonly LabelFault[] } {
  const label = labels.get("wait-healthy");
  const flag =
    label === undefined
      ? ({ ok: true, value: context.waitHealthy } as const)
      : parseFlagLabel(label.text);
  if (!flag.ok)
    return { value: undefined, faults: label === undefined ? [] : [valueFault(label, flag)] };
  const ready = labelSet.members.some(({ health }) => health === "none" || health === "healthy");
  const state = labelSet.members.some(({ health }) => health === "starting")
    ? "starting"
    : "unhealthy";
  return {
    value:
      flag.value && !ready
        ? `the health check of container ${labelSet.name} (${state})`
        : undefined,
    faults: [],
  };
}
