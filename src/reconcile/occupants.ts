import { isReplicaName } from "../core/domain/compose.ts";
import { shortId } from "../core/domain/origin-host.ts";
import { serviceHost } from "../core/domain/service-url.ts";
import type { Workload } from "../core/domain/workload.ts";
import type { Occupant } from "../core/plan/engine.ts";

/**
 * Who runs where a rule leads. A Compose label, an address or a published port may be another container's by now; the engine keeps
 * names and ids unique. If nothing answers there, a container with the name in the rule has probably left the network.
 *
 * @param ids - all that answer there
 * @param networks - the networks of the tunnel, from the settings
 * @returns those that are certain, where any is
 */
export function occupants(
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

/** By its name or short id. */
const isCalled = (workload: Workload, host: string): boolean =>
  [workload.name, shortId(workload.id)].some((name) => isHostOf(name, workload, host));

const isReplicaOf = (workload: Workload, host: string): boolean =>
  workload.service !== undefined &&
  isReplicaName(workload.name, workload.service) &&
  isHostOf(workload.service.name, workload, host);

/** The name alone, or followed by one of the container's networks. */
function isHostOf(name: string, { networks }: Workload, host: string): boolean {
  const it = name.toLowerCase();
  return (
    host === it ||
    Object.keys(networks).some((network) => host === `${it}.${network.toLowerCase()}`)
  );
}
