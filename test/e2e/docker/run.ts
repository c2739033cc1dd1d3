/**
 * One run of the tests, as it stands on everything that the run makes in Docker.
 *
 * The labels stand outside the product's own prefix: cfauth refuses every `cfauth.*` label that it does not know.
 */

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type Dockerode from "dockerode";

// The reaper that testcontainers starts is an image from a registry; ours (reaper.ts) needs none.
process.env.TESTCONTAINERS_RYUK_DISABLED = "true";

export const LABEL = {
  run: "dev.cfauth.test.run",
  /** Process that made it, and the machine it runs on: together they tell whether a run is still under way. */
  pid: "dev.cfauth.test.pid",
  host: "dev.cfauth.test.host",
  /** Images that runs share; their tag is a hash of what went in. */
  cache: "dev.cfauth.test.cache",
} as const;

/** Lower case, digits and dashes: part of the names of containers and networks. */
export const RUN_ID = `${process.pid}-${randomBytes(3).toString("hex")}`;

/** The labels that everything of the run carries. */
export const RUN_LABELS: Readonly<Record<string, string>> = {
  [LABEL.run]: RUN_ID,
  [LABEL.pid]: String(process.pid),
  [LABEL.host]: hostname(),
};

/** The engine, found as testcontainers finds it: `DOCKER_HOST`, the local socket, a rootless one, the Docker CLI's context. */
export async function docker(): Promise<Dockerode> {
  const { getContainerRuntimeClient } = await import("testcontainers");
  return (await getContainerRuntimeClient()).container.dockerode;
}

/** A name that no other run has: `wiki` becomes `wiki-4711-a1b2c3`. */
export function unique(name: string): string {
  return `${name}-${RUN_ID}`;
}
