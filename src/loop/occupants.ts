import type { Workload } from "../domain/workload.ts";
import type { Occupant } from "../plan/engine.ts";

/** Docker's DNS knows a container by as many characters of its id. */
const SHORT_ID_LENGTH = 12;

/**
 * Who runs where a rule leads. A Compose label, an address or a published port may be another container's by now; the engine keeps
 * names and ids unique.
 *
 * @param ids - all that answer there
 * @returns those that are certain, where any is
 */
export function occupants(workloads: readonly Workload[], service: string, ids: ReadonlySet<string>): readonly Occupant[] {
  const host = hostOf(service);
  const all = workloads.filter(({ id }) => ids.has(id)).map((it) => ({ id: it.id, party: it.party, certain: isCalled(it, host) }));
  const certain = all.filter((it) => it.certain);
  return certain.length > 0 ? certain : all;
}

/** `http://app.tunnel:80` leads to host `app.tunnel`. */
const hostOf = (service: string): string => /^[a-z]+:\/\/([^:/]+)/.exec(service)?.[1]?.toLowerCase() ?? "";

/** By its name or short id, alone or followed by one of its networks. */
function isCalled({ id, name, networks }: Workload, host: string): boolean {
  return [name, id.slice(0, SHORT_ID_LENGTH)]
    .map((it) => it.toLowerCase())
    .some((it) => host === it || Object.keys(networks).some((network) => host === `${it}.${network.toLowerCase()}`));
}
