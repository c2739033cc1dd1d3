import { expect, test } from "vitest";
import { seedApp, seedIdentityProvider, seedPolicy, seedTag, seedZone } from "../seed.ts";
import { openCloudflare } from "../testing.ts";

const app = {
  type: "self_hosted",
  name: "App",
  domain: "app.example.com",
  destinations: [{ type: "public", uri: "app.example.com" }],
};

test("an application is returned with defaults, sorted tags and expanded policies", async () => {
  await using cloudflare = await openCloudflare();
  for (const name of ["b", "a"]) seedTag(cloudflare.state, name);
  const { id } = seedPolicy(cloudflare.state, { name: "Everyone" });
  const sent = { ...app, tags: ["b", "a"], policies: [{ id, precedence: 1 }] };
  const { status, result } = await cloudflare.ask("POST", "@/access/apps", sent);
  expect(status).toBe(201);
  expect(result).toMatchObject({
    aud: expect.stringMatching(/^[0-9a-f]{64}$/),
    session_duration: "24h",
    app_launcher_visible: true,
    http_only_cookie_attribute: true,
    self_hosted_domains: ["app.example.com"],
    tags: ["a", "b"],
    policies: [
      {
        id,
        precedence: 1,
        decision: "allow",
        include: [{ everyone: {} }],
        reusable: true,
        app_count: 1,
      },
    ],
  });
});

test("the domain, the destinations and the self-hosted domains stay in step", async () => {
  await using cloudflare = await openCloudflare();
  const { result } = await cloudflare.ask("POST", "@/access/apps", {
    type: "self_hosted",
    domain: "App.example.com/admin",
  });
  expect(result).toMatchObject({
    domain: "app.example.com/admin",
    destinations: [{ type: "public", uri: "app.example.com/admin" }],
    self_hosted_domains: ["app.example.com/admin"],
  });
  const moved = {
    type: "self_hosted",
    domain: "old.example.com",
    destinations: [{ type: "public", uri: "new.example.com" }],
  };
  expect((await cloudflare.ask("PUT", `@/access/apps/${result.id}`, moved)).result).toMatchObject({
    domain: "new.example.com",
    self_hosted_domains: ["new.example.com"],
  });
});

test("a second application for the same place is a conflict", async () => {
  await using cloudflare = await openCloudflare();
  seedApp(cloudflare.state, { domain: "app.example.com/" });
  expect(await cloudflare.ask("POST", "@/access/apps", app)).toMatchObject({
    status: 409,
    code: 11010,
  });
});

test.for([
  { name: "a domain in no zone", fields: { domain: "app.example.org", destinations: [] } },
  {
    name: "a domain in a pending zone",
    fields: { domain: "app.pending.example", destinations: [] },
  },
  { name: "a tag that does not exist", fields: { tags: ["nobody"] } },
  {
    name: "a policy that does not exist",
    fields: { policies: [{ id: "00000000-0000-4000-8000-000000000000", precedence: 1 }] },
  },
  {
    name: "a login method that does not exist",
    fields: { allowed_idps: ["00000000-0000-4000-8000-000000000000"] },
  },
  { name: "a redirect without a login method", fields: { auto_redirect_to_identity: true } },
  { name: "a session of days", fields: { session_duration: "7d" } },
  { name: "no type", fields: { type: undefined } },
  {
    name: "six domains",
    fields: {
      destinations: ["a", "b", "c", "d", "e", "f"].map((name) => ({
        type: "public",
        uri: `${name}.example.com`,
      })),
    },
  },
  {
    name: "a scheme in the domain",
    fields: { destinations: [{ type: "public", uri: "https://app.example.com" }] },
  },
])("an application with $name is refused with 12130", async ({ fields }) => {
  await using cloudflare = await openCloudflare({ clumsy: true });
  seedZone(cloudflare.state, "pending.example", "pending");
  expect(await cloudflare.ask("POST", "@/access/apps", { ...app, ...fields })).toMatchObject({
    status: 400,
    code: 12130,
  });
  expect(cloudflare.state.apps.size).toBe(0);
});

