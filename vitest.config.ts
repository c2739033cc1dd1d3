import { defineConfig } from "vitest/config";

const patience = { testTimeout: 180_000, hookTimeout: 180_000 };
/** These use the Docker engine. They wait more than they work, so two at once, after the rest. */
const engine = ["test/e2e/**/*.test.ts", "test/docker/**/*.test.ts", "test/**/*.real.test.ts"];
/** These count time or calls, show what a person would see in time, or use what there is once: each by itself, in the end. */
const alone = ["budget", "browser", "compose", "demo", "household", "page"].map((name) => `test/e2e/${name}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: engine,
          ...patience,
          maxWorkers: "100%",
          sequence: { groupOrder: 0 },
        },
      },
      { test: { name: "engine", include: engine, exclude: alone, ...patience, maxWorkers: 2, sequence: { groupOrder: 1 } } },
      { test: { name: "alone", include: alone, ...patience, fileParallelism: false, sequence: { groupOrder: 2 } } },
    ],
  },
});
