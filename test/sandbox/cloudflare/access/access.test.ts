import { expect, test } from "vitest";
import { seedApp, seedIdentityProvider, seedPolicy, seedServiceToken, seedTag } from "../seed.ts";
import { openCloudflare } from "../testing.ts";

const oidc = {
  name: "Authentik",
  type: "oidc",
  config: {
    client_id: "id",
    client_secret: "secret",
    auth_url: "https://auth.example.com/authorize",
    token_url: "https://auth.example.com/token",
    certs_url: "https://auth.example.com/jwks",
    scopes: ["openid"],
    claims: ["groups"],
  },
};

test("a policy is returned with its addresses as networks and with empty lists", async () => {
  await using cloudflare = await openCloudflare();
  const sent = {
    name: "Office",
    decision: "bypass",
    include: [
      { ip: { ip: "203.0.113.7" } },
      { ip: { ip: "2001:db8::1" } },
      { ip: { ip: "10.0.0.0/8" } },
    ],
  };
  const { status, result } = await cloudflare.ask("POST", "@/access/policies", sent);
  expect(status).toBe(201);
  expect(result).toMatchObject({
    include: [
      { ip: { ip: "203.0.113.7/32" } },
      { ip: { ip: "2001:db8::1/128" } },
      { ip: { ip: "10.0.0.0/8" } },
    ],
    require: [],
    exclude: [],
    reusable: true,
    app_count: 0,
  });
});

test.for([
  { name: "no decision", fields: { decision: undefined } },
  { name: "an unknown decision", fields: { decision: "permit" } },
  { name: "nothing included", fields: { include: [] } },
  {
    name: "a rule with two selectors",
    fields: { include: [{ everyone: {}, email: { email: "a@example.com" } }] },
  },
  {
    name: "an incomplete claim",
    fields: { include: [{ oidc: { claim_name: "groups", claim_value: "staff" } }] },
  },
  {
    name: "a claim of an unknown login method",
    fields: {
      include: [
        { oidc: { claim_name: "groups", claim_value: "staff", identity_provider_id: "x" } },
      ],
    },
  },
  {
    name: "a bypass by identity",
    fields: { decision: "bypass", include: [{ email: { email: "a@example.com" } }] },
  },
])("a policy with $name is refused", async ({ fields }) => {
  await using cloudflare = await openCloudflare({ clumsy: true });
  const policy = { name: "P", decision: "allow", include: [{ everyone: {} }], ...fields };
  expect(await cloudflare.ask("POST", "@/access/policies", policy)).toMatchObject({
    status: 400,
    code: 12130,
  });
});

test("a policy that an application uses cannot be deleted", async () => {
  await using cloudflare = await openCloudflare();
  const { id } = seedPolicy(cloudflare.state, { name: "Everyone" });
  const app = seedApp(cloudflare.state, {
    domain: "app.example.com",
    policies: [{ id, precedence: 1 }],
  });
  expect((await cloudflare.ask("GET", "@/access/policies")).result).toMatchObject([
    { id, app_count: 1 },
  ]);
  expect(await cloudflare.ask("DELETE", `@/access/policies/${id}`)).toMatchObject({
    status: 409,
    code: 12132,
  });
  cloudflare.state.apps.delete(app.id);
  expect(await cloudflare.ask("DELETE", `@/access/policies/${id}`)).toMatchObject({
    status: 202,
    result: { id },
  });
});

test("a changed policy appears in the applications that use it", async () => {
  await using cloudflare = await openCloudflare();
  const { id } = seedPolicy(cloudflare.state, { name: "Everyone" });
  const app = seedApp(cloudflare.state, {
    domain: "app.example.com",
    policies: [{ id, precedence: 1 }],
  });
  await cloudflare.ask("PUT", `@/access/policies/${id}`, {
    name: "Nobody",
    decision: "deny",
    include: [{ everyone: {} }],
  });
  expect((await cloudflare.ask("GET", `@/access/apps/${app.id}`)).result.policies).toMatchObject([
    { id, name: "Nobody", decision: "deny" },
  ]);
});

