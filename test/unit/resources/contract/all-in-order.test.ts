import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { inOrder } from "../../../../src/resources/contract/all-in-order.ts";

const fails = async (ms: number, why: string): Promise<never> => {
  await sleep(ms);
  throw new Error(why);
};

it("of two looks that fail the same one is told each time, whichever answers first", async () => {
  await expect(
    inOrder([fails(5, "no permission for zones"), fails(1, "no permission for policies")]),
  ).rejects.toThrow("zones");
  await expect(
    inOrder([fails(1, "no permission for zones"), fails(5, "no permission for policies")]),
  ).rejects.toThrow("zones");
});

it("looks that succeed answer in their places", async () => {
  expect(await inOrder([sleep(2, "slow"), "there already", sleep(1, 3)])).toEqual([
    "slow",
    "there already",
    3,
  ]);
});
