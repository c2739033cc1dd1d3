/**
 * Breaks the planner in each listed way and runs its tests, which must fail for every mutant.
 * `npm run mutants`; CFAUTH_TEST_SEED selects other histories.
 */
import { spawn } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { AUTHORITY_MUTANTS } from "./authority.ts";
import { MUTANTS, type Mutant } from "./list.ts";
import { findQuotation } from "./quotation.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const WORK_DIR = join(ROOT, ".cache/mutants");
const PLANNER_TESTS = "test/unit/core/plan";
const ALL: readonly Mutant[] = [...MUTANTS, ...AUTHORITY_MUTANTS];
const testsOf = ({ tests = PLANNER_TESTS }: Mutant): string => tests;

/** A fixed seed makes the results repeatable. Another one is worth a try by hand. */
const SEED = process.env["CFAUTH_TEST_SEED"] ?? "20261125";

/** Each history of hostile parties takes longer, and fewer of them are needed to detect a fault. */
const AUTHORITY = {
  CFAUTH_TEST_SEED: process.env["CFAUTH_TEST_SEED"] ?? "4",
  CFAUTH_TEST_RUNS: process.env["CFAUTH_TEST_RUNS"] ?? "300",
};

/** One run of these tests, on a mutant or on the unchanged code. */
interface Trial {
  readonly mutant: Mutant | undefined;
  readonly tests: string;
}

const TRIALS: readonly Trial[] = [
  ...[...new Set(ALL.map(testsOf))].map((tests) => ({ mutant: undefined, tests })),
  ...ALL.map((mutant) => ({ mutant, tests: testsOf(mutant) })),
];

async function createMutantTree(mutant: Mutant | undefined, index: number): Promise<string> {
  const tree = join(WORK_DIR, String(index));
  await mkdir(tree, { recursive: true });
  for (const part of ["src", "test", "tools", "vitest.config.ts", "package.json"])
    await cp(join(ROOT, part), join(tree, part), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(tree, "node_modules"));
  if (mutant === undefined) return tree;
  const source = await readFile(join(tree, mutant.file), "utf8");
  const [place] = findQuotation(source, mutant.from);
  if (place === undefined) throw new Error(`"${mutant.name}" no longer fits ${mutant.file}`);
  await writeFile(
    join(tree, mutant.file),
    source.slice(0, place.start) + mutant.to + source.slice(place.end),
  );
  return tree;
}

/** Checks that every quotation occurs exactly once in its file. */
async function requireFit(): Promise<void> {
  for (const { name, file, from } of ALL) {
    const source = await readFile(join(ROOT, file), "utf8");
    if (findQuotation(source, from).length !== 1)
      throw new Error(`"${name}" no longer fits ${file}: bring the list up to date`);
  }
}

const HISTORIES = "safety.histories.test.ts";

/**
 * Runs the random histories last, because they take longest and most mutants fail before.
 *
 * @returns whether these tests pass
 */
async function passesTests(tree: string, tests: string): Promise<boolean> {
  if (tests !== PLANNER_TESTS) return await runTests(tree, [tests]);
  const directed = (await readdir(join(ROOT, PLANNER_TESTS))).filter(
    (it) => it.endsWith(".test.ts") && it !== HISTORIES,
  );
  return (
    (await runTests(
      tree,
      directed.map((it) => `${PLANNER_TESTS}/${it}`),
    )) && (await runTests(tree, [`${PLANNER_TESTS}/${HISTORIES}`]))
  );
}

/** Tests get plenty of time, so that a slow machine does not kill a mutant. */
function runTests(tree: string, tests: readonly string[]): Promise<boolean> {
  const vitest = spawn(
    process.execPath,
    [
      join(ROOT, "node_modules/vitest/vitest.mjs"),
      "run",
      "--bail=1",
      "--maxWorkers=1",
      "--testTimeout=600000",
      ...tests,
    ],
    {
      cwd: tree,
      stdio: "ignore",
      env: {
        ...process.env,
        CFAUTH_TEST_SEED: SEED,
        CFAUTH_TEST_SHRINK: "false",
        CFAUTH_TEST_RUNS: process.env["CFAUTH_TEST_RUNS"] ?? "1500",
        ...(tests.some((it) => it.includes("/authority")) && AUTHORITY),
      },
    },
  );
  return new Promise((done) => vitest.on("exit", (code) => done(code === 0)));
}

async function judge({ mutant, tests }: Trial, index: number): Promise<boolean> {
  const passed = await passesTests(await createMutantTree(mutant, index), tests);
  console.log(
    mutant === undefined
      ? `${passed ? "lives" : "DIES "}  the code as it is, by ${tests}`
      : `${passed ? "LIVES" : "dies "}  ${mutant.name}`,
  );
  return passed === (mutant === undefined);
}

await requireFit();
await rm(WORK_DIR, { recursive: true, force: true });
const verdicts: boolean[] = [];
const queue = TRIALS.entries();
await Promise.all(
  cpus().map(async () => {
    for (const [index, trial] of queue) verdicts.push(await judge(trial, index));
  }),
);
await rm(WORK_DIR, { recursive: true, force: true });
const wrong = verdicts.filter((right) => !right).length;
console.log(
  wrong === 0
    ? `all ${ALL.length} mutants die`
    : `${wrong} of ${verdicts.length} verdicts are wrong`,
);
process.exitCode = wrong === 0 ? 0 : 1;
