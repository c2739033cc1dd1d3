import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Authentik, createAuthentik } from "../../../src/clients/authentik/authentik.ts";
import { answer, cut, failure, stub } from "./stub.ts";

const TOKEN = "very-secret-token";
const Named = z.looseObject({ name: z.string() });

const client = (url: string, more: object = {}): Authentik =>
  createAuthentik({ token: TOKEN, url, backoffMs: 1, ...more });

const read = (authentik: Authentik) =>
  authentik.request("providers.get", Named, { path: "/providers/oauth2/1/" });
const list = (authentik: Authentik) =>
  authentik.list("flows.list", Named, {
    path: "/flows/instances/",
    query: { designation: "authorization" },
  });
const write = (authentik: Authentik) =>
  authentik.request("providers.create", Named, {
    method: "POST",
    path: "/providers/oauth2/",
    body: { client_secret: "my-client-secret" },
    hide: ["my-client-secret"],
  });

describe("an answer", () => {
  test.each([
    {
      name: "403 for the token itself, as older versions say it",
      reply: answer(403, { detail: "Token invalid/expired" }),
      is: "CFA-AK-TOKEN",
      transient: false,
    },
    {
      name: "403 for the token itself, by its code",
      reply: answer(403, { detail: "…", code: "authentication_failed" }),
      is: "CFA-AK-TOKEN",
      transient: false,
    },
    { name: "401", reply: answer(401, {}), is: "CFA-AK-TOKEN", transient: false },
    {
      name: "any other 403",
      reply: answer(403, { detail: "You do not have permission to perform this action." }),
      is: "CFA-AK-PERMISSION",
      transient: false,
    },
    {
      name: "502 while core starts",
      reply: answer(502, "<html>bad gateway</html>"),
      is: "CFA-AK-NOT-READY",
      transient: true,
    },
    {
      name: "503 while core starts",
      reply: answer(503, ""),
      is: "CFA-AK-NOT-READY",
      transient: true,
    },
    {
      name: "500",
      reply: answer(500, "<html>sorry</html>"),
      is: "CFA-AK-UNREACHABLE",
      transient: true,
    },
    {
      name: "a page instead of an answer",
      reply: answer(200, "<html>log in</html>"),
      is: "CFA-AK-UNREACHABLE",
      transient: true,
    },
    {
      name: "404",
      reply: answer(404, { detail: "Not found." }),
      is: "CFA-AK-REFUSED",
      transient: false,
    },
    {
      name: "a redirect",
      reply: answer(301, "", { location: "https://elsewhere.example" }),
      is: "CFA-AK-REFUSED",
      transient: false,
    },
  ])("$name is $is", async ({ reply, is, transient }) => {
    await using server = await stub(reply);
    expect(await failure(read(client(server.url)))).toMatchObject({
      code: is,
      transient,
      outcomeUnknown: false,
    });
  });

  test("that a permission is missing names it", async () => {
    await using server = await stub(
      answer(403, {
        detail: "You do not have permission to perform this action.",
        code: "permission_denied",
      }),
    );
    expect((await failure(write(client(server.url)))).message).toContain(
      "authentik_providers_oauth2.add_oauth2provider",
    );
  });

  test("that a field is wrong says which and why", async () => {
    await using server = await stub(
      answer(400, {
        redirect_uris: [{ url: ["Enter a valid URL."] }],
        name: ["This field is required."],
      }),
    );
    const error = await failure(write(client(server.url)));
    expect(error).toMatchObject({
      code: "CFA-AK-REFUSED",
      status: 400,
      vendor: ["redirect_uris.0.url", "name"],
    });
    expect(error.message).toContain(
      "redirect_uris.0.url: Enter a valid URL.; name: This field is required.",
    );
  });

  test("that a secret is wrong does not repeat what Authentik says of it", async () => {
    await using server = await stub(answer(400, { client_secret: ["'abcdef' is not ASCII."] }));
    const { message } = await failure(write(client(server.url)));
    expect(message).toContain("client_secret: is not accepted");
    expect(message).not.toContain("abcdef");
  });
});