test("a tag is identified by its name, is unique and cannot be deleted while it is used", async () => {
  await using cloudflare = await openCloudflare();
  expect(await cloudflare.ask("POST", "@/access/tags", { name: "cfauth-home" })).toMatchObject({
    status: 201,
    result: { app_count: 0 },
  });
  expect(await cloudflare.ask("POST", "@/access/tags", { name: "cfauth-home" })).toMatchObject({
    status: 409,
  });
  const app = seedApp(cloudflare.state, { domain: "app.example.com", tags: ["cfauth-home"] });
  expect((await cloudflare.ask("GET", "@/access/tags/cfauth-home")).result).toMatchObject({
    app_count: 1,
  });
  expect(await cloudflare.ask("DELETE", "@/access/tags/cfauth-home")).toMatchObject({
    status: 409,
    code: 12132,
  });
  cloudflare.state.apps.delete(app.id);
  expect(await cloudflare.ask("DELETE", "@/access/tags/cfauth-home")).toMatchObject({
    status: 202,
    result: { name: "cfauth-home" },
  });
});

test("a login method never returns its client secret", async () => {
  await using cloudflare = await openCloudflare();
  const { status, result } = await cloudflare.ask("POST", "@/access/identity_providers", oidc);
  expect(status).toBe(201);
  expect(result.config).toMatchObject({
    client_id: "id",
    client_secret: expect.stringMatching(/^\*+$/),
  });
  expect(cloudflare.state.identityProviders.get(result.id)?.config.client_secret).toBe("secret");
});

test("a PUT replaces the whole login method", async () => {
  await using cloudflare = await openCloudflare();
  const { id } = seedIdentityProvider(cloudflare.state, oidc);
  const { client_secret, ...config } = oidc.config;
  await cloudflare.ask("PUT", `@/access/identity_providers/${id}`, { ...oidc, config });
  expect(cloudflare.state.identityProviders.get(id)?.config).toEqual(config);
  expect((await cloudflare.ask("DELETE", `@/access/identity_providers/${id}`)).status).toBe(202);
});

test("only one one-time PIN method can exist", async () => {
  await using cloudflare = await openCloudflare();
  seedIdentityProvider(cloudflare.state);
  const pin = { name: "PIN", type: "onetimepin", config: {} };
  expect(await cloudflare.ask("POST", "@/access/identity_providers", pin)).toMatchObject({
    status: 409,
  });
});

test("a service token is found by its full name, and names may repeat", async () => {
  await using cloudflare = await openCloudflare();
  for (const name of ["backup", "backup", "backup-2"]) seedServiceToken(cloudflare.state, name);
  const names = async (query: string): Promise<string[]> =>
    (await cloudflare.ask("GET", `@/access/service_tokens${query}`)).result.map(
      ({ name }: { name: string }) => name,
    );
  expect(await names("?name=backup")).toEqual(["backup", "backup"]);
  expect(await names("?name=back")).toEqual([]);
  expect(await names("?per_page=1&page=3")).toEqual(["backup-2"]);
});

test("service tokens are listed without their secrets and can be used in a policy", async () => {
  await using cloudflare = await openCloudflare();
  const { id } = seedServiceToken(cloudflare.state, "backup");
  const { result } = await cloudflare.ask("GET", "@/access/service_tokens");
  expect(result).toMatchObject([{ id, name: "backup", enabled: true }]);
  expect(result[0]).not.toHaveProperty("client_secret");
  const policy = {
    name: "Backup",
    decision: "non_identity",
    include: [{ service_token: { token_id: id } }],
  };
  expect((await cloudflare.ask("POST", "@/access/policies", policy)).status).toBe(201);
});

test("each list of Access has its own page length", async () => {
  await using cloudflare = await openCloudflare();
  for (let n = 0; n < 101; n += 1) seedPolicy(cloudflare.state, { name: `Policy ${n}` });
  for (let n = 0; n < 2; n += 1) seedTag(cloudflare.state, `tag-${n}`);
  expect((await cloudflare.ask("GET", "@/access/policies")).info).toMatchObject({
    per_page: 100,
    count: 100,
    total_count: 101,
    total_pages: 2,
  });
  expect((await cloudflare.ask("GET", "@/access/tags?per_page=1&page=2")).result).toMatchObject([
    { name: "tag-1" },
  ]);
});
