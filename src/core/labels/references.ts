import type { ReferencedNames } from "../domain/directory.ts";
import type { Workload } from "../domain/workload.ts";
import { splitList } from "../text/list.ts";
import type { LabelContext } from "./context.ts";
import { stripQuotes } from "./grouping.ts";
import { effectiveLabels } from "./label-set.ts";

/**
 * The groups and service tokens that the labels refer to, valid or not. Only these need a lookup. A
 * route without groups has the default groups. Labels of other tools never name people.
 */
export function referencedNames(
  workloads: readonly Workload[],
  settings: Pick<LabelContext, "prefix" | "reads" | "defaults">,
): ReferencedNames {
  const labelled = workloads
    .map((workload) => effectiveLabels(workload.labels, settings))
    .filter(({ labels }) => Object.keys(labels).length > 0);
  const own = labelled
    .filter(({ foreign }) => !foreign)
    .flatMap(({ labels }) => Object.entries(labels));
  const namesUnder = (key: string) =>
    own
      .filter(([name]) => name.endsWith(`.${key}`))
      .flatMap(([, text]) => splitList(stripQuotes(text)));
  const defaultGroups = labelled.length > 0 ? settings.defaults.groups : [];
  return {
    groups: new Set([...namesUnder("access.groups"), ...defaultGroups]),
    tokens: new Set(namesUnder("access.service-tokens").filter((name) => name !== "any")),
  };
}

/**
 * The networks that labels name. cloudflared must be on each of them, whatever CFAUTH_NETWORK says.
 */
export function namedNetworks(
  workloads: readonly Workload[],
  settings: Pick<LabelContext, "prefix" | "reads">,
): readonly string[] {
  const networks = workloads
    .map((workload) => effectiveLabels(workload.labels, settings))
    .filter(({ foreign }) => !foreign)
    .flatMap(({ labels }) => Object.entries(labels))
    .filter(([name]) => name.endsWith(".network"))
    .map(([, text]) => stripQuotes(text));
  return [...new Set(networks)];
}
