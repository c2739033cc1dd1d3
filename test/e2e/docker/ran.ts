/** One-shot containers: what a command printed, and how it ended. */

import type Dockerode from "dockerode";
import { docker, RUN_LABELS } from "./run.ts";

interface Ran {
  readonly code: number;
  readonly output: string;
}

/** Runs an image to its end, under all the restrictions that our Compose file sets, and takes the container away. */
export async function ran(
  image: string,
  options: Dockerode.ContainerCreateOptions = {},
): Promise<Ran> {
  const created = await (await docker()).createContainer(restricted(image, options));
  try {
    await created.start();
    const { StatusCode } = (await created.wait()) as { StatusCode: number };
    const output = await created.logs({ stdout: true, stderr: true });
    // The client parses an answer that happens to be JSON, such as a log of one number.
    return { code: StatusCode, output: String(output) };
  } finally {
    await created.remove({ force: true, v: true });
  }
}

/** The options with a read-only root, no capability and no way to gain one. Its log is plain text, as on a terminal. */
export function restricted(
  image: string,
  options: Dockerode.ContainerCreateOptions,
): Dockerode.ContainerCreateOptions {
  const HostConfig = {
    ReadonlyRootfs: true,
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    ...options.HostConfig,
  };
  return {
    Tty: true,
    Env: ["NO_COLOR=1"],
    ...options,
    Image: image,
    Labels: { ...RUN_LABELS },
    HostConfig,
  };
}
