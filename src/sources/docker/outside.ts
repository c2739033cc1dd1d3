import { setTimeout as sleep } from "node:timers/promises";
import type { DockerDns } from "../../clients/docker/dns.ts";
import type { OutsideDns } from "../../core/domain/workload.ts";

/** How long what was found out about a network holds, in milliseconds: the DNS outside rarely changes. */
const FRESH_MS = 5 * 60_000;

/** How long the DNS outside may take, in milliseconds. Nothing waits for it but the probe itself. */
const OUTSIDE_MS = 5_000;

/**
 * Whether and how the DNS outside Docker answers names of these networks, as far as that is known after at most `patienceMs`.
 */
export type OutsideProbe = (
  networks: readonly string[],
  patienceMs: number,
) => Promise<ReadonlyMap<string, OutsideDns>>;

export interface OutsideOptions {
  readonly dns: DockerDns;
  /** Milliseconds of a clock that only goes forward. */
  readonly uptime: () => number;
  /** A name that no container has. */
  readonly unknownName: () => string;
}

/**
 * Docker asks the DNS outside for a name that no running container has (measured with 20.10 and 28.5), so a name that nobody can
 * have shows what a stopped container's name would lead to.
 */
export function outsideProbe({ dns, uptime, unknownName }: OutsideOptions): OutsideProbe {
  const found = new Map<string, OutsideDns>();
  const askedAt = new Map<string, number>();

  const ask = async (network: string): Promise<void> => {
    askedAt.set(network, uptime());
    const [name, nowhere] = [`${unknownName()}.${network}`, `${unknownName()}.${unknownName()}`];
    const searched = dns.searchDomains().map((domain) => `${name}.${domain}`);
    const answers = await dns.addresses([nowhere, name, ...searched], OUTSIDE_MS);
    const answered = (host: string) => (answers.get(host) ?? []).length > 0;
    if (answered(nowhere)) found.set(network, "any");
    else if (answered(name)) found.set(network, "domain");
    else if (searched.some(answered)) found.set(network, "search");
    else if (answers.size > 0) found.delete(network);
  };

  return async (networks, patienceMs) => {
    const due = networks.filter(
      (network) => uptime() - (askedAt.get(network) ?? -Infinity) >= FRESH_MS,
    );
    if (due.length > 0)
      await Promise.race([Promise.all(due.map(ask)), sleep(patienceMs, undefined, { ref: false })]);
    return new Map(found);
  };
}
