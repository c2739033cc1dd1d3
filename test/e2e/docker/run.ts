/**
 * One run of the tests, as the labels of everything that it creates in Docker.
 *
 * The labels do not use the product's prefix, because cfauth refuses every unknown `cfauth.*` label.
 */

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type Dockerode from "dockerode";

// The reaper of testcontainers is an image from a registry. Ours (reaper.ts) needs none.
process.env.TESTCONTAINERS_RYUK_DISABLED = "true";

export const LABEL = {
  run: "dev.cfauth.test.run",
  /** The process that created it and its machine. Together they show whether a run is still active. */
  pid: "dev.cfauth.test.pid",
  host: "dev.cfauth.test.host",
  /** Images that runs share. Their tag is a hash of their input. */
  cache: "dev.cfauth.test.cache",
} as const;

/** Lower-case letters, digits and dashes, because it is part of the names of containers and networks. */
export const RUN_ID = `${process.pid}-${randomBytes(3).toString("hex")}`;

/** The labels of everything in the run. */
export const RUN_LABELS: Readonly<Record<string, string>> = {
  [LABEL.run]: RUN_ID,
  [LABEL.pid]: String(process.pid),
  [LABEL.host]: hostname(),
};

/** The engine that testcontainers finds: `DOCKER_HOST`, the local socket, a rootless one, or the Docker CLI's context. */
export async function docker(): Promise<Dockerode> {
  const { getContainerRuntimeClient } = await import("testcontainers");
  return (await getContainerRuntimeClient()).container.dockerode;
}

/** A name that no other run uses: `wiki` becomes `wiki-4711-a1b2c3`. */
export function unique(name: string): string {
  return `${name}-${RUN_ID}`;
}
