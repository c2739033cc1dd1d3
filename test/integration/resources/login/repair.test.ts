import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { library } from "../../../sandbox/authentik/library.ts";
import type { Certificate } from "../../../sandbox/authentik/state.ts";
import { wire } from "../../../sandbox/authentik/testing.ts";
import { version } from "../../../sandbox/authentik/versions.ts";
import { desiredFor } from "../../../support/observed-state.ts";
import { claimsOfAlice, type LoginScene, loginScene, methodIn, only, providerIn } from "./scene.ts";

/** A login scene with one cfauth. */
async function scene(options: Parameters<typeof loginScene>[0] = {}) {
  const world = await loginScene(options);
  return { ...world, ...world.hand() };
}

test("Access looks for keys at an application's new slug, and nothing is written to Authentik", async () => {
  await using world = await scene();
  const before = await world.settle(desiredFor());
  await world.ak.ask("PATCH", "/core/applications/cf-tunnel-access/", { slug: "renamed" });
  world.ak.controls.clear();
  await world.settle(desiredFor(), await world.api.observe("routes", before));
  expect(world.ak.controls.writes()).toEqual([]);
  expect(methodIn(world).config["certs_url"]).toBe(
    "https://auth.example.com/application/o/renamed/jwks/",
  );
  expect(await claimsOfAlice(world)).toMatchObject({ email: "alice@example.com" });
});

test("a changed public URL reaches Cloudflare", async () => {
  await using world = await scene();
  await world.settle(desiredFor());
  await world.hand({ publicUrl: "https://login.example.net/sso" }).settle(desiredFor());
  expect(methodIn(world).config).toMatchObject({
    auth_url: "https://login.example.net/sso/application/o/authorize/",
    token_url: "https://login.example.net/sso/application/o/token/",
    certs_url: "https://login.example.net/sso/application/o/cf-tunnel-access/jwks/",
  });
});

const key = (type: "rsa" | "ec" | "ed25519", name: string): Certificate => {
  const { privateKey } =
    type === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : type === "ec"
        ? generateKeyPairSync("ec", { namedCurve: "P-256" })
        : generateKeyPairSync("ed25519");
  return {
    pk: crypto.randomUUID(),
    name,
    managed: null,
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
};

test("a deleted signing key is replaced by another one that Cloudflare can verify", async () => {
  await using world = await scene();
  const before = await world.settle(desiredFor());
  const { certificates } = world.ak.state;
  const other = key("ec", "of mine");
  certificates.splice(0, 1, other);
  providerIn(world).signing_key = null;
  await world.settle(desiredFor(), await world.api.observe("routes", before));
  expect(providerIn(world).signing_key).toBe(other.pk);
});

test("a new signing key that someone set since the last full observation stays", async () => {
  await using world = await scene();
  const before = await world.settle(desiredFor());
  const other = key("rsa", "of mine");
  world.ak.state.certificates.push(other);
  providerIn(world).signing_key = other.pk;
  await world.settle(desiredFor(), await world.api.observe("routes", before));
  expect(providerIn(world).signing_key).toBe(other.pk);
});

test("a signing key of a type that Cloudflare cannot verify is replaced", async () => {
  await using world = await scene();
  const before = await world.settle(desiredFor());
  const usual = providerIn(world).signing_key;
  const odd = key("ed25519", "modern");
  world.ak.state.certificates.push(odd);
  providerIn(world).signing_key = odd.pk;
  await world.settle(desiredFor(), await world.api.observe("routes", before));
  expect(providerIn(world).signing_key).toBe(usual);
});

test("a deleted provider is recreated, and the login method uses the new one", async () => {
  await using world = await scene();
  const before = await world.settle(desiredFor());
  await world.ak.ask("DELETE", `/providers/oauth2/${providerIn(world).pk}/`);
  await world.settle(desiredFor(), await world.api.observe("routes", before));
  expect(methodIn(world).config).toMatchObject({
    client_id: providerIn(world).client_id,
    client_secret: providerIn(world).client_secret,
  });
  expect(only(world.ak.state.applications).provider).toBe(providerIn(world).pk);
});

test("an emptied client secret is replaced, and Cloudflare gets the new one", async () => {
  await using world = await scene();
  await world.settle(desiredFor());
  providerIn(world).client_secret = "";
  await world.settle(desiredFor());
  expect(providerIn(world).client_secret).toHaveLength(64);
  expect(methodIn(world).config["client_secret"]).toBe(providerIn(world).client_secret);
});

test.each<{ readonly of: "2024.2" | "2026.8" }>([{ of: "2024.2" }, { of: "2026.8" }])(
  "a redirect URI that is a pattern is removed in Authentik $of, and a fixed one of the user stays",
  async ({ of }) => {
    await using world = await scene({ version: of });
    await world.settle(desiredFor());
    const [ours] = providerIn(world).redirect_uris;
    if (ours === undefined) throw new Error("no callback");
    const more = [
      "https://other.example.com/callback",
      "https://.*",
      "https://(a|b).example.com/callback",
    ];
    providerIn(world).redirect_uris = [
      ours,
      ...more.map((url, n) => ({
        ...ours,
        url,
        matching_mode: n === 0 ? ours.matching_mode : "regex",
      })),
    ];
    await world.settle(desiredFor());
    expect(providerIn(world).redirect_uris.map(({ url }) => url)).toEqual([ours.url, more[0]]);
  },
);

const tiles = ({ ak }: LoginScene, of: "2024.2" | "2026.8"): readonly string[] =>
  ak.state.users.flatMap((user) => library(ak.state, version(of), user).map(({ slug }) => slug));

test.each<{ readonly of: "2024.2" | "2026.8" }>([{ of: "2024.2" }, { of: "2026.8" }])(
  "the login's application is in no one's library in Authentik $of, even if it was made by hand",
  async ({ of }) => {
    await using world = await scene({ version: of });
    await world.settle(desiredFor());
    expect(tiles(world, of)).toEqual([]);
    await using other = await scene({ version: of });
    await wire(
      other.ak,
      of === "2024.2"
        ? { redirect_uris: "https://sandbox.cloudflareaccess.com/cdn-cgi/access/callback" }
        : {},
    );
    expect(tiles(other, of)).toContain("cf-tunnel-access");
    await other.settle(desiredFor());
    expect(tiles(other, of)).toEqual([]);
  },
);

test("a launch URL that someone set on the login's application stays while other fields are corrected", async () => {
  await using world = await scene();
  await wire(world.ak, {}, { meta_launch_url: "https://team.example.com", provider: null });
  await world.settle(desiredFor());
  expect(only(world.ak.state.applications)).toMatchObject({
    provider: providerIn(world).pk,
    meta_launch_url: "https://team.example.com",
    meta_hide: false,
  });
});
