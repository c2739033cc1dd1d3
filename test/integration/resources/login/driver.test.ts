import { expect, test } from "vitest";
import { wire } from "../../../sandbox/authentik/testing.ts";
import { seedIdentityProvider } from "../../../sandbox/cloudflare/seed.ts";
import { desiredFor } from "../../../support/observed-state.ts";
import { loginScene, methodIn, providerIn } from "./scene.ts";

const FLOW = "default-provider-authorization-explicit-consent";

/** A login scene with one cfauth and no route that asks for a group. */
async function scene({
  flow = FLOW,
  ready,
}: {
  readonly flow?: string;
  readonly ready?: boolean;
} = {}) {
  const world = await loginScene(ready === undefined ? {} : { ready });
  const { api, look, settle } = world.hand({ flow });
  return { ...world, api, look, settle: () => settle(desiredFor()) };
}

test("the user's settings on the provider stay", async () => {
  await using world = await scene();
  const { provider } = await wire(world.ak, {
    signing_key: null,
    access_token_validity: "minutes=7",
  });
  await world.settle();
  const [after] = world.ak.state.providers;
  expect(after).toMatchObject({ pk: provider.pk, access_token_validity: "minutes=7" });
  expect(after?.signing_key).toBeTruthy();
});

test("a provider with another name is found through its application", async () => {
  await using world = await scene();
  const { provider } = await wire(world.ak, { name: "Cloudflare" });
  expect((await world.look()).provider).toMatchObject({ pk: provider.pk, name: "Cloudflare" });
});

test("Authentik is not ready before it has created its defaults", async () => {
  await using world = await scene({ ready: false });
  expect((await world.look()).prerequisites).toMatchObject({ code: "CFA-AK-NOT-READY" });
  await world.ak.finishBoot();
  expect((await world.look()).prerequisites).toMatchObject({
    signingKey: expect.any(String),
    scopes: [expect.any(String), expect.any(String), expect.any(String)],
  });
});

test("the problem for a missing flow names the flows that exist", async () => {
  await using world = await scene({ flow: "my-flow" });
  const { prerequisites } = await world.look();
  expect(prerequisites).toMatchObject({
    code: "CFA-AK-NO-FLOW",
    message: "Authentik has no authorization flow my-flow",
  });
  expect("fix" in prerequisites && prerequisites.fix).toContain(FLOW);
});

test("a provider without a signing key that Cloudflare can verify is a problem", async () => {
  await using world = await scene();
  const internal = world.ak.state.certificates.filter(
    ({ name }) => name !== "authentik Self-signed Certificate",
  );
  world.ak.state.certificates.splice(0, Number.POSITIVE_INFINITY, ...internal);
  expect((await world.look()).prerequisites).toMatchObject({ code: "CFA-AK-NO-KEY" });
});

test("only a login method with this slug is ours, and others stay unchanged", async () => {
  await using world = await scene();
  const config = {
    client_id: "x",
    auth_url: "https://a",
    token_url: "https://a",
    certs_url: "https://a",
  };
  seedIdentityProvider(world.cf.state, {
    name: "Authentik (cf-tunnel-access-2) #00000000",
    type: "oidc",
    config,
  });
  seedIdentityProvider(world.cf.state, { name: "Authentik", type: "oidc", config });
  seedIdentityProvider(world.cf.state);
  const before = JSON.stringify([...world.cf.state.identityProviders.values()]);
  expect((await world.look()).method).toBeUndefined();
  await world.settle();
  expect(JSON.stringify([...world.cf.state.identityProviders.values()].slice(0, 3))).toBe(before);
});

test("a new client secret reaches Cloudflare, and the user's settings on the login method stay", async () => {
  await using world = await scene();
  await world.settle();
  const method = methodIn(world);
  world.cf.state.identityProviders.set(method.id, {
    ...method,
    config: {
      ...method.config,
      claims: ["entitlements"],
      scopes: ["openid", "email", "profile", "entitlements"],
    },
    scim_config: { enabled: true, seat_deprovision: false },
  });
  providerIn(world).client_secret = "another-secret";
  await world.settle();
  expect(world.cf.state.identityProviders.get(method.id)).toMatchObject({
    config: {
      client_secret: "another-secret",
      claims: ["entitlements"],
      scopes: ["openid", "email", "profile", "entitlements"],
    },
    scim_config: { enabled: true },
  });
  expect(world.cf.state.identityProviders.size).toBe(1);
});

test("no error of the login contains the client secret", async () => {
  await using world = await scene();
  const seen = await world.settle();
  const secret = seen.provider?.clientSecret ?? "";
  const { method, provider } = seen;
  if (method === undefined || provider === undefined) throw new Error("not settled");
  const echo = {
    success: false,
    errors: [{ code: 12130, message: `cannot use ${secret}` }],
    messages: [],
    result: null,
  };
  world.cf.controls.fault(({ write }) => write, { kind: "status", status: 400, body: echo });
  const applied = await world.api.apply(
    [
      {
        kind: "login",
        action: "update",
        key: "login-method",
        subject: "m",
        existing: method,
        name: method.name,
        config: method.config,
        claims: method.claims,
        secret,
      },
    ],
    seen,
  );
  const error = applied.failures[0]?.error;
  expect(error?.message).toContain("cannot use …");
  expect(JSON.stringify({ ...error, message: error?.message, stack: error?.stack })).not.toContain(
    secret,
  );
});

test("a failed read of the login is an error and not an absence", async () => {
  await using world = await scene();
  world.ak.controls.fault(
    ({ path }) => path.startsWith("/core/applications"),
    { kind: "status", status: 500, body: {} },
    Number.POSITIVE_INFINITY,
  );
  await expect(world.look()).rejects.toMatchObject({ code: "CFA-AK-UNREACHABLE", transient: true });
});

test("a resync of the login takes one call to Cloudflare", async () => {
  await using world = await scene();
  const before = await world.settle();
  world.cf.controls.clear();
  world.ak.controls.clear();
  expect(await world.api.observe("routes", before)).toEqual(before);
  expect(world.cf.controls.calls.map(({ path }) => path.split("/").at(-1))).toEqual([
    "identity_providers",
  ]);
  expect(world.ak.controls.calls).toHaveLength(2);
});
