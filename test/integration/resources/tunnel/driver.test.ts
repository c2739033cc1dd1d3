import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ServiceError } from "../../../../src/core/errors.ts";
import {
  createTunnelDriver,
  type TunnelDriverOptions,
} from "../../../../src/resources/tunnel/driver.ts";
import { writeTokenFile } from "../../../../src/resources/tunnel/token-file.ts";
import type { TunnelChange } from "../../../../src/resources/tunnel/types.ts";
import { seedTunnel } from "../../../sandbox/cloudflare/seed.ts";
import { cloudflare } from "../../../support/observed-state.ts";

async function scene(options: Partial<TunnelDriverOptions> = {}) {
  const reached = await cloudflare();
  const api = createTunnelDriver({
    cloudflare: reached.client,
    account: reached.account,
    name: "cfauth",
    tunnelId: undefined,
    tokenFile: undefined,
    ...options,
  });
  return {
    ...reached,
    api,
    state: reached.sandbox.state,
    look: () => api.observe("all", undefined),
  };
}

async function directory(): Promise<
  { readonly path: string; readonly file: string } & AsyncDisposable
> {
  const path = await mkdtemp(join(tmpdir(), "cfauth-"));
  return {
    path,
    file: join(path, "token"),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

const create: TunnelChange = { kind: "tunnel", action: "create", key: "tunnel", subject: "cfauth" };
const fill = (id: string): TunnelChange => ({
  kind: "tunnel",
  action: "update",
  key: "tunnel-token-file",
  subject: "cfauth",
  id,
});

async function failure(call: Promise<unknown>): Promise<ServiceError> {
  const error = await call.then(
    () => undefined,
    (it: unknown) => it,
  );
  if (error instanceof ServiceError) return error;
  throw new Error(`not a ServiceError: ${String(error)}`);
}

test("a tunnel is found by its name, and a deleted one with that name is ignored", async () => {
  await using world = await scene();
  seedTunnel(world.state, {
    name: "cfauth",
    status: "inactive",
    deleted_at: "2026-01-01T00:00:00Z",
  });
  expect(await world.look()).toEqual({ tunnel: undefined, tokenFile: undefined, name: "cfauth" });
  const { id } = seedTunnel(world.state, { name: "cfauth" });
  expect((await world.look()).tunnel).toEqual({
    id,
    name: "cfauth",
    source: "cloudflare",
    connected: true,
  });
});

test("a tunnel without a connected cloudflared is observed at every resync, and a connected one only at a full observation", async () => {
  await using world = await scene();
  const { id } = seedTunnel(world.state, { name: "cfauth", status: "down" });
  const connect = (status: "down" | "healthy" | "degraded") => {
    const found = world.state.tunnels.get(id);
    if (found !== undefined) world.state.tunnels.set(id, { ...found, status });
  };
  let seen = await world.look();
  expect(seen.tunnel?.connected).toBe(false);
  connect("degraded");
  seen = await world.api.observe("routes", seen);
  expect(seen.tunnel?.connected).toBe(true);
  connect("down");
  expect((await world.api.observe("routes", seen)).tunnel?.connected).toBe(true);
  expect((await world.look()).tunnel?.connected).toBe(false);
});

test("a tunnel is found by its id", async () => {
  await using found = await cloudflare();
  const { id } = seedTunnel(found.sandbox.state, { name: "homelab", config_src: "local" });
  const api = (more: object) =>
    createTunnelDriver({
      cloudflare: found.client,
      account: found.account,
      name: "cfauth",
      tunnelId: undefined,
      tokenFile: undefined,
      ...more,
    });
  expect((await api({ name: id }).observe("all", undefined)).tunnel).toEqual({
    id,
    name: "homelab",
    source: "local",
    connected: true,
  });
  expect((await api({ tunnelId: id }).observe("all", undefined)).tunnel).toMatchObject({
    name: "homelab",
  });
});

test("a tunnel that is set by its id and does not exist is an error and is not created", async () => {
  await using world = await scene({ tunnelId: "11111111-2222-4333-8444-555555555555" });
  expect(await failure(world.look())).toMatchObject({
    code: "CFA-TUNNEL-MISSING",
    transient: false,
  });
});

test("a tunnel is created with its rules managed at Cloudflare", async () => {
  await using world = await scene();
  const applied = await world.api.apply([create], await world.look());
  expect(applied).toMatchObject({
    failures: [],
    observed: { tunnel: { name: "cfauth", source: "cloudflare" } },
  });
  expect(applied.observed).toEqual(await world.look());
  expect(
    [...world.state.tunnels.values()].map(({ secret }) => Buffer.from(secret, "base64").length),
  ).toEqual([32]);
});

test("a tunnel whose creation got no answer is found and not created again", async () => {
  await using world = await scene();
  const seen = await world.look();
  world.sandbox.controls.fault(({ write }) => write, { kind: "reset", when: "after" });
  expect(await world.api.apply([create], seen)).toMatchObject({
    applied: [],
    outcomeUnknown: true,
  });
  const applied = await world.api.apply([create], seen);
  expect(applied.failures).toEqual([]);
  expect([...world.state.tunnels.keys()]).toEqual([applied.observed.tunnel?.id]);
});

test("a tunnel that someone created at the same moment is used", async () => {
  await using world = await scene();
  world.sandbox.controls.hook((call, moment) => {
    if (call.write && moment === "before") seedTunnel(world.state, { name: "cfauth" });
  });
  const applied = await world.api.apply([create], await world.look());
  expect(applied).toMatchObject({ failures: [], observed: { tunnel: { name: "cfauth" } } });
  expect(world.state.tunnels.size).toBe(1);
});

test("the token file is stale until it contains the token, and then current", async () => {
  await using place = await directory();
  await using world = await scene({ tokenFile: place.file });
  const tunnel = seedTunnel(world.state, { name: "cfauth" });
  const seen = await world.look();
  expect(seen.tokenFile).toBe("stale");
  const applied = await world.api.apply([fill(tunnel.id)], seen);
  expect(applied).toMatchObject({ failures: [], observed: { tokenFile: "current" } });
  expect((await world.look()).tokenFile).toBe("current");
  expect(await readFile(place.file, "utf8")).toBe(tunnel.token);
});

test("only this user may read the token file, and no temporary file is left beside it", async () => {
  await using place = await directory();
  await writeFile(place.file, "old", { mode: 0o644 });
  await writeTokenFile(place.file, "new");
  expect((await stat(place.file)).mode & 0o777).toBe(0o600);
  expect(await readdir(place.path)).toEqual(["token"]);
});

test("a reader of the token file during a write sees the old or the new token, never a part", async () => {
  await using place = await directory();
  await writeTokenFile(place.file, "a".repeat(4_000));
  const seen = new Set<string>();
  const writes = (async () => {
    for (const letter of "bcdefghij") await writeTokenFile(place.file, letter.repeat(4_000));
  })();
  let writing = true;
  void writes.then(() => {
    writing = false;
  });
  while (writing) seen.add(await readFile(place.file, "utf8"));
  await writes;
  expect([...seen].filter((text) => !/^(.)\1{3999}$/.test(text))).toEqual([]);
});

test.each([
  {
    name: "its directory does not exist",
    at: (path: string) => Promise.resolve(join(path, "none", "token")),
    says: "its directory does not exist",
  },
  {
    name: "its path is a directory",
    at: async (path: string) => {
      const directory = join(path, "token");
      await mkdir(directory);
      return directory;
    },
    says: "it is a directory",
  },
])("the error for a token file says that $name, and no file is left", async ({ at, says }) => {
  await using place = await directory();
  const file = await at(place.path);
  const error = await failure(writeTokenFile(file, "my-token"));
  expect(error).toMatchObject({ service: "file", code: "CFA-TUNNEL-FILE", transient: false });
  expect(error.message).toContain(says);
  expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(
    "my-token",
  );
  expect((await readdir(place.path)).filter((name) => name.startsWith("."))).toEqual([]);
});

test.skipIf(process.getuid?.() === 0)(
  "the error for a token file in a read-only directory says so",
  async () => {
    await using place = await directory();
    await chmod(place.path, 0o500);
    expect((await failure(writeTokenFile(place.file, "my-token"))).message).toContain(
      "may not be written to",
    );
  },
);

test("a resync of the tunnel sends no request", async () => {
  await using world = await scene();
  seedTunnel(world.state, { name: "cfauth" });
  const before = await world.look();
  world.sandbox.controls.clear();
  expect(await world.api.observe("routes", before)).toEqual(before);
  expect(world.sandbox.controls.calls).toEqual([]);
});
