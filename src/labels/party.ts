import type { Workload } from "../domain/workload.ts";

/** Who speaks with one voice: a container, or the replicas of a Compose service that carry the same labels of ours. */
export interface Party {
  /** The container's name, or the service's. */
  readonly name: string;
  /** The oldest first. */
  readonly members: readonly [Workload, ...Workload[]];
  readonly replicated: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

export function parties(workloads: readonly Workload[], prefix: string): readonly Party[] {
  const labelled = workloads
    .map((workload) => ({ workload, labels: ours(workload.labels, prefix) }))
    .filter(({ labels }) => Object.keys(labels).length > 0);
  const groups = Map.groupBy(labelled, ({ workload, labels }) =>
    workload.service === undefined
      ? workload.id
      : JSON.stringify([workload.service.project, workload.service.name, Object.entries(labels).toSorted()]),
  );
  return [...groups.values()].flatMap((group) =>
    party(
      group.map(({ workload }) => workload),
      group[0]?.labels ?? {},
    ),
  );
}

function party(members: readonly Workload[], labels: Party["labels"]): readonly Party[] {
  const [oldest, ...others] = members.toSorted((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
  if (oldest === undefined) return [];
  const replicated = others.length > 0;
  return [{ name: replicated ? (oldest.service?.name ?? oldest.name) : oldest.name, members: [oldest, ...others], replicated, labels }];
}

const ours = (labels: Workload["labels"], prefix: string): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => name.toLowerCase().startsWith(`${prefix.toLowerCase()}.`)));
