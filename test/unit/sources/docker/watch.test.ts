import { expect, it } from "vitest";
import { streamRetryMs } from "../../../../src/sources/docker/watch.ts";

it("the delay before the event stream is reopened grows from half a second to half a minute", () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7, 1_000].map((failures) => streamRetryMs(failures, 1))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

it("daemons that lost the same engine do not reconnect at the same moment", () => {
  expect([streamRetryMs(3, 0), streamRetryMs(3, 0.5)]).toEqual([2_000, 3_000]);
});
