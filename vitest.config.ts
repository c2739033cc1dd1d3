import { defineConfig } from "vitest/config";

const patience = { testTimeout: 60_000, hookTimeout: 180_000 };
/** These share one Docker engine, or count time: one file after the other, after the rest. */
const slow = ["test/e2e/**/*.test.ts", "test/docker/**/*.test.ts", "test/**/*.real.test.ts"];

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/**/*.test.ts"], exclude: slow, ...patience, sequence: { groupOrder: 0 } } },
      { test: { name: "e2e", include: slow, ...patience, fileParallelism: false, sequence: { groupOrder: 1 } } },
    ],
  },
});
