import { expect, it } from "vitest";
import { backoffMs } from "../../../src/core/backoff.ts";

const BACKOFF = { firstMs: 1_000, maxMs: 30_000, jitter: 0 };

it("the delay doubles with each failure up to its maximum", () => {
  expect([1, 2, 3, 4, 5, 6, 5_000].map((failures) => backoffMs(BACKOFF, failures, 0))).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
});

it.each([
  {
    name: "without jitter the delay is always the full delay",
    jitter: 0,
    delays: [4_000, 4_000, 4_000],
  },
  { name: "jitter 0.5 uses the upper half", jitter: 0.5, delays: [2_000, 3_000, 4_000] },
  { name: "jitter 1 uses the whole range", jitter: 1, delays: [0, 2_000, 4_000] },
])("$name", ({ jitter, delays }) => {
  expect([0, 0.5, 1].map((random) => backoffMs({ ...BACKOFF, jitter }, 3, random))).toEqual(delays);
});
