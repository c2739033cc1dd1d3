/** Builds an image from the files of a folder once. The tag is a hash of them. */

import { createHash } from "node:crypto";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import type Dockerode from "dockerode";
import { docker, LABEL } from "./run.ts";

/**
 * Builds `name:<hash of the folder>` from the folder's Dockerfile unless it exists.
 * Such images outlast the run, so that the next one need not wait. The reaper removes them after a week.
 * @throws {Error} with the builder's last output
 */
export async function builtImage(name: string, folder: string): Promise<string> {
  const engine = await docker();
  const tag = `${name}:${await hashOf([folder])}`;
  if (!(await isBuilt(tag))) await build(engine, folder, tag);
  return tag;
}

export async function isBuilt(tag: string): Promise<boolean> {
  const image = (await docker()).getImage(tag);
  return image.inspect().then(
    () => true,
    () => false,
  );
}

async function build(engine: Dockerode, folder: string, tag: string): Promise<void> {
  const src = await readdir(folder);
  const progress = await engine.buildImage(
    { context: folder, src },
    { t: tag, forcerm: true, labels: { [LABEL.cache]: tag } },
  );
  await new Promise<void>((resolve, reject) => {
    engine.modem.followProgress(progress, (err, steps: readonly { error?: string }[] = []) => {
      const failure = err?.message ?? steps.find((step) => step.error !== undefined)?.error;
      if (failure === undefined) resolve();
      else reject(new Error(`${tag} could not be built: ${failure}`));
    });
  });
}

/** One hash of files and of all files in folders: of their contents and their relative paths. */
export async function hashOf(places: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const place of places)
    for (const path of await filesOf(place)) {
      const content = await readFile(path).catch(() => readlink(path));
      hash.update(path.slice(place.length)).update("\0").update(content).update("\0");
    }
  return hash.digest("hex").slice(0, 16);
}

async function filesOf(place: string): Promise<readonly string[]> {
  if (!(await stat(place)).isDirectory()) return [place];
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  return entries
    .filter((each) => !each.isDirectory())
    .map((each) => join(each.parentPath, each.name))
    .sort();
}
