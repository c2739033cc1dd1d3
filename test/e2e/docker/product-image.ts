/** Our own image from the Dockerfile, for every test that needs it. Building it takes half a minute. */

import { join } from "node:path";
import { command } from "../../../tools/ci/command.ts";
import { builderImage, runtimeImage } from "./base-images.ts";
import { hashOf, isBuilt } from "./build.ts";
import { LABEL } from "./run.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** The files that .dockerignore includes, and those that define the build. */
const SOURCES = [
  "Dockerfile",
  ".dockerignore",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tools",
  "src",
];

/**
 * The tag of the image. It is built unless one of exactly these files exists. It outlasts the run, as images of `builtImage` do.
 * `CFAUTH_TEST_BASES=upstream` builds on the Dockerfile's own bases, if their registries are reachable.
 */
export async function productImage(): Promise<string> {
  const bases =
    process.env.CFAUTH_TEST_BASES === "upstream"
      ? []
      : [`BUILDER=${await builderImage()}`, `RUNTIME=${await runtimeImage()}`];
  const hash = await hashOf(SOURCES.map((name) => join(ROOT, name)));
  const tag = `cfauth-test-image:${[hash, ...bases.map((base) => base.split(":")[1])].join("-")}`;
  if (await isBuilt(tag)) return tag;
  const common = ["build", "--force-rm", "--network", "host", "--label", `${LABEL.cache}=${tag}`];
  common.push(...bases.flatMap((base) => ["--build-arg", base]));
  // Build this stage separately first. Otherwise half a gigabyte without name and label would stay behind, unknown to the reaper.
  await command("docker", [...common, "--target", "build", "--tag", `${tag}-build`, ROOT]);
  await command("docker", [...common, "--tag", tag, ROOT]);
  return tag;
}
