import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { inOrder } from "../../../../src/resources/contract/all-in-order.ts";

const fails = async (ms: number, why: string): Promise<never> => {
  await sleep(ms);
  throw new Error(why);
};

it("if two observations fail, the same error is thrown each time, whichever fails first", async () => {
  await expect(
    inOrder([fails(5, "no permission for zones"), fails(1, "no permission for policies")]),
  ).rejects.toThrow("zones");
  await expect(
    inOrder([fails(1, "no permission for zones"), fails(5, "no permission for policies")]),
  ).rejects.toThrow("zones");
});

it("successful observations are returned in their order", async () => {
  expect(await inOrder([sleep(2, "slow"), "there already", sleep(1, 3)])).toEqual([
    "slow",
    "there already",
    3,
  ]);
});
