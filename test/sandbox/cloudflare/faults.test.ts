import { expect, test } from "vitest";
import { openCloudflare } from "./testing.ts";

const tag = { name: "cfauth-home" };

test("a status fault answers instead of the API and changes nothing", async () => {
  await using cloudflare = await openCloudflare();
  cloudflare.controls.fault(({ write }) => write, {
    kind: "status",
    status: 503,
    headers: { "retry-after": "1" },
    body: { errors: [] },
  });
  const reply = await cloudflare.ask("POST", "@/access/tags", tag);
  expect(reply.status).toBe(503);
  expect(reply.headers.get("retry-after")).toBe("1");
  expect(cloudflare.state.tags.size).toBe(0);
});

test("a fault occurs as often as requested, then the API works again", async () => {
  await using cloudflare = await openCloudflare();
  cloudflare.controls.fault(() => true, { kind: "status", status: 500, body: { errors: [] } }, 2);
  const statuses: number[] = [];
  for (let n = 0; n < 3; n += 1)
    statuses.push((await cloudflare.ask("GET", "@/access/tags")).status);
  expect(statuses).toEqual([500, 500, 200]);
});

test("heal() drops the waiting faults", async () => {
  await using cloudflare = await openCloudflare();
  cloudflare.controls.fault(() => true, { kind: "hang" }, Infinity);
  cloudflare.controls.heal();
  expect((await cloudflare.ask("GET", "@/access/tags")).status).toBe(200);
});

test.for([
  { when: "before", tags: 0 },
  { when: "after", tags: 1 },
] as const)(
  "a connection cut $when the effect leaves $tags tags behind",
  async ({ when, tags }) => {
    await using cloudflare = await openCloudflare();
    cloudflare.controls.fault(({ write }) => write, { kind: "reset", when });
    await expect(cloudflare.ask("POST", "@/access/tags", tag)).rejects.toThrow();
    expect(cloudflare.state.tags.size).toBe(tags);
    expect(cloudflare.controls.calls).toMatchObject([{ method: "POST", status: 0 }]);
  },
);

test("a delay fault delays the effect", async () => {
  await using cloudflare = await openCloudflare();
  const moments: string[] = [];
  cloudflare.controls.hook(
    (_, moment) => void moments.push(`${moment}: ${cloudflare.state.tags.size}`),
  );
  cloudflare.controls.fault(({ write }) => write, { kind: "delay", ms: 30 });
  const started = performance.now();
  await cloudflare.ask("POST", "@/access/tags", tag);
  expect(performance.now() - started).toBeGreaterThan(25);
  expect(moments).toEqual(["before: 0", "after: 1"]);
});

test("a request that hangs is cut when the sandbox closes", async () => {
  await using cloudflare = await openCloudflare();
  cloudflare.controls.fault(() => true, { kind: "hang" });
  const asked = cloudflare.ask("GET", "@/access/tags").catch(() => "cut");
  await expect.poll(() => cloudflare.controls.calls.length).toBe(1);
  await cloudflare.close();
  expect(await asked).toBe("cut");
});

test("a hook sees each request before and after its effect, until it is removed", async () => {
  await using cloudflare = await openCloudflare();
  const seen: string[] = [];
  const off = cloudflare.controls.hook(
    ({ n, method, path }, moment) => void seen.push(`${n} ${method} ${path} ${moment}`),
  );
  await cloudflare.ask("GET", "/zones");
  off();
  await cloudflare.ask("GET", "/zones");
  expect(seen).toEqual(["1 GET /zones before", "1 GET /zones after"]);
});

test("the journal distinguishes reads from writes and is empty after clear()", async () => {
  await using cloudflare = await openCloudflare();
  await cloudflare.ask("GET", "@/access/tags?page=1");
  await cloudflare.ask("POST", "@/access/tags", tag);
  expect(cloudflare.controls.writes("cloudflare")).toMatchObject([
    { n: 2, path: `/accounts/${cloudflare.state.accountId}/access/tags`, body: tag, status: 201 },
  ]);
  cloudflare.controls.clear();
  await cloudflare.ask("GET", "/zones");
  expect(cloudflare.controls.calls).toMatchObject([{ n: 1, method: "GET" }]);
});

test("an error in a hook is reported, so that the test fails", async () => {
  const cloudflare = await openCloudflare();
  cloudflare.controls.hook(() => {
    throw new Error("oops");
  });
  expect((await cloudflare.ask("GET", "/zones").catch(() => undefined))?.status).toBe(500);
  expect(cloudflare.controls.violations[0]).toContain("oops");
  await cloudflare.close();
});
