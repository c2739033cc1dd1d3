/** Breaks the planner in each way of the list and runs its tests: every mutant must die. `npm run mutants`, with CFAUTH_TEST_SEED for other histories. */
import { spawn } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { AUTHORITY_MUTANTS } from "./authority.ts";
import { MUTANTS, type Mutant } from "./list.ts";
import { findQuotation } from "./quotation.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const NURSERY = join(ROOT, ".cache/mutants");
const PLANNER_TESTS = "test/unit/core/plan";
const ALL: readonly Mutant[] = [...MUTANTS, ...AUTHORITY_MUTANTS];
const testsOf = ({ tests = PLANNER_TESTS }: Mutant): string => tests;

/** With a seed the verdicts are the planner's and the tests', not luck's. Another one is worth a try by hand. */
const SEED = process.env["CFAUTH_TEST_SEED"] ?? "20261125";

/** The histories of hostile parties take longer each, and fewer of them notice. */
const AUTHORITY = {
  CFAUTH_TEST_SEED: process.env["CFAUTH_TEST_SEED"] ?? "4",
  CFAUTH_TEST_RUNS: process.env["CFAUTH_TEST_RUNS"] ?? "300",
};

/** One run of these tests: on a mutant, or on the code as it is. */
interface Trial {
  readonly mutant: Mutant | undefined;
  readonly tests: string;
}

const TRIALS: readonly Trial[] = [
  ...[...new Set(ALL.map(testsOf))].map((tests) => ({ mutant: undefined, tests })),
  ...ALL.map((mutant) => ({ mutant, tests: testsOf(mutant) })),
];

async function breed(mutant: Mutant | undefined, index: number): Promise<string> {
  const home = join(NURSERY, String(index));
  await mkdir(home, { recursive: true });
  for (const part of ["src", "test", "tools", "vitest.config.ts", "package.json"])
    await cp(join(ROOT, part), join(home, part), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(home, "node_modules"));
  if (mutant === undefined) return home;
  const source = await readFile(join(home, mutant.file), "utf8");
  const [place] = findQuotation(source, mutant.from);
  if (place === undefined) throw new Error(`"${mutant.name}" no longer fits ${mutant.file}`);
  await writeFile(
    join(home, mutant.file),
    source.slice(0, place.start) + mutant.to + source.slice(place.end),
  );
  return home;
}

/** Every quotation is in its file once. */
async function requireFit(): Promise<void> {
  for (const { name, file, from } of ALL) {
    const source = await readFile(join(ROOT, file), "utf8");
    if (findQuotation(source, from).length !== 1)
      throw new Error(`"${name}" no longer fits ${file}: bring the list up to date`);
  }
}

const HISTORIES = "safety.histories.test.ts";

/** The random histories take longest, so they come last: most mutants die before. @returns whether these tests pass in this home */
async function survives(home: string, tests: string): Promise<boolean> {
  if (tests !== PLANNER_TESTS) return await pass(home, [tests]);
  const directed = (await readdir(join(ROOT, PLANNER_TESTS))).filter(
    (it) => it.endsWith(".test.ts") && it !== HISTORIES,
  );
  return (
    (await pass(
      home,
      directed.map((it) => `${PLANNER_TESTS}/${it}`),
    )) && (await pass(home, [`${PLANNER_TESTS}/${HISTORIES}`]))
  );
}

/** A slow machine is no verdict: tests have all the time they want. */
function pass(home: string, tests: readonly string[]): Promise<boolean> {
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
      cwd: home,
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
  const alive = await survives(await breed(mutant, index), tests);
  console.log(
    mutant === undefined
      ? `${alive ? "lives" : "DIES "}  the code as it is, by ${tests}`
      : `${alive ? "LIVES" : "dies "}  ${mutant.name}`,
  );
  return alive === (mutant === undefined);
}

await requireFit();
await rm(NURSERY, { recursive: true, force: true });
const verdicts: boolean[] = [];
const queue = TRIALS.entries();
await Promise.all(
  cpus().map(async () => {
    for (const [index, trial] of queue) verdicts.push(await judge(trial, index));
  }),
);
await rm(NURSERY, { recursive: true, force: true });
const wrong = verdicts.filter((right) => !right).length;
console.log(
  wrong === 0
    ? `all ${ALL.length} mutants die`
    : `${wrong} of ${verdicts.length} verdicts are wrong`,
);
process.exitCode = wrong === 0 ? 0 : 1;
