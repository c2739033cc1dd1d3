import type { ParseResult } from "../text/parse-result.ts";
import { type LabelFault, valueFault } from "./fault.ts";
import type { Labels } from "./grouping.ts";

/** Parses one label of a route. A missing label gives neither a value nor a fault. */
export function readLabel<T>(
  labels: Labels,
  key: string,
  parse: (text: string) => ParseResult<T>,
): { readonly value: T | undefined; readonly faults: readonly LabelFault[] } {
  const label = labels.get(key);
  if (label === undefined) return { value: undefined, faults: [] };
  const parsed = parse(label.text);
  return parsed.ok
    ? { value: parsed.value, faults: [] }
    : { value: undefined, faults: [valueFault(label, parsed)] };
}
