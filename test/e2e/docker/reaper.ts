/** Removes what test runs created in Docker, including what a killed run left behind. */

import { hostname } from "node:os";
import type Dockerode from "dockerode";
import { removeNetwork } from "./network.ts";
import { docker, LABEL } from "./run.ts";

type Labels = Readonly<Record<string, string>> | undefined;

/** Shared images older than this are removed too. */
const CACHE_AGE = "168h";

/** Removes every container, network, volume and image of the run. It is not an error if there are none. */
export async function reap(runId: string): Promise<void> {
  const engine = await docker();
  const filters = { label: [`${LABEL.run}=${runId}`] };
  const containers = await engine.listContainers({ all: true, filters });
  await all(containers, ({ Id }) => engine.getContainer(Id).remove({ force: true, v: true }));
  await all(await engine.listNetworks({ filters }), ({ Id }) => emptied(engine, Id));
  await all((await engine.listVolumes({ filters })).Volumes, ({ Name }) =>
    engine.getVolume(Name).remove({ force: true }),
  );
  await all(await engine.listImages({ filters }), ({ Id }) =>
    engine.getImage(Id).remove({ force: true }),
  );
}

/**
 * Removes what runs with a dead process left behind. Runs on other machines are left alone. If something cannot be
 * removed, that is logged and ignored, because it belongs to another run and does not disturb this one.
 */
export async function reapLeftovers(): Promise<void> {
  const engine = await docker();
  const filters = { label: [LABEL.run] };
  const labels: Labels[] = [
    ...(await engine.listContainers({ all: true, filters })).map((each) => each.Labels),
    ...(await engine.listNetworks({ filters })).map((each) => each.Labels),
    ...(await engine.listVolumes({ filters })).Volumes.map((each) => each.Labels),
    ...(await engine.listImages({ filters })).map((each) => each.Labels),
  ];
  for (const runId of new Set(labels.filter(abandoned).map((each) => each?.[LABEL.run] ?? ""))) {
    await reap(runId).catch((err: Error) =>
      console.warn(`Something is left in Docker of the run ${runId}: ${err.message}`),
    );
  }
  await all([{ label: [LABEL.cache], until: [CACHE_AGE], dangling: ["false"] }], (old) =>
    engine.pruneImages({ filters: old }),
  );
}

function abandoned(labels: Labels): boolean {
  return labels?.[LABEL.host] === hostname() && !alive(Number(labels[LABEL.pid]));
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A container outside the run may still be on its network, for example the product under test. */
async function emptied(engine: Dockerode, networkId: string): Promise<void> {
  const network = engine.getNetwork(networkId);
  const { Containers = {} } = (await network.inspect()) as { Containers?: Record<string, unknown> };
  await all(Object.keys(Containers), (Container) => network.disconnect({ Container, Force: true }));
  await removeNetwork(network);
}

/** Removes each. It is fine if another process was faster (404) or is removing it (409). */
async function all<T>(things: readonly T[], remove: (thing: T) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(things.map(remove));
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    const { statusCode } = result.reason as { statusCode?: number };
    if (statusCode !== 404 && statusCode !== 409) throw result.reason;
  }
}
