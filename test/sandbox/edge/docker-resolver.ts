/** Docker's DNS as a container on these networks sees it, for an edge that runs outside of them. */

import { isIP } from "node:net";
import type Dockerode from "dockerode";
import type { Resolve } from "./connector/connector.ts";

type Docker = Pick<Dockerode, "listContainers" | "getContainer">;
type Listed = Awaited<ReturnType<Docker["listContainers"]>>[number];

/** The names of one container on one network. */
interface Endpoint {
  readonly network: string;
  readonly names: readonly string[];
  readonly address: string;
}

const SERVICE_LABELS = ["com.docker.compose.service", "com.docker.swarm.service.name"];

/**
 * Resolves a host to an address on one of `networks`, without a cache, as measured with Docker 20.10 and 28.5. A host is
 * a container name, alias, service or short id in any letter case, alone or followed by the network. An alias that
 * equals the whole host comes first, and the networks are searched in the order of their names. Several answers take
 * turns. Stopped containers are never in an answer. An IP address is itself, and `host.docker.internal` is this machine.
 */
export function dockerResolver(docker: Docker, networks: readonly string[]): Resolve {
  /** How often each name was resolved; the next answer is the next container. */
  const turns = new Map<string, number>();
  const aliases = aliasesOf(docker);
  return async (host) => {
    if (isIP(host) !== 0) return host;
    const name = host.toLowerCase().replace(/\.$/, "");
    if (name === "host.docker.internal" || name === "localhost") return "127.0.0.1";
    const found = answering(
      await running(docker, aliases, networks),
      host.replace(/\.$/, ""),
      networks.toSorted(),
    );
    const turn = turns.get(name) ?? 0;
    turns.set(name, turn + 1);
    return found[turn % Math.max(1, found.length)];
  };
}

function answering(
  endpoints: readonly Endpoint[],
  host: string,
  networks: readonly string[],
): readonly string[] {
  const on = (network: string, name: string) =>
    endpoints
      .filter((it) => it.network === network && it.names.includes(name.toLowerCase()))
      .map(({ address }) => address);
  const scoped = networks.filter((network) => host.endsWith(`.${network}`));
  const lookups = [
    ...networks.map((network) => on(network, host)),
    ...scoped.map((network) => on(network, host.slice(0, -network.length - 1))),
  ];
  return lookups.find((addresses) => addresses.length > 0) ?? [];
}

type Aliases = (container: Listed, network: string) => Promise<readonly string[]>;

async function running(
  docker: Docker,
  aliases: Aliases,
  networks: readonly string[],
): Promise<readonly Endpoint[]> {
  const listed = await docker.listContainers({
    filters: { network: [...networks], status: ["running"] },
  });
  const sorted = listed.toSorted((a, b) => a.Id.localeCompare(b.Id));
  const all = await Promise.all(
    sorted.flatMap((container) =>
      networks.map(async (network): Promise<readonly Endpoint[]> => {
        const address = container.NetworkSettings.Networks[network]?.IPAddress;
        if (!address) return [];
        const services = SERVICE_LABELS.flatMap((label) => container.Labels[label] ?? []);
        const own = container.Names.map((path) => path.replace(/^\//, ""));
        const names = [
          ...own,
          container.Id.slice(0, 12),
          ...services,
          ...(await aliases(container, network)),
        ];
        return [{ network, address, names: names.map((name) => name.toLowerCase()) }];
      }),
    ),
  );
  return all.flat();
}

/** The container list omits aliases, so this inspects each container, once per address. */
function aliasesOf(docker: Docker): Aliases {
  const known = new Map<string, Promise<readonly string[]>>();
  return (container, network) => {
    const key = [
      container.Id,
      network,
      container.NetworkSettings.Networks[network]?.IPAddress,
    ].join(" ");
    const found = known.get(key) ?? inspected(docker, container.Id, network);
    known.set(key, found);
    return found;
  };
}

async function inspected(docker: Docker, id: string, network: string): Promise<readonly string[]> {
  try {
    const { NetworkSettings } = await docker.getContainer(id).inspect();
    return NetworkSettings.Networks[network]?.Aliases ?? [];
  } catch {
    // The container was removed after the list.
    return [];
  }
}
