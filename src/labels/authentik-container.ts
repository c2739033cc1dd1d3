import type { Workload } from "../domain/workload.ts";

/** What says which container is Authentik's. */
export interface AuthentikName {
  /** CFAUTH_AUTHENTIK_CONTAINER. */
  readonly container: string | undefined;
  /** The host of AUTHENTIK_API_URL, by which Docker may answer for it: `authentik-server`, `authentik-server.api`. */
  readonly host: string | undefined;
}

/**
 * Authentik's own container, or the replicas of its Compose service; none where nothing, or more than one thing, has the name.
 *
 * What the operator named is a container before it is a service: the engine keeps containers' names unique, and any project may
 * choose a service's. A host alone does not say which of the two it means, so it has to mean one thing only.
 */
export function authentikContainers(workloads: readonly Workload[], { container, host }: AuthentikName): readonly Workload[] {
  const wanted = (container ?? host)?.toLowerCase();
  const isCalled = (workload: Workload, own: string): boolean =>
    own.toLowerCase() === wanted || Object.keys(workload.networks).some((network) => `${own}.${network}`.toLowerCase() === wanted);
  const named = workloads.filter((it) => isCalled(it, it.name) || isCalled(it, it.id.slice(0, 12)));
  const serving = workloads.filter((it) => it.service !== undefined && isCalled(it, it.service.name));
  if (container !== undefined && named.length > 0) return named.length === 1 ? named : [];
  const all = [...new Set([...named, ...serving])];
  const isOneService = all.every((it) => serving.includes(it)) && new Set(all.map(({ party }) => party)).size === 1;
  return all.length === 1 || isOneService ? all : [];
}
