/** Compose for the tests: the plugin of the Docker CLI, or the older program, which Debian has. */

import { install, mayInstall } from "./apt.ts";
import { attempt } from "./command.ts";

/** Program and first arguments: `["docker", "compose"]`. */
export type Compose = readonly [program: string, ...args: string[]];

const KNOWN: readonly Compose[] = [["docker", "compose"], ["docker-compose"]];

/**
 * The installed Compose, else Debian's package if it may be installed; undefined if there is none.
 * @throws {Error} if the package cannot be installed
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
