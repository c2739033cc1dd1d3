import { defineConfig } from "vitest/config";

const common = {
  testTimeout: 180_000,
  hookTimeout: 180_000,
  /** In characters: titles of table tests show their values in full. */
  taskTitleValueFormatTruncate: 200,
};
const bundled = { ...common, globalSetup: ["test/e2e/bundle.ts"] };
/** The code keeps no state at module level, so test files in one thread can share their imports. */
const shared = { ...common, pool: "threads", isolate: false, maxWorkers: "100%" } as const;

/** Random histories: minutes where the other unit tests take seconds. */
const histories = ["test/**/*.histories.test.ts"];
/** These measure the peak memory of child processes. Linux counts the parent's memory at the fork, so each file needs a small process. */
const memory = ["test/integration/clients/memory/*.test.ts"];
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
          include: ["test/unit/**/*.test.ts"],
          exclude: histories,
          ...shared,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: { name: "histories", include: histories, ...shared, sequence: { groupOrder: 0 } },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts", "test/sandbox/**/*.test.ts"],
          exclude: memory,
          ...shared,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "memory",
          include: memory,
          ...common,
          maxWorkers: "100%",
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "engine",
          include: ["test/e2e/**/*.test.ts"],
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
