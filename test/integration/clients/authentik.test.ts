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
      name: "403 for the token itself, in the words of older versions,",
      reply: answer(403, { detail: "Token invalid/expired" }),
      is: "CFA-AK-TOKEN",
      transient: false,
    },
    {
      name: "403 for the token itself, with its code,",
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
      name: "502 while the core starts",
      reply: answer(502, "<html>bad gateway</html>"),
      is: "CFA-AK-NOT-READY",
      transient: true,
    },
    {
      name: "503 while the core starts",
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
      name: "a page instead of JSON",
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
  ])("an answer of $name becomes $is", async ({ reply, is, transient }) => {
    await using server = await stub(reply);
    expect(await failure(read(client(server.url)))).toMatchObject({
      code: is,
      transient,
      outcomeUnknown: false,
    });
  });

  test("the error for a missing permission names it", async () => {
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

  test("the error for an invalid field says which one and why", async () => {
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

  test("the error for an invalid secret does not repeat Authentik's message about it", async () => {
    await using server = await stub(answer(400, { client_secret: ["'abcdef' is not ASCII."] }));
    const { message } = await failure(write(client(server.url)));
    expect(message).toContain("client_secret: is not accepted");
    expect(message).not.toContain("abcdef");
  });
});

describe("a list", () => {
  const page = (next: number, ...names: readonly string[]) =>
    answer(200, { pagination: { next }, results: names.map((name) => ({ name })) });

  test("a list is read page by page while there is a next page", async () => {
    await using server = await stub(page(2, "a"), page(0, "b"));
    expect(await list(client(server.url))).toEqual([{ name: "a" }, { name: "b" }]);
    expect(server.received.map(({ url }) => url)).toEqual([
      "/api/v3/flows/instances/?designation=authorization&page=1&page_size=100",
      "/api/v3/flows/instances/?designation=authorization&page=2&page_size=100",
    ]);
  });

  test.each([
    { name: "the same page", replies: [page(1, "a")] },
    { name: "an earlier page", replies: [page(2, "a"), page(1, "b")] },
    { name: "negative", replies: [page(-1, "a")] },
  ])(
    "a list whose next page is $name is an error, because the rest of it is unknown",
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

test("a read is attempted three times", async () => {
  await using server = await stub(cut, answer(502, ""), answer(200, { name: "a" }));
  expect(await read(client(server.url))).toEqual({ name: "a" });
});

test("a write without an answer is sent once and its outcome is unknown", async () => {
  await using server = await stub(cut);
  expect(await failure(write(client(server.url)))).toMatchObject({
    code: "CFA-AK-UNREACHABLE",
    outcomeUnknown: true,
    transient: true,
  });
  expect(server.received).toHaveLength(1);
});

test("a write is sent once whatever the answer is", async () => {
  await using server = await stub(answer(503, ""));
  expect(await failure(write(client(server.url)))).toMatchObject({
    code: "CFA-AK-NOT-READY",
    outcomeUnknown: true,
  });
  expect(server.received).toHaveLength(1);
});

test.each(["POST", "DELETE"] as const)(
  "a %s without a body is sent, and an empty answer is a success",
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

test("a path in Authentik's URL is kept", async () => {
  await using server = await stub(answer(200, { name: "a" }));
  await read(client(`${server.url}/auth/`));
  expect(server.received[0]?.url).toBe("/auth/api/v3/providers/oauth2/1/");
});

test("a closed client sends nothing", async () => {
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
])("the error for $name contains no secret", async ({ reply }) => {
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

test("a 404 with a page instead of JSON does not mean that the object is absent", async () => {
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
