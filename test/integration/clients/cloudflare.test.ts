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
  test("an answer with status 200 that reports failure is a failure", async () => {
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
    { name: "an expired token", status: 401, code: 10000, is: "CFA-CF-TOKEN", transient: false },
    {
      name: "a token that the verify call rejects",
      status: 403,
      code: 1000,
      is: "CFA-CF-TOKEN",
      transient: false,
    },
    {
      name: "a malformed token",
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
      name: "a missing permission with another code",
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
      name: "an object that does not exist",
      status: 404,
      code: 7003,
      is: "CFA-CF-REFUSED",
      transient: false,
    },
  ])("an answer for $name becomes $is", async ({ status, code, is, transient }) => {
    await using server = await stub(no(status, code));
    expect(await failure(makeTag(client(server.url)))).toMatchObject({
      code: is,
      transient,
      status,
      vendor: [String(code)],
    });
  });

  test("the error for a missing permission names it as the dashboard does", async () => {
    await using server = await stub(no(403, 10000));
    const error = await failure(makeTag(client(server.url)));
    expect(error.message).toContain("Account · Access: Apps and Policies · Edit");
    expect(error.fix).toContain("API Tokens");
  });

  test("an answer that does not come from Cloudflare's API counts as no answer", async () => {
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
      name: "with a text as its code",
      errors: [{ code: "access.api.error.conflict", message: "exists" }],
      vendor: ["access.api.error.conflict"],
    },
    { name: "without a message", errors: [{ code: 12130, message: null }], vendor: ["12130"] },
    { name: "that is not an object", errors: ["exists"], vendor: [] },
    { name: "that is not in a list", errors: { message: "exists" }, vendor: [] },
  ])("an answer with an error $name is still a refusal", async ({ errors, vendor }) => {
    await using server = await stub(answer(400, { success: false, errors, result: null }));
    expect(await failure(makeTag(client(server.url)))).toMatchObject({
      code: "CFA-CF-REFUSED",
      outcomeUnknown: false,
      vendor,
    });
  });

  test("a redirect is not followed and does not count as a successful write", async () => {
    await using server = await stub(
      (response) => void response.writeHead(302, { location: "/login" }).end(),
      ok({ name: "a" }),
    );
    const error = await failure(makeTag(client(server.url)));
    expect(error).toMatchObject({ code: "CFA-CF-UNREACHABLE", status: 302, outcomeUnknown: true });
    expect([error.fix.includes("CLOUDFLARE_BASE_URL"), server.received.length]).toEqual([true, 1]);
  });

  test("the error for an answer of another shape names the field without its value", async () => {
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

  test("a list is read to the last page that the API counts", async () => {
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

  test("a list without counts is read until a short page", async () => {
    await using server = await stub(
      ok([{ name: "a" }], { page: null, per_page: null, total_count: null }),
    );
    expect(await readTags(client(server.url))).toEqual([{ name: "a" }]);
  });

  test("a list ends when the API repeats its last page", async () => {
    await using server = await stub(
      page(1, ["a"], { per_page: 1 }),
      page(2, ["b"], { per_page: 1 }),
    );
    expect(await readTags(client(server.url))).toEqual([{ name: "a" }, { name: "b" }]);
    expect(server.received).toHaveLength(3);
  });

  test("a list is complete even if the API returns fewer items per page than requested", async () => {
    await using server = await stub(
      page(1, ["a"], { per_page: 1, total_count: 2 }),
      page(2, ["b"], { per_page: 1, total_count: 2 }),
    );
    expect(await readTags(client(server.url))).toHaveLength(2);
  });

  test("a list of one short page takes one call", async () => {
    await using server = await stub(ok([{ name: "a" }]));
    expect(await readTags(client(server.url))).toHaveLength(1);
    expect(server.received).toHaveLength(1);
  });

  test("an answer without a result is not an empty list unless the API counts no items", async () => {
    await using empty = await stub(ok(null, { total_count: 0 }));
    expect(await readTags(client(empty.url))).toEqual([]);
    await using server = await stub(ok(null));
    expect(await failure(readTags(client(server.url)))).toMatchObject({ code: "CFA-CF-REFUSED" });
  });

  test("a list with an unreadable page is an error", async () => {
    await using server = await stub(page(1, ["a"], { total_pages: 2 }), no(403, 10000));
    expect(await failure(readTags(client(server.url)))).toMatchObject({
      code: "CFA-CF-PERMISSION",
    });
  });
});

describe("a read", () => {
  test("a read is attempted three times", async () => {
    await using server = await stub(no(500, 1), cut, ok([{ name: "a" }]));
    expect(await readTags(client(server.url))).toHaveLength(1);
  });

  test("a read that fails three times is an error", async () => {
    await using server = await stub(no(503, 1));
    expect(await failure(readTags(client(server.url)))).toMatchObject({
      code: "CFA-CF-UNREACHABLE",
      outcomeUnknown: false,
    });
    expect(server.received).toHaveLength(3);
  });

  test("a read that is refused is not repeated", async () => {
    await using server = await stub(no(403, 10000));
    await failure(readTags(client(server.url)));
    expect(server.received).toHaveLength(1);
  });

  test("a read without an answer times out", async () => {
    await using server = await stub(() => undefined);
    expect(await failure(readTags(client(server.url, { timeoutMs: 50 })))).toMatchObject({
      code: "CFA-CF-UNREACHABLE",
    });
  });

  test("a read whose answer stops in the middle times out", async () => {
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
  test("a write without an answer is sent once and its outcome is unknown", async () => {
    await using server = await stub(cut);
    expect(await failure(makeTag(client(server.url)))).toMatchObject({
      code: "CFA-CF-UNREACHABLE",
      outcomeUnknown: true,
      transient: true,
    });
    expect(server.received).toHaveLength(1);
  });

  test("a write that fails with a server error is sent once and its outcome is unknown", async () => {
    await using server = await stub(no(500, 1));
    expect(await failure(makeTag(client(server.url)))).toMatchObject({
      outcomeUnknown: true,
      transient: true,
    });
    expect(server.received).toHaveLength(1);
  });

  test("a write that no server accepted has not happened", async () => {
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

describe("the rate limit", () => {
  test("the client knows how many requests are left before the rate limit", async () => {
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
    "a $name that the rate limit refused is sent once more after the requested pause",
    async ({ call, result }) => {
      await using server = await stub(limited(1), ok(result));
      const started = Date.now();
      expect(await call(client(server.url))).toEqual(result);
      expect(Date.now() - started).toBeGreaterThanOrEqual(990);
    },
  );

  test("a second refusal by the rate limit is an error with the time to wait, and nothing has happened", async () => {
    await using server = await stub(limited(0), limited(7));
    expect(await failure(makeTag(client(server.url)))).toMatchObject({
      code: "CFA-CF-RATE-LIMIT",
      retryAfterMs: 7_000,
      transient: true,
      outcomeUnknown: false,
    });
    expect(server.received).toHaveLength(2);
  });

  test("a write that depends on a fresh read is neither repeated nor sent after a pause", async () => {
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

  test("a write that depends on a fresh read does not wait behind other calls", async () => {
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

  test("nothing is sent during a long pause", async () => {
    await using server = await stub(limited(240));
    const cloudflare = client(server.url);
    expect(await failure(readTags(cloudflare))).toMatchObject({ code: "CFA-CF-RATE-LIMIT" });
    const next = await failure(makeTag(cloudflare));
    expect(next).toMatchObject({ code: "CFA-CF-RATE-LIMIT", outcomeUnknown: false });
    expect(next.retryAfterMs).toBeGreaterThan(230_000);
    expect(server.received).toHaveLength(1);
  });

  test.each([
    { name: "the retry-after header", reply: limited(99_999_999_999) },
    {
      name: "the ratelimit header",
      reply: answer(
        200,
        { success: true, result: { name: "a" } },
        { ratelimit: '"default";r=0;t=99999999' },
      ),
    },
  ])("a pause of years in $name is limited to an hour", async ({ reply }) => {
    await using server = await stub(reply);
    const cloudflare = client(server.url);
    await makeTag(cloudflare).catch(() => undefined);
    expect((await failure(makeTag(cloudflare))).retryAfterMs).toBeLessThanOrEqual(3_600_000);
  });

  test("setting the system clock back does not extend a pause", async () => {
    await using server = await stub(limited(1), ok({ name: "a" }));
    const cloudflare = client(server.url);
    const call = makeTag(cloudflare);
    await vi.waitFor(() => expect(server.received).toHaveLength(1), 30_000);
    const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() - 86_400_000);
    expect(await call.finally(() => clock.mockRestore())).toEqual({ name: "a" });
  });

  test("a call waits for the next window when the rate limit is used up", async () => {
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
    const tookMs = Date.now() - started;
    expect(tookMs).toBeGreaterThanOrEqual(900);
    // The report separates how long the call waited from how long the answer took. Both are rounded.
    const [first, second] = reports.map(({ waitedMs, ms }) => ({ waitedMs, ms }));
    expect(first?.waitedMs).toBeLessThan(900);
    expect(second?.waitedMs).toBeGreaterThanOrEqual(900);
    expect((second?.waitedMs ?? 0) + (second?.ms ?? 0)).toBeLessThanOrEqual(tookMs + 5);
  });
});

describe("stopping", () => {
  test("closing the client ends a call that waits for a retry", async () => {
    await using server = await stub(no(503, 1));
    const cloudflare = client(server.url, { backoffMs: 1e9 });
    const call = failure(readTags(cloudflare));
    await vi.waitFor(() => expect(server.received).toHaveLength(1), 30_000);
    cloudflare.close();
    expect(await call).toMatchObject({ code: "CFA-CF-UNREACHABLE", transient: true });
  });

  test("an abort ends a call that waits for a pause, and nothing new is sent", async () => {
    await using server = await stub(no(429, 1, "slow", { "retry-after": "20" }));
    const stop = new AbortController();
    const cloudflare = client(server.url, { signal: stop.signal });
    const call = failure(readTags(cloudflare));
    await vi.waitFor(() => expect(server.received).toHaveLength(1), 30_000);
    stop.abort();
    expect(await call).toMatchObject({ transient: true });
    expect(await failure(makeTag(cloudflare))).toMatchObject({
      transient: true,
      outcomeUnknown: false,
    });
    expect(server.received).toHaveLength(1);
  });

  test("an abort lets a call in flight finish", async () => {
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
  ])("the error for $name contains no secret", async ({ reply }) => {
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

  test("secrets are not printed whatever the SDK's own variables say", async () => {
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

test("every request is reported, answered or not, with the remaining rate limit from the answer", async () => {
  const limits = { ratelimit: '"burst";r=90;t=60, "default";r=41;t=120' };
  await using server = await stub(cut, answer(200, { success: true, result: [] }, limits));
  const reports: CallReport[] = [];
  await readTags(client(server.url, { onCall: (report: CallReport) => reports.push(report) }));
  expect(reports.map(({ ms: _, waitedMs: __, ...rest }) => rest)).toEqual([
    { method: "GET", operation: "tags.list", status: undefined },
    { method: "GET", operation: "tags.list", status: 200, remaining: 41 },
  ]);
});
