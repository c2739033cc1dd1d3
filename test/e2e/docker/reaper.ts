/** Takes away what runs of the tests made in Docker, also what a killed run left behind. */

import { hostname } from "node:os";
import type Dockerode from "dockerode";
import { removeNetwork } from "./network.ts";
import { docker, LABEL } from "./run.ts";

type Labels = Readonly<Record<string, string>> | undefined;

/** Shared images that no run has needed to rebuild for this long go as well. */
const CACHE_AGE = "168h";

/** Removes every container, network, volume and image of the run. Nothing there is no error. */
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
 * Removes what runs left behind whose process no longer lives. Runs on other machines are left alone. What cannot be
 * removed is told, and holds up nobody: it is another run's fault, and in nobody's way.
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

/** A container that does not belong to the run may still hang on its network: the product under test, say. */
async function emptied(engine: Dockerode, networkId: string): Promise<void> {
  const network = engine.getNetwork(networkId);
  const { Containers = {} } = (await network.inspect()) as { Containers?: Record<string, unknown> };
  await all(Object.keys(Containers), (Container) => network.disconnect({ Container, Force: true }));
  await removeNetwork(network);
}

/** Does it to each; that somebody else was faster (404), or is at it (409), is fine. */
async function all<T>(things: readonly T[], remove: (thing: T) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(things.map(remove));
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    const { statusCode } = result.reason as { statusCode?: number };
    if (statusCode !== 404 && statusCode !== 409) throw result.reason;
  }
}
