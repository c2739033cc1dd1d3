import { isReplicaName } from "../domain/compose.ts";
import { shortId } from "../domain/origin-host.ts";
import type { Workload } from "../domain/workload.ts";
import type { Occupant } from "../plan/engine.ts";

/**
 * Who runs where a rule leads. A Compose label, an address or a published port may be another container's by now; the engine keeps
 * names and ids unique.
 *
 * @param ids - all that answer there
 * @returns those that are certain, where any is
 */
export function occupants(workloads: readonly Workload[], service: string, ids: ReadonlySet<string>): readonly Occupant[] {
  const host = hostOf(service);
  const all = workloads
    .filter(({ id }) => ids.has(id))
    .map((it) => ({ id: it.id, party: it.party, certain: isCalled(it, host), replica: isReplicaOf(it, host) }));
  const certain = all.filter((it) => it.certain);
  return certain.length > 0 ? certain : all;
}

/** `http://app.tunnel:80` leads to host `app.tunnel`. */
const hostOf = (service: string): string => /^[a-z]+:\/\/([^:/]+)/.exec(service)?.[1]?.toLowerCase() ?? "";

/** By its name or short id. */
const isCalled = (workload: Workload, host: string): boolean =>
  [workload.name, shortId(workload.id)].some((name) => isHostOf(name, workload, host));

const isReplicaOf = (workload: Workload, host: string): boolean =>
  workload.service !== undefined && isReplicaName(workload.name, workload.service) && isHostOf(workload.service.name, workload, host);

/** The name alone, or followed by one of the container's networks. */
function isHostOf(name: string, { networks }: Workload, host: string): boolean {
  const it = name.toLowerCase();
  return host === it || Object.keys(networks).some((network) => host === `${it}.${network.toLowerCase()}`);
}
