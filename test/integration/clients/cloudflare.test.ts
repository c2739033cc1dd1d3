import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import type { CallReport } from "../../../src/clients/call-report.ts";
import { type Cloudflare, createCloudflare } from "../../../src/clients/cloudflare/cloudflare.ts";
import type { ServiceError } from "../../../src/core/errors.ts";
import { answer, cut, failure, stub } from "./stub.ts";

const TOKEN = "very-secret-token";
const ACCOUNT = "0123456789abcdef0123456789abcdef";
const Named = z.looseObject({ name: z.string() });

const client = (url: string, more: object = {}): Cloudflare =>
  createCloudflare({ token: TOKEN, baseUrl: url, backoffMs: 1, ...more });

const readTags = (cloudflare: Cloudflare) =>
  cloudflare.list("tags.list", Named, (sdk, page) =>
    sdk.zeroTrust.access.tags.list({ account_id: ACCOUNT, ...page }),
  );
const makeTag = (cloudflare: Cloudflare) =>
  cloudflare.request("tags.create", Named, (sdk) =>
    sdk.zeroTrust.access.tags.create({ account_id: ACCOUNT, name: "a" }),
  );

const ok = (result: unknown, info?: object) =>
  answer(200, {
    success: true,
    errors: [],
    messages: [],
    result,
    ...(info && { result_info: info }),
  });
const no = (status: number, code: number, message = "no", headers = {}) =>
  answer(
    status,
    { success: false, errors: [{ code, message }], messages: [], result: null },
    headers,
  );

describe("an answer", () => {
  test("that says in a 200 that it failed is a failure", async () => {
    await using server = await stub(no(200, 12130, "app type is missing"));
    const error = await failure(makeTag(client(server.url)));
    expect(error).toMatchObject({
      code: "CFA-CF-REFUSED",
      transient: false,
      outcomeUnknown: false,
      vendor: ["12130"],
    });
    expect(error.message).toContain("app type is missing");
  });

  test.each([
    { name: "a dead token", status: 401, code: 10000, is: "CFA-CF-TOKEN", transient: false },
    {
      name: "a token that verify refuses",
      status: 403,
      code: 1000,
      is: "CFA-CF-TOKEN",
      transient: false,
    },
    {
      name: "a token with a letter missing",
      status: 400,
      code: 6003,
      is: "CFA-CF-TOKEN",
      transient: false,
    },
    {
      name: "a missing permission",
      status: 403,
      code: 10000,
      is: "CFA-CF-PERMISSION",
      transient: false,
    },
    {
      name: "a permission that is missing by another code",
      status: 400,
      code: 9109,
      is: "CFA-CF-PERMISSION",
      transient: false,
    },
    {
      name: "an account without Zero Trust",
      status: 400,
      code: 9999,
      is: "CFA-CF-NO-ZERO-TRUST",
      transient: false,
    },
    { name: "a bad gateway", status: 502, code: 1, is: "CFA-CF-UNREACHABLE", transient: true },
    { name: "a conflict", status: 409, code: 11010, is: "CFA-CF-REFUSED", transient: false },
    {
      name: "a thing that is not there",
      status: 404,
      code: 7003,
      is: "CFA-CF-REFUSED",
      transient: false,
    },
  ])("$name is $is", async ({ status, code, is, transient }) => {
    await using server = await stub(no(status, code));
    expect(await failure(makeTag(client(server.url)))).toMatchObject({
      code: is,
      transient,
      status,
      vendor: [String(code)],
    });
  });

  test("that a permission is missing names it as the dashboard does", async () => {
    await using server = await stub(no(403, 10000));
    const error = await failure(makeTag(client(server.url)));
    expect(error.message).toContain("Account · Access: Apps and Policies · Edit");
    expect(error.fix).toContain("API Tokens");
  });

  test("of something that is not Cloudflare's API is no answer", async () => {
    await using server = await stub(
      answer(200, "<html>please log in to this hotel</html>", { "content-type": "text/html" }),
    );
    expect(await failure(makeTag(client(server.url)))).toMatchObject({
      code: "CFA-CF-UNREACHABLE",
      transient: true,
      outcomeUnknown: true,
    });
  });

  test.each([
    {
      name: "with a code that is a text",
      errors: [{ code: "access.api.error.conflict", message: "exists" }],
      vendor: ["access.api.error.conflict"],
    },
    { name: "without a message", errors: [{ code: 12130, message: null }], vendor: ["12130"] },
    { name: "without an object", errors: ["exists"], vendor: [] },
    { name: "without a list", errors: { message: "exists" }, vendor: [] },
  ])("with an error $name is a refusal all the same", async ({ errors, vendor }) => {
    await using server = await stub(answer(400, { success: false, errors, result: null }));
    expect(await failure(makeTag(client(server.url)))).toMatchObject({
      code: "CFA-CF-REFUSED",
      outcomeUnknown: false,
      vendor,
    });
  });

  test("that leads elsewhere is not followed, and is no success of a write", async () => {
    await using server = await stub(
      (response) => void response.writeHead(302, { location: "/login" }).end(),
      ok({ name: "a" }),
    );
    const error = await failure(makeTag(client(server.url)));
    expect(error).toMatchObject({ code: "CFA-CF-UNREACHABLE", status: 302, outcomeUnknown: true });
    expect([error.fix.includes("CLOUDFLARE_BASE_URL"), server.received.length]).toEqual([true, 1]);
  });

  test("of another shape is refused by the name of the field, without its value", async () => {
    await using server = await stub(ok({ name: 42424242 }));
    const error = await failure(makeTag(client(server.url)));
    expect(error).toMatchObject({ code: "CFA-CF-REFUSED", outcomeUnknown: true });
    expect(error.message).toContain("(name)");
    expect(error.message).not.toContain("42424242");
  });
});

