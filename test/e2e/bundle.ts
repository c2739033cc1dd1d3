import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { command } from "../../tools/ci/command.ts";

/**
 * Builds the released program in one file before the end-to-end tests. It starts in a quarter of the time, and the tests start
 * hundreds. `startDaemon` finds it in the environment.
 */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "cfauth-bundle-"));
  // The file extension tells Node the module type, so it need not parse the file.
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
