import { defineConfig } from "vitest/config";

const patience = { testTimeout: 180_000, hookTimeout: 180_000 };
/** These measure processes that they start: one begins with the memory of the process that starts it, so that must be small. */
const memory = ["test/clients/memory/*.test.ts"];
const bundled = { ...patience, globalSetup: ["test/e2e/bundle.ts"] };
/** These use the Docker engine. They start many processes, so no more at once than there are cores, after the rest. */
const engine = ["test/e2e/**/*.test.ts", "test/docker/**/*.test.ts", "test/**/*.real.test.ts"];
/** In these hundreds of daemons are started and killed, three at a time: two such files at once take longer than one after the other. */
const sweeps = ["test/e2e/kill/*.test.ts"];
/** These count time or calls, or use what there is once: each by itself, in the end. */
const alone = ["budget", "compose", "demo"].map((name) => `test/e2e/${name}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...engine, ...memory],
          ...patience,
          // Nothing in the code is kept at module level, so the files of one thread share what they import.
          pool: "threads",
          isolate: false,
          maxWorkers: "100%",
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: { name: "memory", include: memory, ...patience, maxWorkers: "100%", sequence: { groupOrder: 0 } },
      },
      { test: { name: "engine", include: engine, exclude: [...alone, ...sweeps], ...bundled, maxWorkers: 2, sequence: { groupOrder: 1 } } },
      { test: { name: "sweeps", include: sweeps, ...bundled, fileParallelism: false, sequence: { groupOrder: 2 } } },
      { test: { name: "alone", include: alone, ...bundled, fileParallelism: false, sequence: { groupOrder: 3 } } },
    ],
  },
});