describe("a list", () => {
  const page = (number: number, names: readonly string[], info: object) =>
    ok(
      names.map((name) => ({ name })),
      { page: number, ...info },
    );

  test("is read to the last page that the API counts", async () => {
    await using server = await stub(
      page(1, ["a"], { per_page: 1, total_pages: 2 }),
      page(2, ["b"], { per_page: 1, total_pages: 2 }),
    );
    expect(await readTags(client(server.url))).toEqual([{ name: "a" }, { name: "b" }]);
    expect(server.received.map(({ url }) => new URL(url, "http://x").search)).toEqual([
      "?page=1&per_page=1000",
      "?page=2&per_page=1000",
    ]);
  });

  test("whose counts are empty is read by the length of its pages", async () => {
    await using server = await stub(
      ok([{ name: "a" }], { page: null, per_page: null, total_count: null }),
    );
    expect(await readTags(client(server.url))).toEqual([{ name: "a" }]);
  });

  test("ends when the API gives its last page over and over", async () => {
    await using server = await stub(
      page(1, ["a"], { per_page: 1 }),
      page(2, ["b"], { per_page: 1 }),
    );
    expect(await readTags(client(server.url))).toEqual([{ name: "a" }, { name: "b" }]);
    expect(server.received).toHaveLength(3);
  });

  test("is not cut short by an API that gives fewer on a page than was asked for", async () => {
    await using server = await stub(
      page(1, ["a"], { per_page: 1, total_count: 2 }),
      page(2, ["b"], { per_page: 1, total_count: 2 }),
    );
    expect(await readTags(client(server.url))).toHaveLength(2);
  });

  test("of one short page takes one call", async () => {
    await using server = await stub(ok([{ name: "a" }]));
    expect(await readTags(client(server.url))).toHaveLength(1);
    expect(server.received).toHaveLength(1);
  });

  test("with nothing in its place is no empty list, unless the API counts none", async () => {
    await using empty = await stub(ok(null, { total_count: 0 }));
    expect(await readTags(client(empty.url))).toEqual([]);
    await using server = await stub(ok(null));
    expect(await failure(readTags(client(server.url)))).toMatchObject({ code: "CFA-CF-REFUSED" });
  });

  test("with a page that cannot be read is no list", async () => {
    await using server = await stub(page(1, ["a"], { total_pages: 2 }), no(403, 10000));
    expect(await failure(readTags(client(server.url)))).toMatchObject({
      code: "CFA-CF-PERMISSION",
    });
  });
});

describe("a read", () => {
  test("is tried three times", async () => {
    await using server = await stub(no(500, 1), cut, ok([{ name: "a" }]));
    expect(await readTags(client(server.url))).toHaveLength(1);
  });

  test("that fails three times is handed on", async () => {
    await using server = await stub(no(503, 1));
    expect(await failure(readTags(client(server.url)))).toMatchObject({
      code: "CFA-CF-UNREACHABLE",
      outcomeUnknown: false,
    });
    expect(server.received).toHaveLength(3);
  });

  test("that is refused is not tried again", async () => {
    await using server = await stub(no(403, 10000));
    await failure(readTags(client(server.url)));
    expect(server.received).toHaveLength(1);
  });

  test("ends when nothing answers", async () => {
    await using server = await stub(() => undefined);
    expect(await failure(readTags(client(server.url, { timeoutMs: 50 })))).toMatchObject({
      code: "CFA-CF-UNREACHABLE",
    });
  });

  test("ends when the answer stops in its middle", async () => {
    await using server = await stub(
      (response) =>
        void response.writeHead(200, { "content-type": "application/json" }).write('{"succ'),
    );
    expect(await failure(readTags(client(server.url, { timeoutMs: 100 })))).toMatchObject({
      code: "CFA-CF-UNREACHABLE",
    });
  });
});

