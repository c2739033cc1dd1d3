import { setTimeout as sleep } from "node:timers/promises";
import type { DockerDns } from "../../clients/docker/dns.ts";
import type { OutsideDns } from "../../core/domain/workload.ts";

/** How long a result is reused. The DNS outside Docker rarely changes. */
const MAX_AGE_MS = 5 * 60_000;

/** How long the DNS outside Docker may take. Only the probe itself waits for it. */
const OUTSIDE_TIMEOUT_MS = 5_000;

/**
 * Reports how the DNS outside Docker answers names of these networks, as far as that is known after
 * at most `timeoutMs`.
 */
export type OutsideProbe = (
  networks: readonly string[],
  timeoutMs: number,
) => Promise<ReadonlyMap<string, OutsideDns>>;

export interface OutsideOptions {
  readonly dns: DockerDns;
  /** A monotonic clock in milliseconds. */
  readonly uptime: () => number;
  /** Returns a name that no container has. */
  readonly unknownName: () => string;
}

/**
 * Docker forwards a name to the outside DNS if no running container has it (measured with 20.10 and
 * 28.5). So the answer to an invented name shows where the name of a stopped container would lead.
 */
export function outsideProbe({ dns, uptime, unknownName }: OutsideOptions): OutsideProbe {
  const found = new Map<string, OutsideDns>();
  const askedAt = new Map<string, number>();

  const probe = async (network: string): Promise<void> => {
    askedAt.set(network, uptime());
    const [name, nowhere] = [`${unknownName()}.${network}`, `${unknownName()}.${unknownName()}`];
    const searched = dns.searchDomains().map((domain) => `${name}.${domain}`);
    const answers = await dns.addresses([nowhere, name, ...searched], OUTSIDE_TIMEOUT_MS);
    const answered = (host: string) => (answers.get(host) ?? []).length > 0;
    if (answered(nowhere)) found.set(network, "any");
    else if (answered(name)) found.set(network, "domain");
    else if (searched.some(answered)) found.set(network, "search");
    else if (answers.size > 0) found.delete(network);
  };

  return async (networks, timeoutMs) => {
    const due = networks.filter(
      (network) => uptime() - (askedAt.get(network) ?? -Infinity) >= MAX_AGE_MS,
    );
    if (due.length > 0)
      await Promise.race([
        Promise.all(due.map(probe)),
        sleep(timeoutMs, undefined, { ref: false }),
      ]);
    return new Map(found);
  };
}
