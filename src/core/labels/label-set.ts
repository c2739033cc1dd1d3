import type { Workload } from "../domain/workload.ts";
import type { LabelContext } from "./context.ts";
import { foreignLabels } from "./dialects.ts";
import type { LabelFault } from "./fault.ts";
import { withinLimits } from "./limits.ts";

/** A container, or the replicas of a Compose service with the same labels. */
export interface LabelSet {
  /** The container's name, or the service's. */
  readonly name: string;
  /** The oldest first. */
  readonly members: readonly [Workload, ...Workload[]];
  readonly replicated: boolean;
  /** Labels with our prefix, or else those of another tool that cfauth reads. */
  readonly labels: Readonly<Record<string, string>>;
  /** True if they are labels of another tool. */
  readonly foreign: boolean;
  /** The limit that the labels exceed, if any. Then `labels` holds only the part that was read. */
  readonly excess: LabelFault | undefined;
}

type EffectiveLabels = Pick<LabelSet, "labels" | "foreign" | "excess">;
type LabelSettings = Pick<LabelContext, "prefix" | "reads">;

/**
 * Groups the workloads that have labels into label sets. A single label with our prefix is enough
 * to ignore all labels of other tools.
 */
export function labelSets(
  workloads: readonly Workload[],
  settings: LabelSettings,
): readonly LabelSet[] {
  const labelled = workloads
    .map((workload) => ({
      workload,
      ...effectiveLabels(workload.labels, settings, workload.unreadLabels),
    }))
    .filter(({ labels, excess }) => Object.keys(labels).length > 0 || excess !== undefined);
  const groups = Map.groupBy(labelled, ({ workload, labels }) =>
    workload.service === undefined
      ? workload.id
      : JSON.stringify([
          workload.service.project,
          workload.service.name,
          Object.entries(labels).toSorted(),
          workload.unreadLabels,
        ]),
  );
  return [...groups.values()].flatMap((group) =>
    labelSet(
      group.map(({ workload }) => workload),
      group[0] ?? { labels: {}, foreign: false, excess: undefined },
    ),
  );
}

function labelSet(
  members: readonly Workload[],
  { labels, foreign, excess }: EffectiveLabels,
): readonly LabelSet[] {
  const [oldest, ...others] = members.toSorted(
    (a, b) => a.created - b.created || (a.id < b.id ? -1 : 1),
  );
  if (oldest === undefined) return [];
  const replicated = others.length > 0;
  const name = replicated ? (oldest.service?.name ?? oldest.name) : oldest.name;
  return [{ name, members: [oldest, ...others], replicated, labels, foreign, excess }];
}

/** The ids that do not belong to the label set. */
export function excludingOwn(
  { members }: Pick<LabelSet, "members">,
  ids: Iterable<string>,
): readonly string[] {
  const own = new Set(members.map(({ id }) => id));
  return [...ids].filter((id) => !own.has(id));
}

/**
 * The labels of a container that count: those with our prefix, or if there are none, those of other
 * tools.
 *
 * @param unread - the number of further labels that the source dropped because of its limit
 */
export function effectiveLabels(
  labels: Workload["labels"],
  { prefix, reads }: LabelSettings,
  unread = 0,
): EffectiveLabels {
  const own = ownLabels(labels, prefix);
  const foreign = Object.keys(own).length === 0;
  return { ...withinLimits(foreign ? foreignLabels(labels, reads) : own, unread), foreign };
}

function ownLabels(labels: Workload["labels"], prefix: string): Record<string, string> {
  const head = `${prefix.toLowerCase()}.`;
  return Object.fromEntries(
    Object.entries(labels).filter(([name]) => name.slice(0, head.length).toLowerCase() === head),
  );
}
