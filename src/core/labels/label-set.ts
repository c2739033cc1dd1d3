import type { Workload } from "../domain/workload.ts";
import type { LabelContext } from "./context.ts";
import { foreignLabels } from "./dialects.ts";
import type { LabelFault } from "./fault.ts";
import { withinLimits } from "./limits.ts";

/** Who speaks with one effectiveLabels: a container, or the replicas of a Compose service that carry the same labels. */
export interface LabelSet {
  /** The container's name, or the service's. */
  readonly name: string;
  /** The oldest first. */
  readonly members: readonly [Workload, ...Workload[]];
  readonly replicated: boolean;
  /** Ours, or else those of another tool that are read as ours. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether they are those of another tool. */
  readonly foreign: boolean;
  /** The limit that the labels are beyond, if any: `labels` are then only what was read of them. */
  readonly excess: LabelFault | undefined;
}

type EffectiveLabels = Pick<LabelSet, "labels" | "foreign" | "excess">;
type LabelSettings = Pick<LabelContext, "prefix" | "reads">;

/** One label of ours is enough for those of other tools to be passed over, all of them. */
export function labelSets(
  workloads: readonly Workload[],
  spoken: LabelSettings,
): readonly LabelSet[] {
  const labelled = workloads
    .map((workload) => ({
      workload,
      ...effectiveLabels(workload.labels, spoken, workload.unreadLabels),
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

/** Those who are not of the labelSet, by id. */
export function excludingOwn(
  { members }: Pick<LabelSet, "members">,
  ids: Iterable<string>,
): readonly string[] {
  const own = new Set(members.map(({ id }) => id));
  return [...ids].filter((id) => !own.has(id));
}

/**
 * The labels of a container that count: ours, and only where it has none of them those of other tools.
 *
 * @param unread - how many more it has that the source had no room for
 */
export function effectiveLabels(
  labels: Workload["labels"],
  { prefix, reads }: LabelSettings,
  unread = 0,
): EffectiveLabels {
  const own = ours(labels, prefix);
  const foreign = Object.keys(own).length === 0;
  return { ...withinLimits(foreign ? foreignLabels(labels, reads) : own, unread), foreign };
}

function ours(labels: Workload["labels"], prefix: string): Record<string, string> {
  const head = `${prefix.toLowerCase()}.`;
  return Object.fromEntries(
    Object.entries(labels).filter(([name]) => name.slice(0, head.length).toLowerCase() === head),
  );
}
