import { expect, test } from "vitest";
import { seedConfiguration, seedRecord, seedTunnel } from "./seed.ts";
import { openCloudflare, zoneId } from "./testing.ts";

const there = process.env.CFAUTH_OPENAPI_DIR !== undefined;
const app = { type: "self_hosted", domain: "app.example.com" };
const policy = { name: "P", decision: "allow", include: [{ everyone: {} }] };

test.runIf(there).for([
  {
    name: "an application without a domain",
    path: "@/access/apps",
    body: { type: "self_hosted" },
    says: "must have required property 'domain'",
  },
  {
    name: "a domain that is not a string",
    path: "@/access/apps",
    body: { ...app, domain: 5 },
    says: "/domain must be string",
  },
  {
    name: "a login method that is not a list",
    path: "@/access/apps",
    body: { ...app, allowed_idps: "x" },
    says: "/allowed_idps must be array",
  },
  {
    name: "a misspelled setting",
    path: "@/access/apps",
    body: { ...app, sesion_duration: "1h" },
    says: "(sesion_duration)",
  },
  {
    name: "a misspelled setting of a policy",
    path: "@/access/policies",
    body: { ...policy, sesion_duration: "1h" },
    says: "(sesion_duration)",
  },
  {
    name: "an unknown decision",
    path: "@/access/policies",
    body: { ...policy, decision: "permit" },
    says: "/decision must be equal to one of the allowed values",
  },
  {
    name: "a misspelled endpoint",
    path: "@/access/identity_providers",
    body: { name: "A", type: "oidc", config: { auth_uri: "https://a.example" } },
    says: "(auth_uri)",
  },
  {
    name: "claims as a string",
    path: "@/access/identity_providers",
    body: { name: "A", type: "oidc", config: { claims: "groups" } },
    says: "/config/claims must be array",
  },
  {
    name: "an undeclared body",
    path: "@/access/apps/00000000-0000-4000-8000-000000000000/revoke_tokens",
    body: {},
    says: "a body where none is declared",
  },
])("$name is reported", async ({ path, body, says }) => {
  await using cloudflare = await openCloudflare({ clumsy: true });
  await cloudflare.ask("POST", path, body);
  expect(cloudflare.controls.violations.join("\n")).toContain(says);
});

test.runIf(there).for([
  {
    name: "a record without a ttl",
    body: { type: "CNAME", name: "a", content: "b.example.net" },
    says: "must have required property 'ttl'",
  },
  {
    name: "a misspelled comment",
    body: { type: "CNAME", name: "a", content: "b.example.net", ttl: 1, coment: "x" },
    says: "(coment)",
  },
])("$name is reported", async ({ body, says }) => {
  await using cloudflare = await openCloudflare({ clumsy: true });
  await cloudflare.ask("POST", `/zones/${zoneId(cloudflare)}/dns_records`, body);
  expect(cloudflare.controls.violations[0]).toContain(
    `cloudflare POST /zones/{zone_id}/dns_records request: `,
  );
  expect(cloudflare.controls.violations.join("\n")).toContain(says);
});

test.runIf(there).for([
  { query: "?name_exact=a.example.com", says: "?name_exact is not declared" },
  { query: "?per_page=many", says: "per_page must be number" },
  { query: "?type=CNAM", says: "type must be equal to one of the allowed values" },
])("a listing with $query is reported", async ({ query, says }) => {
  await using cloudflare = await openCloudflare({ clumsy: true });
  await cloudflare.ask("GET", `/zones/${zoneId(cloudflare)}/dns_records${query}`);
  expect(cloudflare.controls.violations).toEqual([
    `cloudflare GET /zones/{zone_id}/dns_records request: ${says}`,
  ]);
});

test.runIf(there).for([
  {
    name: "a misspelled option",
    rule: { hostname: "a.example.com", service: "http://a", originRequest: { noTlsVerify: true } },
    says: "(noTlsVerify)",
  },
  {
    name: "a rule in the middle without a hostname",
    rule: { path: "^/a", service: "http://a" },
    says: "must have required property 'hostname'",
  },
])("$name is reported", async ({ rule, says }) => {
  await using cloudflare = await openCloudflare({ clumsy: true });
  const { id } = seedTunnel(cloudflare.state);
  await cloudflare.ask("PUT", `@/cfd_tunnel/${id}/configurations`, {
    config: { ingress: [rule, { service: "http_status:404" }] },
  });
  expect(cloudflare.controls.violations.join("\n")).toContain(says);
});

test.runIf(there)("what others have written into the document may be copied as it is", async () => {
  await using cloudflare = await openCloudflare({ clumsy: true });
  const tunnel = seedTunnel(cloudflare.state);
  const foreign = {
    path: "^/a",
    service: "http://a",
    originRequest: { bastionMode: true, madeUp: 1 },
  };
  const { config } = seedConfiguration(cloudflare.state, tunnel, {
    ingress: [foreign],
    originRequest: { madeUp: 1 },
    "warp-routing": { enabled: true, madeUp: 1 },
  });
  const mine = { hostname: "b.example.com", service: "http://b" };
  const reply = await cloudflare.ask("PUT", `@/cfd_tunnel/${tunnel.id}/configurations`, {
    config: { ...config, ingress: [mine, ...config.ingress] },
  });
  expect(reply.status).toBe(200);
  expect(
    cloudflare.controls.violations.filter((violation) => violation.includes("request")),
  ).toEqual([]);
});

test.runIf(there)("a batch of every kind is in order", async () => {
  await using cloudflare = await openCloudflare();
  const [a, b, c] = ["a", "b", "c"].map((name) =>
    seedRecord(cloudflare.state, { name: `${name}.example.com` }),
  );
  const body = {
    deletes: [{ id: a?.id }],
    patches: [{ id: b?.id, comment: "patched" }],
    puts: [
      {
        id: c?.id,
        type: "A",
        name: "c.example.com",
        content: "203.0.113.9",
        ttl: 60,
        comment: "put",
      },
    ],
    posts: [
      {
        type: "CNAME",
        name: "d.example.com",
        content: "x.example.net",
        ttl: 1,
        proxied: true,
        comment: "posted",
      },
    ],
  };
  expect(
    (await cloudflare.ask("POST", `/zones/${zoneId(cloudflare)}/dns_records/batch`, body)).status,
  ).toBe(200);
});
