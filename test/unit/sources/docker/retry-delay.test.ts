import { expect, it } from "vitest";
import { retryDelay } from "../../../../src/sources/docker/retry-delay.ts";

it("the waits for an engine that is away grow from half a second to half a minute, and no further", () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7, 1_000].map((failures) => retryDelay(failures, 1))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

it("the waits of several daemons that lost one engine are not the same", () => {
  expect([retryDelay(3, 0), retryDelay(3, 0.5)]).toEqual([2_000, 3_000]);
});