describe("a list", () => {
  const page = (next: number, ...names: readonly string[]) =>
    answer(200, { pagination: { next }, results: names.map((name) => ({ name })) });

  test("is read page after page, as long as there is a next one", async () => {
    await using server = await stub(page(2, "a"), page(0, "b"));
    expect(await list(client(server.url))).toEqual([{ name: "a" }, { name: "b" }]);
    expect(server.received.map(({ url }) => url)).toEqual([
      "/api/v3/flows/instances/?designation=authorization&page=1&page_size=100",
      "/api/v3/flows/instances/?designation=authorization&page=2&page_size=100",
    ]);
  });

  test.each([
    { name: "again", replies: [page(1, "a")] },
    { name: "an earlier one", replies: [page(2, "a"), page(1, "b")] },
    { name: "less than none", replies: [page(-1, "a")] },
  ])(
    "whose next page is $name is a fault, since the rest of it is unknown",
    async ({ replies }) => {
      await using server = await stub(...replies);
      expect(await failure(list(client(server.url)))).toMatchObject({
        code: "CFA-AK-REFUSED",
        transient: false,
      });
      expect(server.received).toHaveLength(replies.length);
    },
  );
});

test("a read is tried three times", async () => {
  await using server = await stub(cut, answer(502, ""), answer(200, { name: "a" }));
  expect(await read(client(server.url))).toEqual({ name: "a" });
});

test("a write whose answer is lost is sent once, and may have happened", async () => {
  await using server = await stub(cut);
  expect(await failure(write(client(server.url)))).toMatchObject({
    code: "CFA-AK-UNREACHABLE",
    outcomeUnknown: true,
    transient: true,
  });
  expect(server.received).toHaveLength(1);
});

test("a write is sent once, whatever the answer", async () => {
  await using server = await stub(answer(503, ""));
  expect(await failure(write(client(server.url)))).toMatchObject({
    code: "CFA-AK-NOT-READY",
    outcomeUnknown: true,
  });
  expect(server.received).toHaveLength(1);
});

test.each(["POST", "DELETE"] as const)(
  "a %s without a body is sent, and an answer without one is a success",
  async (method) => {
    await using server = await stub((response) => void response.writeHead(204).end());
    await client(server.url).request("applications.delete", z.unknown(), {
      method,
      path: "/core/applications/a/",
    });
    expect(server.received).toEqual([
      { method, url: "/api/v3/core/applications/a/", body: undefined },
    ]);
  },
);

test("a path below the origin stays", async () => {
  await using server = await stub(answer(200, { name: "a" }));
  await read(client(`${server.url}/auth/`));
  expect(server.received[0]?.url).toBe("/auth/api/v3/providers/oauth2/1/");
});

test("nothing is sent once it is closed", async () => {
  await using server = await stub(answer(200, { name: "a" }));
  const authentik = client(server.url);
  authentik.close();
  expect(await failure(read(authentik))).toMatchObject({ transient: true });
  expect(server.received).toHaveLength(0);
});

test.each([
  {
    name: "a refusal that repeats them",
    reply: answer(400, { name: [`${TOKEN} my-client-secret`] }),
  },
  { name: "a lost answer", reply: cut },
  {
    name: "an answer of another shape",
    reply: answer(200, { name: { client_secret: "my-client-secret" } }),
  },
])("secrets are not in $name", async ({ reply }) => {
  await using server = await stub(reply);
  const error = await failure(write(client(server.url)));
  const text = JSON.stringify({
    ...error,
    message: error.message,
    stack: error.stack,
    cause: { ...(error.cause as object) },
  });
  expect(text).not.toContain(TOKEN);
  expect(text).not.toContain("my-client-secret");
});

test("a page that says 404 is not Authentik saying that something is not there", async () => {
  await using server = await stub(
    answer(404, "<html>no such page</html>", { "content-type": "text/html" }),
  );
  expect(await failure(read(client(server.url)))).toMatchObject({
    code: "CFA-AK-UNREACHABLE",
    status: 404,
    transient: false,
  });
  expect(server.received).toHaveLength(1);
});
