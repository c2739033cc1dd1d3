import type { ReferencedNames } from "../domain/directory.ts";
import type { Workload } from "../domain/workload.ts";
import { splitList } from "../text/list.ts";
import type { LabelContext } from "./context.ts";
import { stripQuotes } from "./grouping.ts";
import { effectiveLabels } from "./label-set.ts";

/**
 * Which groups and service tokens the labels speak of, sound or not: what nobody speaks of is not looked up. The groups of the
 * routes that name none are the defaults. Labels of other tools name nobody.
 */
export function referencedNames(
  workloads: readonly Workload[],
  spoken: Pick<LabelContext, "prefix" | "reads" | "defaults">,
): ReferencedNames {
  const voices = workloads
    .map((workload) => effectiveLabels(workload.labels, spoken))
    .filter(({ labels }) => Object.keys(labels).length > 0);
  const labels = voices.flatMap((it) => (it.foreign ? [] : Object.entries(it.labels)));
  const under = (key: string) =>
    labels
      .filter(([name]) => name.endsWith(`.${key}`))
      .flatMap(([, text]) => splitList(stripQuotes(text)));
  return {
    groups: new Set([
      ...under("access.groups"),
      ...(voices.length > 0 ? spoken.defaults.groups : []),
    ]),
    tokens: new Set(under("access.service-tokens").filter((name) => name !== "any")),
  };
}

/** The networks that labels name: cloudflared has to be on each of them, whatever CFAUTH_NETWORK says. */
export const namedNetworks = (
  workloads: readonly Workload[],
  spoken: Pick<LabelContext, "prefix" | "reads">,
): readonly string[] => [
  ...new Set(
    workloads
      .map((workload) => effectiveLabels(workload.labels, spoken))
      .flatMap(({ labels, foreign }) => (foreign ? [] : Object.entries(labels)))
      .flatMap(([name, text]) => (name.endsWith(".network") ? [stripQuotes(text)] : [])),
  ),
];
