/** Our own image, from the Dockerfile, for every test that needs one: building it takes half a minute. */

import { join } from "node:path";
import { command } from "../../../tools/ci/command.ts";
import { builderImage, runtimeImage } from "./base-images.ts";
import { hashOf, isBuilt } from "./build.ts";
import { LABEL } from "./run.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** What .dockerignore lets through, and what says how it is built. */
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
 * Its tag; built unless one of just these files is there. It outlasts the run as those of `builtImage` do.
 * `CFAUTH_TEST_BASES=upstream` builds on the Dockerfile's own bases, where their registries can be reached.
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
  // By itself first: half a gigabyte without a name or a label would stay behind, and the reaper could not know it.
  await command("docker", [...common, "--target", "build", "--tag", `${tag}-build`, ROOT]);
  await command("docker", [...common, "--tag", tag, ROOT]);
  return tag;
}
