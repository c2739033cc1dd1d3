import { isReplicaName } from "../core/domain/compose.ts";
import { shortId } from "../core/domain/origin-host.ts";
import { serviceHost } from "../core/domain/service-url.ts";
import type { Workload } from "../core/domain/workload.ts";
import type { Occupant } from "../core/plan/engine.ts";

/**
 * Finds the workloads that a rule leads to.
 *
 * Only names and ids are certain, because the engine keeps them unique. A Compose label, an address
 * or a published port may belong to another container by now. If nothing answers there, a container
 * with the name in the rule has probably left the network, and counts.
 *
 * @param ids - all workloads that answer there
 * @param networks - the networks of the tunnel, from the settings
 * @returns if any is certain, only the certain ones
 */
export function findOccupants(
  workloads: readonly Workload[],
  service: string,
  ids: ReadonlySet<string>,
  networks: readonly string[] = [],
): readonly Occupant[] {
  const host = serviceHost(service).toLowerCase();
  const all = workloads
    .filter(({ id }) => ids.has(id))
    .map((it) => ({
      id: it.id,
      party: it.party,
      certain: isCalled(it, host),
      replica: isReplicaOf(it, host),
    }));
  if (all.length === 0) {
    const left = workloads.filter((it) =>
      networks.some((network) => host === `${it.name}.${network}`.toLowerCase()),
    );
    return left.map(({ id, party }) => ({ id, party, certain: true }));
  }
  const certain = all.filter((it) => it.certain);
  return certain.length > 0 ? certain : all;
}

/** Whether its name or short id is this host. */
const isCalled = (workload: Workload, host: string): boolean =>
  [workload.name, shortId(workload.id)].some((name) => isHostOf(name, workload, host));

const isReplicaOf = (workload: Workload, host: string): boolean =>
  workload.service !== undefined &&
  isReplicaName(workload.name, workload.service) &&
  isHostOf(workload.service.name, workload, host);

/** Whether the host is the name alone, or the name followed by one of the workload's networks. */
function isHostOf(name: string, { networks }: Workload, host: string): boolean {
  const plain = name.toLowerCase();
  return (
    host === plain ||
    Object.keys(networks).some((network) => host === `${plain}.${network.toLowerCase()}`)
  );
}
