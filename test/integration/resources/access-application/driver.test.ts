import { expect, test } from "vitest";
import type { RouteKey } from "../../../../src/core/domain/route.ts";
import { createAccessApplicationDriver } from "../../../../src/resources/access-application/driver.ts";
import type {
  AccessApplicationChange,
  DesiredApplication,
  ObservedAccessApplications,
} from "../../../../src/resources/access-application/types.ts";
import {
  seedApp,
  seedIdentityProvider,
  seedPolicy,
  seedTag,
} from "../../../sandbox/cloudflare/seed.ts";
import { cloudflare, owner } from "../../../support/observed-state.ts";

const TAG = "cfauth-home";

async function scene() {
  const reached = await cloudflare();
  const { state } = reached.sandbox;
  seedTag(state, TAG);
  const idp = seedIdentityProvider(state, { name: "Authentik", type: "oidc" }).id;
  const policy = seedPolicy(state, { name: "cfauth:home everyone" }).id;
  const api = createAccessApplicationDriver({
    cloudflare: reached.client,
    account: reached.account,
    owner: owner(),
  });
  const desired = (route: string, more: Partial<DesiredApplication> = {}): DesiredApplication => ({
    route: route as RouteKey,
    name: route,
    idp,
    session: "24h",
    tag: TAG,
    policies: [policy],
    launcher: { visible: true, logo: undefined },
    ...more,
  });
  const open = (
    route: string,
    more: Partial<DesiredApplication> = {},
  ): AccessApplicationChange => ({
    kind: "access",
    action: "create",
    key: route,
    subject: route,
    desired: desired(route, more),
  });
  const ours = (domain: string, fields: object = {}) =>
    seedApp(state, {
      domain,
      tags: [TAG],
      allowed_idps: [idp],
      auto_redirect_to_identity: true,
      policies: [{ id: policy, precedence: 1 }],
      ...fields,
    });
  return {
    ...reached,
    api,
    idp,
    policy,
    wish: desired,
    open,
    ours,
    state,
    look: () => api.observe("all", undefined),
  };
}

const mine = (observed: ObservedAccessApplications, route: string) => {
  const at = observed.mine.get(route as RouteKey);
  if (at === undefined) throw new Error(`not ours: ${route}`);
  return at;
};

test("an application is ours if it has our tag and exactly one route", async () => {
  await using world = await scene();
  world.ours("app.example.com");
  world.ours("App.example.com/api/", { tags: [TAG, "home"] });
  world.ours("two.example.com", {
    destinations: [
      { type: "public", uri: "two.example.com" },
      { type: "public", uri: "three.example.com" },
    ],
  });
  world.ours("odd.example.com/*/x");
  seedApp(world.state, { domain: "nas.example.com/*" });
  seedApp(world.state, {
    domain: "sandbox.cloudflareaccess.com",
    type: "app_launcher",
    tags: [TAG],
  });
  const observed = await world.look();
  expect([...observed.mine.keys()].toSorted()).toEqual(["app.example.com", "app.example.com/api"]);
  expect(observed.theirs.flatMap(({ destinations }) => destinations).toSorted()).toEqual([
    "nas.example.com",
    "odd.example.com/*/x",
    "sandbox.cloudflareaccess.com",
    "three.example.com",
    "two.example.com",
  ]);
});

test("the policies of foreign applications are observed", async () => {
  await using world = await scene();
  const family = seedPolicy(world.state, { name: "Family" }).id;
  seedApp(world.state, { domain: "nas.example.com", policies: [{ id: family, precedence: 1 }] });
  world.ours("app.example.com");
  expect((await world.look()).linked).toEqual([family]);
});

test("of two applications of ours on one route the older counts and the other is a duplicate", async () => {
  await using world = await scene();
  const younger = world.ours("app.example.com", { created_at: "2026-02-01T00:00:00Z" });
  const older = world.ours("app.example.com", { created_at: "2026-01-01T00:00:00Z" });
  const observed = await world.look();
  expect(mine(observed, "app.example.com").id).toBe(older.id);
  expect(observed.duplicates.map(({ id }) => id)).toEqual([younger.id]);
  const applied = await world.api.apply(
    observed.duplicates.map(
      (it) =>
        ({
          kind: "access",
          action: "delete",
          key: it.id,
          subject: it.route,
          existing: it,
        }) as const,
    ),
    observed,
  );
  expect(applied.observed.duplicates).toEqual([]);
  expect([...world.state.apps.keys()]).toEqual([older.id]);
});

