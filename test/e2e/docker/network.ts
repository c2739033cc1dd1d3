/** Docker networks of a run. */

import { setTimeout as sleep } from "node:timers/promises";
import type Dockerode from "dockerode";
import { docker, RUN_LABELS, unique } from "./run.ts";

const TRIES = 4;
const PAUSE_MS = 250;

export interface Network extends AsyncDisposable {
  /** The name in Docker and for `CFAUTH_NETWORK`: the requested name and the run's id. */
  readonly name: string;
  readonly id: string;
  remove(): Promise<void>;
}

/** Creates a bridge network. Two runs may ask for the same name; each gets its own. */
export async function network(name = "tunnel"): Promise<Network> {
  const engine = await docker();
  const created = await engine.createNetwork({
    Name: unique(name),
    CheckDuplicate: true,
    Labels: { ...RUN_LABELS },
  });
  const remove = () => removeNetwork(created);
  return { name: unique(name), id: created.id, remove, [Symbol.asyncDispose]: remove };
}

/**
 * Removes an unused network. It is fine if it no longer exists. When many containers leave at once, Docker
 * (moby 20.10 at least) can lose count of a network's endpoints: it lists none, refuses the removal because of some,
 * and corrects that at its next start. Such a network stays, empty, with a warning.
 * @throws the engine's answer in all other cases
 */
export async function removeNetwork(
  network: Pick<Dockerode.Network, "remove" | "inspect">,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return void (await network.remove());
    } catch (err) {
      const { statusCode } = err as { statusCode?: number };
      if (statusCode === 404) return;
      if (statusCode !== 403) throw err;
      const { Name, Containers } = (await network.inspect()) as Dockerode.NetworkInspectInfo;
      if (Object.keys(Containers ?? {}).length > 0) throw err;
      if (tries === TRIES)
        return console.warn(
          `Docker has lost count of what is on the network ${Name}, and will not remove it before it is restarted.`,
        );
    }
    await sleep(PAUSE_MS);
  }
}
