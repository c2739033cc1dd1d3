import { expect, test } from "vitest";
import { onlyAccount } from "../../../src/clients/cloudflare/account.ts";
import { createCloudflare } from "../../../src/clients/cloudflare/cloudflare.ts";
import { answer, stub } from "./stub.ts";

const ids = (...list: readonly string[]) =>
  answer(200, { success: true, result: list.map((id) => ({ id })) });

test("the only account that the token sees is used", async () => {
  await using server = await stub(ids("a"));
  expect(await onlyAccount(createCloudflare({ token: "t", baseUrl: server.url }))).toBe("a");
});

test("an account that the token cannot list is found by its zones", async () => {
  await using server = await stub(
    ids(),
    answer(200, { success: true, result: [{ account: { id: "b" } }, { account: { id: "b" } }] }),
  );
  expect(await onlyAccount(createCloudflare({ token: "t", baseUrl: server.url }))).toBe("b");
});

test.each([
  { name: "none", replies: [ids()] },
  { name: "two", replies: [ids("a", "b")] },
])("the account must be set when the token sees $name", async ({ replies }) => {
  await using server = await stub(...replies);
  await expect(
    onlyAccount(createCloudflare({ token: "t", baseUrl: server.url })),
  ).rejects.toMatchObject({
    code: "CFA-CF-ACCOUNT",
    fix: expect.stringContaining("CLOUDFLARE_ACCOUNT_ID"),
  });
});
