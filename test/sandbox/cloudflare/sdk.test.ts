import Client, { BadRequestError, ConflictError } from "cloudflare";
import { expect, test } from "vitest";
import type { Cloudflare } from "./index.ts";
import { seedRecord, seedTag } from "./seed.ts";
import { openCloudflare, zoneId } from "./testing.ts";

/** Uses Cloudflare's own client, to check that the sandbox satisfies it. */
const clientOf = ({ url, state }: Cloudflare): Client =>
  new Client({ apiToken: state.token, apiKey: null, apiEmail: null, baseURL: url, maxRetries: 0 });

test("the SDK can open a hostname from end to end", async () => {
  await using cloudflare = await openCloudflare();
  const client = clientOf(cloudflare);
  const account_id = cloudflare.state.accountId;
  const tunnel = await client.zeroTrust.tunnels.cloudflared.create({
    account_id,
    name: "homelab",
    config_src: "cloudflare",
  });
  await client.zeroTrust.access.tags.create({ account_id, name: "cfauth-home" });
  const policy = await client.zeroTrust.access.policies.create({
    account_id,
    name: "P",
    decision: "allow",
    include: [{ everyone: {} }],
  });
  const app = await client.zeroTrust.access.applications.create({
    account_id,
    type: "self_hosted",
    domain: "app.example.com",
    destinations: [{ type: "public", uri: "app.example.com" }],
    tags: ["cfauth-home"],
    policies: [{ id: policy.id ?? "", precedence: 1 }],
  });
  const { aud = "" } = app as { aud?: string };
  const originRequest = { access: { required: true, teamName: "sandbox", audTag: [aud] } };
  const ingress = [
    { hostname: "app.example.com", service: "http://app:80", originRequest },
    { hostname: "", service: "http_status:404" },
  ];
  const { version } = await client.zeroTrust.tunnels.cloudflared.configurations.update(
    tunnel.id ?? "",
    {
      account_id,
      config: { ingress },
    },
  );
  const content = `${tunnel.id}.cfargotunnel.com`;
  await client.dns.records.create({
    zone_id: zoneId(cloudflare),
    type: "CNAME",
    name: "app.example.com",
    content,
    proxied: true,
    ttl: 1,
  });
  const view = cloudflare.propagation.view();
  expect(version).toBe(1);
  expect(view.apps).toMatchObject([{ aud, tags: ["cfauth-home"] }]);
  expect(view.configurations.get(tunnel.id ?? "")?.config.ingress).toEqual(ingress);
  expect(view.records).toMatchObject([{ name: "app.example.com", content, proxied: true }]);
});

test("the SDK reads all pages of a list", async () => {
  await using cloudflare = await openCloudflare();
  for (let n = 0; n < 120; n += 1) seedTag(cloudflare.state, `tag-${n}`);
  const names: string[] = [];
  for await (const { name } of clientOf(cloudflare).zeroTrust.access.tags.list({
    account_id: cloudflare.state.accountId,
  }))
    names.push(name);
  expect(new Set(names).size).toBe(120);
});

test("the SDK throws the right errors", async () => {
  await using cloudflare = await openCloudflare();
  const client = clientOf(cloudflare);
  seedRecord(cloudflare.state, { name: "app.example.com" });
  const record = {
    zone_id: zoneId(cloudflare),
    type: "CNAME",
    name: "app.example.com",
    content: "x.example.net",
    ttl: 1,
  } as const;
  const collision = await client.dns.records.create(record).catch((error: unknown) => error);
  expect(collision).toBeInstanceOf(BadRequestError);
  expect(collision).toMatchObject({ status: 400, errors: [{ code: 81053 }] });
  const app = {
    account_id: cloudflare.state.accountId,
    type: "self_hosted",
    domain: "app.example.com",
  } as const;
  await client.zeroTrust.access.applications.create(app);
  await expect(client.zeroTrust.access.applications.create(app)).rejects.toBeInstanceOf(
    ConflictError,
  );
});

test("the SDK sends no undeclared body to delete or revoke", async () => {
  await using cloudflare = await openCloudflare();
  const client = clientOf(cloudflare);
  const account_id = cloudflare.state.accountId;
  const { id = "" } = (await client.zeroTrust.access.applications.create({
    account_id,
    type: "self_hosted",
    domain: "app.example.com",
  })) as { id?: string };
  await client.zeroTrust.access.applications.revokeTokens(id, { account_id });
  await client.zeroTrust.access.applications.delete(id, { account_id });
  expect(cloudflare.state.apps.size).toBe(0);
});
