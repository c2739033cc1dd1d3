import { defineConfig } from "vitest/config";

const patience = { testTimeout: 180_000, hookTimeout: 180_000 };
/** These measure the peak memory of child processes. Linux counts the parent's memory at the fork, so each file needs a small process of its own. */
const memory = ["test/clients/memory/*.test.ts"];
const bundled = { ...patience, globalSetup: ["test/e2e/bundle.ts"] };
/** These use the Docker engine and start many processes: after the unit tests, one file per core. */
const engine = ["test/e2e/**/*.test.ts", "test/docker/**/*.test.ts", "test/**/*.real.test.ts"];
/** These start and kill hundreds of daemons, three at a time. Two such files in parallel take longer than one after the other. */
const sweeps = ["test/e2e/kill/*.test.ts"];
/** These count time or calls, or need something that exists only once: last, and one at a time. */
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
          // The code keeps no state at module level, so test files in one thread can share their imports.
          pool: "threads",
          isolate: false,
          maxWorkers: "100%",
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "memory",
          include: memory,
          ...patience,
          maxWorkers: "100%",
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "engine",
          include: engine,
          exclude: [...alone, ...sweeps],
          ...bundled,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "sweeps",
          include: sweeps,
          ...bundled,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "alone",
          include: alone,
          ...bundled,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
