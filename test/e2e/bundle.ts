import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { command } from "../../tools/ci/command.ts";

/**
 * Before the end-to-end tests: builds the program as it is released, in one file. It starts in a quarter of the time, and hundreds
 * are started. `startDaemon` takes it from the environment.
 */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "cfauth-bundle-"));
  // By this ending Node knows the kind of module and need not look into the file.
  const path = join(folder, "cfauth.mjs");
  await command(process.execPath, ["tools/ci/build.ts", "--outfile", path], {
    cwd: resolve(import.meta.dirname, "../.."),
  });
  process.env["CFAUTH_TEST_PROGRAM"] = path;
  return async () => {
    delete process.env["CFAUTH_TEST_PROGRAM"];
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
}
