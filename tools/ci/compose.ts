/** Compose for the tests: as a plugin of the Docker CLI, or the older program, which Debian has. */

import { install, mayInstall } from "./apt.ts";
import { attempt } from "./command.ts";

/** Program and first arguments: `["docker", "compose"]`. */
export type Compose = readonly [program: string, ...args: string[]];

const KNOWN: readonly Compose[] = [["docker", "compose"], ["docker-compose"]];

/**
 * The Compose that is there, else Debian's package where it may be installed; undefined where there is none.
 * @throws {Error} when the package cannot be installed
 */
export async function ensureCompose(): Promise<Compose | undefined> {
  const own = await find();
  if (own !== undefined || !(await mayInstall())) return own;
  await install("docker-compose");
  return find();
}

async function find(): Promise<Compose | undefined> {
  for (const compose of KNOWN) {
    const [program, ...args] = compose;
    if ((await attempt(program, [...args, "version"])).code === 0) return compose;
  }
  return undefined;
}
