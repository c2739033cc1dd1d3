/** `npm test`: checks, build, tests, and one count at the end. Arguments go to vitest. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ensureBusybox } from "./busybox.ts";
import { ensureChromium } from "./chromium.ts";
import { ensureEngine } from "./engine.ts";

const ROOT = resolve(import.meta.dirname, "../..");

interface Totals {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
}

function run(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  console.log(`\n— ${name}`);
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...env },
  });
  return new Promise((done) => child.on("exit", (code) => done(code === 0)));
}

/**
 * The seed of the random histories. One state of the source always gets the same histories, and each new state gets
 * others. Vitest by itself, or a run without git, uses a new seed each time.
 */
function seed(): Readonly<Record<string, string>> {
  const { status, stdout } = spawnSync("git", ["rev-parse", "HEAD:src"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (process.env["CFAUTH_TEST_SEED"] !== undefined || status !== 0) return {};
  return { CFAUTH_TEST_SEED: String(Number.parseInt(stdout.slice(0, 7), 16)) };
}

const bin = (path: string) => join(ROOT, "node_modules", path);

/** Everything that is not a test. */
const CHECKS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["biome", [bin("@biomejs/biome/bin/biome"), "check"]],
  ["types", [bin("typescript/bin/tsc"), "--noEmit"]],
  ["knip", [bin("knip/bin/knip.js")]],
  ["one meaning for each exported name", ["tools/ci/duplicate-names.ts"]],
  ["build", ["tools/ci/build.ts"]],
  ["mutants of the planner", ["test/mutants/run.ts"]],
];

/** Stops at the first failure. @returns its name */
async function failingCheck(): Promise<string | undefined> {
  for (const [name, args] of CHECKS) if (!(await run(name, args))) return name;
  return undefined;
}

async function tests(chromium: string | undefined, only: readonly string[]): Promise<Totals> {
  const folder = await mkdtemp(join(tmpdir(), "cfauth-test-"));
  const report = join(folder, "report.json");
  await run(
    "tests",
    [
      bin("vitest/vitest.mjs"),
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...only,
    ],
    {
      ...seed(),
      ...(chromium !== undefined && { CHROMIUM_PATH: chromium }),
    },
  );
  const totals: Totals = JSON.parse(await readFile(report, "utf8"));
  await rm(folder, { recursive: true });
  return totals;
}

const only = process.argv.slice(2);
const engine = await ensureEngine();
try {
  await ensureBusybox();
  const chromium = await ensureChromium();
  const failing = only.length > 0 ? undefined : await failingCheck();
  const totals = await tests(chromium, only);
  const failed =
    totals.numFailedTests +
    (totals.success ? 0 : totals.numFailedTests === 0 ? 1 : 0) +
    (failing === undefined ? 0 : 1);
  if (failing !== undefined)
    console.log(
      `\nThe check "${failing}" failed and counts as one failed test. Its output is above the tests.`,
    );
  console.log(
    `\n${totals.numPassedTests} passed, ${failed} failed, ${totals.numPendingTests + totals.numTodoTests} skipped`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  await engine.stop();
}
