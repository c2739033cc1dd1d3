/** Docker's DNS as a container on these networks would ask it, for an edge that runs outside of them. */

import { isIP } from "node:net";
import type Dockerode from "dockerode";
import type { Resolve } from "./connector/connector.ts";

type Docker = Pick<Dockerode, "listContainers" | "getContainer">;

interface Reachable {
  readonly id: string;
  readonly names: readonly string[];
  readonly address: string;
}

const SERVICE_LABELS = ["com.docker.compose.service", "com.docker.swarm.service.name"];

/**
 * Container name, network alias or service → address on one of `networks`, asked afresh each time. Several answers
 * take turns. An IP address is itself, and `host.docker.internal` is this machine.
 */
export function dockerResolver(docker: Docker, networks: readonly string[]): Resolve {
  /** How many times each name was answered; the next answer is the next container. */
  const turns = new Map<string, number>();
  return async (host) => {
    if (isIP(host) !== 0) return host;
    const name = host.toLowerCase();
    if (name === "host.docker.internal" || name === "localhost") return "127.0.0.1";
    const reachable = await running(docker, networks);
    const named = reachable.filter(({ names }) => names.includes(name));
    const found = named.length > 0 ? named : await aliased(docker, networks, reachable, name);
    const turn = turns.get(name) ?? 0;
    turns.set(name, turn + 1);
    return found[turn % Math.max(1, found.length)]?.address;
  };
}

async function running(docker: Docker, networks: readonly string[]): Promise<Reachable[]> {
  const listed = await docker.listContainers({ filters: { network: [...networks], status: ["running"] } });
  return listed
    .toSorted((a, b) => a.Id.localeCompare(b.Id))
    .flatMap(({ Id, Names, Labels, NetworkSettings }) => {
      const address = networks.map((network) => NetworkSettings.Networks[network]?.IPAddress).find(Boolean);
      const services = SERVICE_LABELS.flatMap((label) => Labels[label] ?? []);
      const names = [...Names.map((path) => path.replace(/^\//, "")), ...services].map((name) => name.toLowerCase());
      return address ? [{ id: Id, names, address }] : [];
    });
}

/** The container list leaves aliases out, so this asks for each container; only when no name fitted. */
async function aliased(docker: Docker, networks: readonly string[], reachable: readonly Reachable[], name: string): Promise<Reachable[]> {
  const inspected = await Promise.all(
    reachable.map(async ({ id }) =>
      docker
        .getContainer(id)
        .inspect()
        .catch(() => undefined),
    ),
  );
  return reachable.filter((_, i) =>
    networks.some((network) =>
      inspected[i]?.NetworkSettings.Networks[network]?.Aliases?.some((alias: string) => alias.toLowerCase() === name),
    ),
  );
}
