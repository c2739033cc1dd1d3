import { expect, test } from "vitest";
import { permissionDenied } from "./index.ts";
import { seedTag } from "./seed.ts";
import { openCloudflare, zoneId } from "./testing.ts";

test("a good token is active", async () => {
  await using cloudflare = await openCloudflare();
  expect((await cloudflare.ask("GET", "/user/tokens/verify")).result).toMatchObject({
    status: "active",
  });
  expect(await cloudflare.ask("GET", "@/tokens/verify")).toMatchObject({ status: 401, code: 1000 });
});

test("an account's token can be verified only in its account", async () => {
  await using cloudflare = await openCloudflare({ tokenOwner: "account" });
  expect((await cloudflare.ask("GET", "@/tokens/verify")).result).toMatchObject({
    status: "active",
  });
  expect(await cloudflare.ask("GET", "/user/tokens/verify")).toMatchObject({
    status: 401,
    code: 1000,
  });
});

test.for([
  {
    name: "a wrong token gets an authentication error",
    authorization: "Bearer wrong",
    path: "/zones",
    status: 401,
    code: 10000,
  },
  {
    name: "a wrong token is invalid at the verify endpoint",
    authorization: "Bearer wrong",
    path: "/user/tokens/verify",
    status: 401,
    code: 1000,
  },
  {
    name: "a request without a token gets 400",
    authorization: undefined,
    path: "/zones",
    status: 400,
    code: 9106,
  },
])("$name", async ({ authorization, path, status, code }) => {
  await using cloudflare = await openCloudflare();
  const response = await fetch(
    cloudflare.url + path,
    authorization ? { headers: { authorization } } : {},
  );
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ success: false, errors: [{ code }], result: null });
});

test("a missing permission gets 403 with code 10000", async () => {
  await using cloudflare = await openCloudflare();
  cloudflare.controls.fault(({ path }) => path.includes("/access/tags"), permissionDenied);
  expect(await cloudflare.ask("GET", "@/access/tags")).toMatchObject({ status: 403, code: 10000 });
});

test.for([
  { denied: "tunnel", path: "@/cfd_tunnel?is_deleted=false", allowed: "@/access/apps" },
  { denied: "apps", path: "@/access/apps", allowed: "@/access/identity_providers" },
  { denied: "apps", path: "@/access/policies", allowed: "@/access/organizations" },
  { denied: "apps", path: "@/access/tags", allowed: "@/access/service_tokens" },
  { denied: "login", path: "@/access/identity_providers", allowed: "@/access/apps" },
  { denied: "login", path: "@/access/organizations", allowed: "@/access/tags" },
  { denied: "service-tokens", path: "@/access/service_tokens", allowed: "@/access/policies" },
])(
  "a token without the permission $denied is refused at $path and not at $allowed",
  async ({ denied, path, allowed }) => {
    await using cloudflare = await openCloudflare();
    cloudflare.state.denied.add(denied);
    expect(await cloudflare.ask("GET", path)).toMatchObject({
      status: 403,
      code: 10000,
      result: null,
    });
    expect((await cloudflare.ask("GET", allowed)).status).toBe(200);
  },
);

test("a forbidden request changes nothing", async () => {
  await using cloudflare = await openCloudflare();
  cloudflare.state.denied.add("apps");
  expect((await cloudflare.ask("POST", "@/access/tags", { name: "cfauth-home" })).status).toBe(403);
  expect(cloudflare.state.tags.size).toBe(0);
  cloudflare.state.denied.clear();
  expect((await cloudflare.ask("POST", "@/access/tags", { name: "cfauth-home" })).status).toBe(201);
});