describe("a write", () => {
  test("whose answer is lost is sent once, and may have happened", async () => {
    await using server = await stub(cut);
    expect(await failure(makeTag(client(server.url)))).toMatchObject({
      code: "CFA-CF-UNREACHABLE",
      outcomeUnknown: true,
      transient: true,
    });
    expect(server.received).toHaveLength(1);
  });

  test("that a server failed on is sent once, and may have happened", async () => {
    await using server = await stub(no(500, 1));
    expect(await failure(makeTag(client(server.url)))).toMatchObject({
      outcomeUnknown: true,
      transient: true,
    });
    expect(server.received).toHaveLength(1);
  });

  test("that nobody took has not happened", async () => {
    const server = await stub(cut);
    await server[Symbol.asyncDispose]();
    const { url } = server;
    expect(await failure(makeTag(client(url)))).toMatchObject({
      code: "CFA-CF-UNREACHABLE",
      outcomeUnknown: false,
      vendor: ["ECONNREFUSED"],
    });
  });
});

describe("the limit", () => {
  test("says how many requests are left of it", async () => {
    await using server = await stub(ok([{ name: "a" }]));
    const cloudflare = client(server.url);
    expect(cloudflare.callsLeft()).toBe(1_100);
    await readTags(cloudflare);
    await readTags(cloudflare);
    expect(cloudflare.callsLeft()).toBe(1_098);
  });

  const limited = (seconds: number) =>
    no(429, 10429, "slow down", { "retry-after": String(seconds) });

  test.each([
    { name: "read", call: readTags, result: [{ name: "a" }] },
    { name: "write", call: makeTag, result: { name: "a" } },
  ])(
    "a $name that was not let in is sent once more, after the rest that was asked for",
    async ({ call, result }) => {
      await using server = await stub(limited(1), ok(result));
      const started = Date.now();
      expect(await call(client(server.url))).toEqual(result);
      expect(Date.now() - started).toBeGreaterThanOrEqual(990);
    },
  );

  test("a second refusal is handed on with the time to wait, and nothing was done", async () => {
    await using server = await stub(limited(0), limited(7));
    expect(await failure(makeTag(client(server.url)))).toMatchObject({
      code: "CFA-CF-RATE-LIMIT",
      retryAfterMs: 7_000,
      transient: true,
      outcomeUnknown: false,
    });
    expect(server.received).toHaveLength(2);
  });

  test("a write that rests on a read just before it is not sent again, nor after a rest", async () => {
    await using server = await stub(limited(1), ok({}));
    const cloudflare = client(server.url);
    const write = () =>
      cloudflare.request("configuration.put", z.unknown(), (sdk) =>
        sdk.zeroTrust.tunnels.cloudflared.configurations.update("t", { account_id: "a" }),
      );
    expect(await failure(write())).toMatchObject({
      code: "CFA-CF-RATE-LIMIT",
      outcomeUnknown: false,
    });
    expect(await failure(write())).toMatchObject({
      code: "CFA-CF-RATE-LIMIT",
      outcomeUnknown: false,
    });
    expect(server.received).toHaveLength(1);
  });

  test("a write that rests on a read just before it does not wait behind others", async () => {
    await using server = await stub((response, request) =>
      request.method === "PUT" ? ok({})(response, request) : undefined,
    );
    const cloudflare = client(server.url);
    const slow = Array.from({ length: 30 }, () => failure(readTags(cloudflare)));
    await cloudflare.request("configuration.put", z.unknown(), (sdk) =>
      sdk.zeroTrust.tunnels.cloudflared.configurations.update("t", { account_id: ACCOUNT }),
    );
    cloudflare.close();
    await server[Symbol.asyncDispose]();
    expect(await Promise.all(slow)).toHaveLength(30);
  });

  test("during a long rest nothing more is sent", async () => {
    await using server = await stub(limited(240));
    const cloudflare = client(server.url);
    expect(await failure(readTags(cloudflare))).toMatchObject({ code: "CFA-CF-RATE-LIMIT" });
    const next = await failure(makeTag(cloudflare));
    expect(next).toMatchObject({ code: "CFA-CF-RATE-LIMIT", outcomeUnknown: false });
    expect(next.retryAfterMs).toBeGreaterThan(230_000);
    expect(server.received).toHaveLength(1);
  });

  test.each([
    { name: "retry-after", reply: limited(99_999_999_999) },
    {
      name: "a window",
      reply: answer(
        200,
        { success: true, result: { name: "a" } },
        { ratelimit: '"default";r=0;t=99999999' },
      ),
    },
  ])("a rest of years, said by $name, is one of an hour", async ({ reply }) => {
    await using server = await stub(reply);
    const cloudflare = client(server.url);
    await makeTag(cloudflare).catch(() => undefined);
    expect((await failure(makeTag(cloudflare))).retryAfterMs).toBeLessThanOrEqual(3_600_000);
  });

  test("a clock that is put back makes no rest longer", async () => {
    await using server = await stub(limited(1), ok({ name: "a" }));
    const cloudflare = client(server.url);
    const call = makeTag(cloudflare);
    await vi.waitFor(() => expect(server.received).toHaveLength(1));
    const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() - 86_400_000);
    expect(await call.finally(() => clock.mockRestore())).toEqual({ name: "a" });
  });

  test("a window that is used up is waited for before it is overdrawn", async () => {
    await using server = await stub(
      answer(
        200,
        { success: true, result: { name: "a" } },
        { ratelimit: '"burst";r=9;t=60, "default";r=0;t=1' },
      ),
      ok({ name: "a" }),
    );
    const reports: CallReport[] = [];
    const cloudflare = client(server.url, { onCall: (report: CallReport) => reports.push(report) });
    await makeTag(cloudflare);
    const started = Date.now();
    await makeTag(cloudflare);
    expect(Date.now() - started).toBeGreaterThanOrEqual(900);
    // How long it waited is told apart from how long the answer took.
    expect(reports[0]?.waitedMs).toBeLessThan(500);
    expect(reports[1]?.waitedMs).toBeGreaterThanOrEqual(900);
    expect(reports[1]?.ms).toBeLessThan(500);
  });
});

