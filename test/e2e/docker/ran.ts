/** One-shot containers: the output and exit code of a command. */

import type Dockerode from "dockerode";
import { docker, RUN_LABELS } from "./run.ts";

interface Ran {
  readonly code: number;
  readonly output: string;
}

/** Runs an image to its end under all restrictions of our Compose file, and removes the container. */
export async function ran(
  image: string,
  options: Dockerode.ContainerCreateOptions = {},
): Promise<Ran> {
  const created = await (await docker()).createContainer(restricted(image, options));
  try {
    await created.start();
    const { StatusCode } = (await created.wait()) as { StatusCode: number };
    const output = await created.logs({ stdout: true, stderr: true });
    // The client parses a log that happens to be JSON, such as a single number.
    return { code: StatusCode, output: String(output) };
  } finally {
    await created.remove({ force: true, v: true });
  }
}

/** The options with a read-only root, no capability and no way to gain one. The log is plain text, as on a terminal. */
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
