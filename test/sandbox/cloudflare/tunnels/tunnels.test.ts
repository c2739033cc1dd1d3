import { expect, test } from "vitest";
import { seedConfiguration, seedTunnel } from "../seed.ts";
import { openCloudflare } from "../testing.ts";

test("a tunnel is configured locally by default", async () => {
  await using cloudflare = await openCloudflare();
  expect((await cloudflare.ask("POST", "@/cfd_tunnel", { name: "a" })).result).toMatchObject({
    config_src: "local",
  });
  expect(
    (await cloudflare.ask("POST", "@/cfd_tunnel", { name: "b", config_src: "cloudflare" })).result,
  ).toMatchObject({
    config_src: "cloudflare",
    status: "inactive",
  });
});

test("a tunnel's name is taken until it is deleted", async () => {
  await using cloudflare = await openCloudflare();
  const { id } = seedTunnel(cloudflare.state, { name: "homelab", status: "down" });
  expect(await cloudflare.ask("POST", "@/cfd_tunnel", { name: "homelab" })).toMatchObject({
    status: 409,
    code: 1013,
  });
  await cloudflare.ask("DELETE", `@/cfd_tunnel/${id}`);
  expect(await cloudflare.ask("POST", "@/cfd_tunnel", { name: "homelab" })).toMatchObject({
    status: 200,
  });
});

test("deleted tunnels are listed too, unless the request says is_deleted=false", async () => {
  await using cloudflare = await openCloudflare();
  seedTunnel(cloudflare.state, { name: "old", deleted_at: "2026-01-01T00:00:00Z" });
  seedTunnel(cloudflare.state, { name: "new" });
  const names = async (query: string): Promise<string[]> =>
    (await cloudflare.ask("GET", `@/cfd_tunnel${query}`)).result.map(
      ({ name }: { name: string }) => name,
    );
  expect(await names("")).toEqual(["old", "new"]);
  expect(await names("?is_deleted=false")).toEqual(["new"]);
  expect(await names("?is_deleted=true")).toEqual(["old"]);
  expect(await names("?name=new")).toEqual(["new"]);
});

test("the connector token is base64 of account, tunnel and secret", async () => {
  await using cloudflare = await openCloudflare();
  const { id, secret, token } = seedTunnel(cloudflare.state);
  const { result } = await cloudflare.ask("GET", `@/cfd_tunnel/${id}/token`);
  expect(result).toBe(token);
  expect(JSON.parse(Buffer.from(result, "base64").toString())).toEqual({
    a: cloudflare.state.accountId,
    t: id,
    s: secret,
  });
});

test("a connected tunnel can be deleted only after its connections", async () => {
  await using cloudflare = await openCloudflare();
  const { id } = seedTunnel(cloudflare.state, { status: "healthy" });
  expect((await cloudflare.ask("GET", `@/cfd_tunnel/${id}/connections`)).result).toMatchObject([
    { config_version: 0, conns: [{}, {}, {}, {}] },
  ]);
  expect(await cloudflare.ask("DELETE", `@/cfd_tunnel/${id}`)).toMatchObject({
    status: 400,
    code: 1022,
  });
  expect(await cloudflare.ask("DELETE", `@/cfd_tunnel/${id}/connections`)).toMatchObject({
    status: 200,
    result: null,
  });
  expect((await cloudflare.ask("DELETE", `@/cfd_tunnel/${id}`)).result.deleted_at).toEqual(
    expect.any(String),
  );
});

test("a tunnel can be renamed", async () => {
  await using cloudflare = await openCloudflare();
  const { id } = seedTunnel(cloudflare.state);
  expect(
    (await cloudflare.ask("PATCH", `@/cfd_tunnel/${id}`, { name: "attic" })).result,
  ).toMatchObject({
    id,
    name: "attic",
  });
});

test("each PUT replaces the whole document and increases the version by one", async () => {
  await using cloudflare = await openCloudflare();
  const tunnel = seedTunnel(cloudflare.state);
  seedConfiguration(cloudflare.state, tunnel, {
    "warp-routing": { enabled: true },
    originRequest: { connectTimeout: 10 },
  });
  const path = `@/cfd_tunnel/${tunnel.id}/configurations`;
  const config = {
    ingress: [
      { hostname: "app.example.com", service: "http://app:80" },
      { service: "http_status:404" },
    ],
  };
  expect(await cloudflare.ask("PUT", path, { config })).toMatchObject({
    status: 200,
    result: { version: 2, source: "cloudflare" },
  });
  expect((await cloudflare.ask("GET", path)).result.config).toEqual(config);
});

test("a tunnel that was never configured has version 0 and no document", async () => {
  await using cloudflare = await openCloudflare();
  const { id } = seedTunnel(cloudflare.state, { config_src: "local" });
  expect((await cloudflare.ask("GET", `@/cfd_tunnel/${id}/configurations`)).result).toMatchObject({
    version: 0,
    source: "local",
    config: null,
  });
});

test("an invalid document is refused and the old one stays", async () => {
  await using cloudflare = await openCloudflare({ clumsy: true });
  const tunnel = seedTunnel(cloudflare.state);
  const before = seedConfiguration(cloudflare.state, tunnel);
  const config = { ingress: [{ hostname: "app.example.com", service: "http://app:80" }] };
  expect(
    await cloudflare.ask("PUT", `@/cfd_tunnel/${tunnel.id}/configurations`, { config }),
  ).toMatchObject({
    status: 400,
    code: 1056,
  });
  expect(cloudflare.state.configurations.get(tunnel.id)).toEqual(before);
});