describe("stopping", () => {
  test("ends what waits for another try", async () => {
    await using server = await stub(no(503, 1));
    const cloudflare = client(server.url, { backoffMs: 1e9 });
    const call = failure(readTags(cloudflare));
    await vi.waitFor(() => expect(server.received).toHaveLength(1));
    cloudflare.close();
    expect(await call).toMatchObject({ code: "CFA-CF-UNREACHABLE", transient: true });
  });

  test("ends what waits for a rest to be over, and sends nothing new", async () => {
    await using server = await stub(no(429, 1, "slow", { "retry-after": "20" }));
    const stop = new AbortController();
    const cloudflare = client(server.url, { signal: stop.signal });
    const call = failure(readTags(cloudflare));
    await vi.waitFor(() => expect(server.received).toHaveLength(1));
    stop.abort();
    expect(await call).toMatchObject({ transient: true });
    expect(await failure(makeTag(cloudflare))).toMatchObject({
      transient: true,
      outcomeUnknown: false,
    });
    expect(server.received).toHaveLength(1);
  });

  test("lets a call that is under way come to its end", async () => {
    const stop = new AbortController();
    await using server = await stub((response, request) => {
      stop.abort();
      setTimeout(() => ok({ name: "a" })(response, request), 20);
    });
    expect(await makeTag(client(server.url, { signal: stop.signal }))).toEqual({ name: "a" });
  });
});

describe("secrets", () => {
  const whole = (error: ServiceError): string =>
    JSON.stringify({
      ...error,
      message: error.message,
      stack: error.stack,
      cause: { ...(error.cause as object) },
    });

  test.each([
    {
      name: "a refusal that repeats them",
      reply: no(400, 1004, `bad header Bearer ${TOKEN} and body my-client-secret`),
    },
    { name: "a server fault", reply: no(500, 1, TOKEN) },
    { name: "a lost answer", reply: cut },
  ])("are not in $name", async ({ reply }) => {
    await using server = await stub(reply);
    const call = client(server.url).request(
      "tags.create",
      Named,
      (sdk) => sdk.zeroTrust.access.tags.create({ account_id: ACCOUNT, name: "x" }),
      ["my-client-secret"],
    );
    const text = whole(await failure(call));
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain("my-client-secret");
  });

  test("are not printed, whatever the SDK's own variables say", async () => {
    vi.stubEnv("CLOUDFLARE_LOG", "debug");
    const printed = (["debug", "info", "log", "warn", "error"] as const).map((level) =>
      vi.spyOn(console, level).mockReturnValue(undefined),
    );
    await using server = await stub(ok({ name: "a" }));
    await makeTag(client(server.url));
    expect(printed.flatMap((spy) => spy.mock.calls)).toEqual([]);
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });
});

test("every request is reported, answered or not, with what the answer says is left of the limit", async () => {
  const limits = { ratelimit: '"burst";r=90;t=60, "default";r=41;t=120' };
  await using server = await stub(cut, answer(200, { success: true, result: [] }, limits));
  const reports: CallReport[] = [];
  await readTags(client(server.url, { onCall: (report: CallReport) => reports.push(report) }));
  expect(reports.map(({ ms: _, waitedMs: __, ...rest }) => rest)).toEqual([
    { method: "GET", operation: "tags.list", status: undefined },
    { method: "GET", operation: "tags.list", status: 200, remaining: 41 },
  ]);
});