test("a written application is observed as it was written", async () => {
  await using world = await scene();
  const applied = await world.api.apply(
    [world.open("app.example.com", { session: "168h" }), world.open("app.example.com/api")],
    await world.look(),
  );
  expect(applied).toMatchObject({ failures: [], outcomeUnknown: false });
  expect(applied.observed).toEqual(await world.look());
  expect(mine(applied.observed, "app.example.com")).toMatchObject({
    allowedIdps: [world.idp],
    autoRedirect: true,
    session: "168h",
    tags: [TAG],
    policies: [world.policy],
  });
  expect([...world.state.apps.values()][0]).toMatchObject({
    type: "self_hosted",
    app_launcher_visible: true,
    destinations: [{ type: "public", uri: "app.example.com" }],
  });
});

test("an update keeps an application's audience and the user's settings", async () => {
  await using world = await scene();
  const logo = {
    logo_url: "https://example.com/logo.png",
    tags: [TAG, "zebra"],
    same_site_cookie_attribute: "strict",
    created_at: "2026-01-01T00:00:00Z",
  };
  seedTag(world.state, "zebra");
  const app = world.ours("app.example.com", { ...logo, allowed_idps: [] });
  const observed = await world.look();
  const change: AccessApplicationChange = {
    kind: "access",
    action: "update",
    key: "a",
    subject: "a",
    existing: mine(observed, "app.example.com"),
    desired: world.wish("app.example.com"),
  };
  const applied = await world.api.apply([change], observed);
  expect(applied.failures).toEqual([]);
  expect(world.state.apps.get(app.id)).toMatchObject({
    ...logo,
    aud: app.aud,
    allowed_idps: [world.idp],
    policies: [{ id: world.policy, precedence: 1 }],
  });
  expect(mine(applied.observed, "app.example.com").aud).toBe(app.aud);
});

test("the session duration of a day is recognised in each of its forms", async () => {
  await using world = await scene();
  world.ours("app.example.com", { session_duration: "24h0m0s" });
  expect(mine(await world.look(), "app.example.com").session).toBe("24h");
});

test("an application that no longer exists counts as deleted", async () => {
  await using world = await scene();
  const app = world.ours("app.example.com");
  const observed = await world.look();
  world.state.apps.delete(app.id);
  const applied = await world.api.apply(
    [
      {
        kind: "access",
        action: "delete",
        key: "a",
        subject: "a",
        existing: mine(observed, "app.example.com"),
      },
    ],
    observed,
  );
  expect(applied).toMatchObject({ failures: [], outcomeUnknown: false });
  expect(applied.observed.mine.size).toBe(0);
});

test("a missing tag is created, and an existing one is used", async () => {
  await using world = await scene();
  const tag: AccessApplicationChange = {
    kind: "access",
    action: "create",
    key: "tag",
    subject: TAG,
  };
  const there = await world.api.apply([tag], { ...(await world.look()), tagged: false });
  expect(there).toMatchObject({ failures: [], observed: { tagged: true } });
  world.state.tags.clear();
  const observed = await world.look();
  expect(observed.tagged).toBe(false);
  expect(await world.api.apply([tag], observed)).toMatchObject({
    failures: [],
    observed: { tagged: true },
  });
  expect([...world.state.tags.keys()]).toEqual([TAG]);
});

test("a refused application does not stop the others from being created", async () => {
  await using world = await scene();
  const observed = await world.look();
  seedApp(world.state, { domain: "b.example.com" });
  const applied = await world.api.apply(
    [world.open("a.example.com"), world.open("b.example.com"), world.open("c.example.com")],
    observed,
  );
  expect(applied.applied.map(({ key }) => key)).toEqual(["a.example.com", "c.example.com"]);
  expect(applied.failures).toMatchObject([
    { change: { key: "b.example.com" }, error: { code: "CFA-CF-REFUSED", vendor: ["11010"] } },
  ]);
});

test("an application whose creation got no answer is found at the next observation", async () => {
  await using world = await scene();
  const observed = await world.look();
  world.sandbox.controls.fault(({ write }) => write, { kind: "reset", when: "after" });
  const applied = await world.api.apply([world.open("app.example.com")], observed);
  expect(applied).toMatchObject({ applied: [], outcomeUnknown: true });
  expect((await world.api.observe("routes", applied.observed)).mine.size).toBe(1);
});

test("a resync of the applications takes one call", async () => {
  await using world = await scene();
  const before = await world.look();
  world.sandbox.controls.clear();
  await world.api.observe("routes", before);
  expect(world.sandbox.controls.calls).toHaveLength(1);
});