test("an empty application is refused, which lets a client probe a token's permission", async () => {
  await using cloudflare = await openCloudflare();
  expect(await cloudflare.ask("POST", "@/access/apps", {})).toMatchObject({
    status: 400,
    code: 12130,
  });
});

test("two policies with the same precedence are refused", async () => {
  await using cloudflare = await openCloudflare();
  const [a, b] = [
    seedPolicy(cloudflare.state, { name: "A" }),
    seedPolicy(cloudflare.state, { name: "B" }),
  ];
  const policies = [a, b].map(({ id }) => ({ id, precedence: 1 }));
  expect(await cloudflare.ask("POST", "@/access/apps", { ...app, policies })).toMatchObject({
    status: 400,
    code: 12130,
  });
});

test("a PUT keeps the id, the audience and omitted policies, and an empty list clears the policies", async () => {
  await using cloudflare = await openCloudflare();
  const { id: policy } = seedPolicy(cloudflare.state, { name: "Everyone" });
  const { id, aud } = seedApp(cloudflare.state, {
    domain: "app.example.com",
    policies: [{ id: policy, precedence: 1 }],
  });
  const kept = await cloudflare.ask("PUT", `@/access/apps/${id}`, { ...app, name: "Renamed" });
  expect(kept.result).toMatchObject({ id, aud, name: "Renamed", policies: [{ id: policy }] });
  expect(
    (await cloudflare.ask("PUT", `@/access/apps/${id}`, { ...app, policies: [] })).result.policies,
  ).toEqual([]);
});

test("a PUT removes every other setting that it omits", async () => {
  await using cloudflare = await openCloudflare();
  const idp = seedIdentityProvider(cloudflare.state);
  const { id } = seedApp(cloudflare.state, {
    domain: "app.example.com",
    allowed_idps: [idp.id],
    session_duration: "30m",
    logo_url: "https://x.example/y.png",
  });
  const { result } = await cloudflare.ask("PUT", `@/access/apps/${id}`, app);
  expect(result).toMatchObject({ session_duration: "24h" });
  expect(result).not.toHaveProperty("logo_url");
  expect(result).not.toHaveProperty("allowed_idps");
});

test("a revocation and a deletion answer 202", async () => {
  await using cloudflare = await openCloudflare();
  const { id, aud } = seedApp(cloudflare.state, { domain: "app.example.com" });
  const revoked: string[] = [];
  cloudflare.onRevoke((audience) => void revoked.push(audience));
  expect((await cloudflare.ask("POST", `@/access/apps/${id}/revoke_tokens`)).status).toBe(202);
  expect(revoked).toEqual([aud]);
  expect(cloudflare.state.apps.get(id)?.tokens_revoked_at).toEqual(expect.any(String));
  expect(await cloudflare.ask("DELETE", `@/access/apps/${id}`)).toMatchObject({
    status: 202,
    result: { id },
  });
  expect((await cloudflare.ask("GET", `@/access/apps/${id}`)).status).toBe(404);
});

test("applications are found by their domain", async () => {
  await using cloudflare = await openCloudflare();
  for (const domain of ["app.example.com", "app.example.com/admin"])
    seedApp(cloudflare.state, { domain });
  expect(
    (await cloudflare.ask("GET", "@/access/apps?domain=app.example.com&exact=true")).result,
  ).toHaveLength(1);
  expect((await cloudflare.ask("GET", "@/access/apps?domain=app.example.com")).result).toHaveLength(
    2,
  );
});

test("a deleted policy is no longer expanded", async () => {
  await using cloudflare = await openCloudflare();
  const [kept, gone] = ["Kept", "Gone"].map(
    (name) => seedPolicy(cloudflare.state, { name }).id,
  ) as [string, string];
  const policies = [gone, kept].map((id, index) => ({ id, precedence: index + 1 }));
  const { id } = seedApp(cloudflare.state, { domain: "app.example.com", policies });
  cloudflare.state.policies.delete(gone);
  expect((await cloudflare.ask("GET", `@/access/apps/${id}`)).result.policies).toMatchObject([
    { id: kept, precedence: 2 },
  ]);
  expect((await cloudflare.ask("GET", "@/access/apps")).result).toHaveLength(1);
});
