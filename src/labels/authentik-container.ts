import type { Workload } from "../domain/workload.ts";

/**
 * Authentik's own container, or the replicas of its Compose service; none where nothing, or more than one thing, has the name. A
 * container's name, which the engine keeps unique, outranks a Compose service's, which any project may choose.
 *
 * @param name - CFAUTH_AUTHENTIK_CONTAINER, or the host by which Docker answers for it: `authentik-server`, `authentik-server.api`
 */
export function authentikContainers(workloads: readonly Workload[], name: string): readonly Workload[] {
  const wanted = name.toLowerCase();
  const called = (workload: Workload, own: string): boolean =>
    own.toLowerCase() === wanted || Object.keys(workload.networks).some((network) => `${own}.${network}`.toLowerCase() === wanted);
  const named = workloads.filter((it) => called(it, it.name) || called(it, it.id.slice(0, 12)));
  if (named.length > 0) return named.length === 1 ? named : [];
  const serving = workloads.filter((it) => it.service !== undefined && called(it, it.service.name));
  return new Set(serving.map(({ party }) => party)).size === 1 ? serving : [];
}