test("a token that may not read zones sees an empty list, but can read a zone by its id if it may write its records", async () => {
  await using cloudflare = await openCloudflare();
  const zone = `/zones/${zoneId(cloudflare)}`;
  cloudflare.state.denied.add("zones");
  expect(await cloudflare.ask("GET", "/zones?name=example.com")).toMatchObject({
    status: 200,
    result: [],
    info: { total_count: 0 },
  });
  expect((await cloudflare.ask("GET", zone)).status).toBe(200);
  expect((await cloudflare.ask("GET", `${zone}/dns_records`)).status).toBe(200);
  cloudflare.state.denied.add("dns");
  expect((await cloudflare.ask("GET", zone)).status).toBe(403);
  expect(await cloudflare.ask("GET", `${zone}/dns_records`)).toMatchObject({
    status: 403,
    code: 10000,
  });
});

test.for([
  "/zones/nonsense",
  "/zones/00000000000000000000000000000000",
  "@/cfd_tunnel/homelab",
  "@/nothing/here",
  "/accounts/mine/access/apps",
])("%s has no route", async (path) => {
  await using cloudflare = await openCloudflare({ clumsy: true });
  expect(await cloudflare.ask("GET", path)).toMatchObject({ status: 404, code: 7003 });
});

test("every answer shows the remaining budget", async () => {
  await using cloudflare = await openCloudflare({ rateLimit: { quota: 3, windowSeconds: 60 } });
  const { headers } = await cloudflare.ask("GET", "/zones");
  expect(headers.get("ratelimit")).toBe('"default";r=2;t=60');
  expect(headers.get("ratelimit-policy")).toBe('"default";q=3;w=60');
});

test("a client over the rate limit learns how long to wait, and its request changes nothing", async () => {
  await using cloudflare = await openCloudflare({ rateLimit: { quota: 1, windowSeconds: 60 } });
  await cloudflare.ask("GET", "/zones");
  const { status, headers } = await cloudflare.ask("POST", "@/access/tags", { name: "late" });
  expect(status).toBe(429);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(50);
  expect(cloudflare.state.tags.size).toBe(0);
});

test("a list has pages, and a page past the end is empty", async () => {
  await using cloudflare = await openCloudflare();
  for (let n = 0; n < 51; n += 1) seedTag(cloudflare.state, `tag-${n}`);
  const first = await cloudflare.ask("GET", "@/access/tags");
  const second = await cloudflare.ask("GET", "@/access/tags?page=2");
  const third = await cloudflare.ask("GET", "@/access/tags?page=3");
  expect([first, second, third].map(({ result }) => result.length)).toEqual([50, 1, 0]);
  expect(second.info).toEqual({ page: 2, per_page: 50, count: 1, total_count: 51, total_pages: 2 });
});

test("a page never has more rows than the operation allows", async () => {
  await using cloudflare = await openCloudflare({
    clumsy: true,
    zones: Array.from({ length: 51 }, (_, n) => `zone-${n}.example`),
  });
  expect((await cloudflare.ask("GET", "/zones")).result).toHaveLength(20);
  expect((await cloudflare.ask("GET", "/zones?per_page=500")).info).toMatchObject({
    per_page: 50,
    count: 50,
    total_count: 51,
  });
});

test("a zone is found by its name", async () => {
  await using cloudflare = await openCloudflare({
    zones: [
      "example.com",
      { id: "0123456789abcdef0123456789abcdef", name: "example.org", status: "pending" },
    ],
  });
  expect((await cloudflare.ask("GET", "/zones?name=example.org")).result).toMatchObject([
    { name: "example.org", status: "pending" },
  ]);
  expect((await cloudflare.ask("GET", `/zones/${zoneId(cloudflare)}`)).result).toMatchObject({
    name: "example.com",
    status: "active",
  });
});

test("the token sees one account, with the team's domain", async () => {
  await using cloudflare = await openCloudflare({ team: "acme" });
  expect((await cloudflare.ask("GET", "/accounts")).result).toMatchObject([
    { id: cloudflare.state.accountId },
  ]);
  expect((await cloudflare.ask("GET", "@/access/organizations")).result).toMatchObject({
    auth_domain: "acme.cloudflareaccess.com",
  });
});
