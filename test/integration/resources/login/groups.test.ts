import { expect, test } from "vitest";
import { loginPrerequisite } from "../../../../src/resources/login/propose.ts";
import type { ObservedLogin } from "../../../../src/resources/login/types.ts";
import { addGroup } from "../../../sandbox/authentik/people.ts";
import { wire } from "../../../sandbox/authentik/testing.ts";
import { desiredFor, desiredForGroups } from "../../../support/observed-state.ts";
import {
  claimsOfAlice,
  type LoginScene,
  loginScene,
  mappingIn,
  mappingsIn,
  methodIn,
  nested,
  providerIn,
} from "./scene.ts";

const MAPPINGS = "/propertymappings/provider/scope/";

/** A login scene with one cfauth. */
async function scene() {
  const world = await loginScene();
  return { ...world, ...world.hand() };
}

test("a resync with groups takes one more call to Authentik", async () => {
  await using world = await scene();
  const before = await world.settle(desiredForGroups("family"));
  world.ak.controls.clear();
  expect(await world.api.observe("routes", before)).toEqual(before);
  expect(world.ak.controls.calls).toHaveLength(3);
});

test("no scope mapping is created while no route asks for a group", async () => {
  await using world = await scene();
  await world.settle(desiredFor());
  expect(mappingsIn(world)).toEqual([]);
  expect(methodIn(world).config).toMatchObject({
    scopes: ["openid", "email", "profile"],
    claims: [],
  });
});

test("a login carries the inherited groups that routes ask for and no others", async () => {
  await using world = await scene();
  nested(world);
  await world.settle(desiredForGroups("family", "admins"));
  expect(await claimsOfAlice(world)).toMatchObject({
    email: "alice@example.com",
    cfauth_groups_home: ["family"],
  });
  expect(methodIn(world).config).toMatchObject({
    scopes: ["openid", "email", "profile", "cfauth_groups_home"],
    claims: ["cfauth_groups_home"],
  });
});

test("a login carries a group with special characters in its name unchanged", async () => {
  await using world = await scene();
  const name = "\"]\nreturn {} # O'Brien \\ 家族\u2028x";
  addGroup(world.ak.state, { name });
  for (const user of world.ak.state.users) if (user.username === "alice") user.groups = [name];
  await world.settle(desiredForGroups(name));
  expect(await claimsOfAlice(world)).toMatchObject({ cfauth_groups_home: [name] });
});

test("the scope mapping is added to the user's own mappings of the provider", async () => {
  await using world = await scene();
  const { provider } = await wire(world.ak);
  const entitlements =
    world.ak.state.scopeMappings.find(({ scope_name }) => scope_name === "entitlements")?.pk ?? "";
  const before = [...provider.property_mappings, entitlements];
  provider.property_mappings = before;
  await world.settle(desiredForGroups("family"));
  expect(providerIn(world).property_mappings).toEqual([...before, mappingIn(world).pk]);
});

test("a login still carries a group that no route asks for any more", async () => {
  await using world = await scene();
  await world.settle(desiredForGroups("family"));
  await world.settle(desiredForGroups("admins"));
  await world.settle(desiredFor());
  expect(mappingIn(world).expression).toContain('wanted = ["admins","family"]');
});

test.each<{ readonly name: string; readonly spoil: (world: LoginScene) => unknown }>([
  {
    name: "deleted",
    spoil: (world) => world.ak.ask("DELETE", `${MAPPINGS}${mappingIn(world).pk}/`),
  },
  {
    name: "renamed",
    spoil: (world) =>
      world.ak.ask("PATCH", `${MAPPINGS}${mappingIn(world).pk}/`, { name: "mine now" }),
  },
  {
    name: "rewritten",
    spoil: (world) =>
      world.ak.ask("PATCH", `${MAPPINGS}${mappingIn(world).pk}/`, { expression: "return {}" }),
  },
  {
    name: "given another scope",
    spoil: (world) =>
      world.ak.ask("PATCH", `${MAPPINGS}${mappingIn(world).pk}/`, { scope_name: "x" }),
  },
  {
    name: "removed from the provider",
    spoil: (world) => {
      const provider = providerIn(world);
      provider.property_mappings = provider.property_mappings.slice(0, 3);
    },
  },
  {
    name: "removed from the login method's scopes",
    spoil: (world) => {
      const { config } = methodIn(world);
      Object.assign(config, { scopes: ["openid", "email", "profile"], claims: [] });
    },
  },
])(
  "a login carries groups again at the next resync after the scope mapping was $name by hand",
  async ({ spoil }) => {
    await using world = await scene();
    nested(world);
    const before = await world.settle(desiredForGroups("family"));
    await spoil(world);
    await world.settle(desiredForGroups("family"), await world.api.observe("routes", before));
    // A renamed mapping stays as the user's and adds the same groups once more.
    const { cfauth_groups_home: groups } = await claimsOfAlice(world);
    expect(new Set(groups as string[])).toEqual(new Set(["family"]));
  },
);

/** Steps of both cfauths in turn, each from an observation that the other's step has outdated, until both stay quiet. */
async function alternating(world: LoginScene): Promise<readonly [ObservedLogin, ObservedLogin]> {
  const hands = [world.hand({ owner: "home" }), world.hand({ owner: "lab-2" })] as const;
  const wishes = [desiredForGroups("family"), desiredForGroups("kids")] as const;
  const seen: [ObservedLogin, ObservedLogin] = [await hands[0].look(), await hands[1].look()];
  const steps: string[] = [];
  for (const round of Array(24).keys()) {
    const at = round % 2 === 0 ? 0 : 1;
    const { changes } = loginPrerequisite.propose({ login: seen[at] }, wishes[at]);
    const { failures } = await hands[at].api.apply(changes, seen[at]);
    steps.push(changes.length === 0 ? "quiet" : failures.length === 0 ? "done" : "failed");
    seen[at] = await hands[at].look();
  }
  expect(steps.slice(-8)).toEqual(Array(8).fill("quiet"));
  return seen;
}

test("two cfauths that share a login keep each other's groups in it", async () => {
  await using world = await scene();
  nested(world);
  await world.settle(desiredFor());
  await alternating(world);
  expect(methodIn(world).config).toMatchObject({
    scopes: ["openid", "email", "profile", "cfauth_groups_home", "cfauth_groups_lab_2"],
    claims: ["cfauth_groups_home", "cfauth_groups_lab_2"],
  });
  expect(await claimsOfAlice(world)).toMatchObject({
    cfauth_groups_home: ["family"],
    cfauth_groups_lab_2: ["kids"],
  });
});

test("two cfauths that start at once agree on one login", async () => {
  await using world = await loginScene();
  const [home, lab] = await alternating(world);
  expect(home.method).toEqual(lab.method);
  expect(home.method?.claims).toEqual(["cfauth_groups_home", "cfauth_groups_lab_2"]);
  expect(home.provider).toEqual(lab.provider);
  expect([...world.ak.state.providers, ...world.ak.state.applications]).toHaveLength(2);
});

const OAUTH = "authentik_providers_oauth2";

test("a token that may not create a scope mapping admits direct members, with a warning and no error", async () => {
  await using world = await scene();
  await world.settle(desiredFor());
  world.ak.state.apiToken.permissions = new Set(
    [
      `${OAUTH}.view_oauth2provider`,
      `${OAUTH}.view_scopemapping`,
      "authentik_core.view_application",
    ].concat("authentik_flows.view_flow", "authentik_crypto.view_certificatekeypair"),
  );
  const observed = await world.settle(desiredForGroups("family"));
  expect(observed.groups).toMatchObject({ mapping: undefined, canWriteMapping: false });
  expect(loginPrerequisite.propose({ login: observed }, desiredForGroups("family"))).toMatchObject({
    changes: [],
    problems: [{ code: "CFA-GROUP-DIRECT", severity: "warning" }],
    ready: true,
  });
  expect(methodIn(world).config).toMatchObject({
    scopes: ["openid", "email", "profile"],
    claims: ["groups"],
  });
  expect(await claimsOfAlice(world)).toMatchObject({ groups: ["family"] });
  expect((await world.api.observe("routes", observed)).groups.canWriteMapping).toBe(false);
});

test("a scope mapping that Authentik refuses to create does not count as applied", async () => {
  await using world = await scene();
  const observed = await world.settle(desiredFor());
  world.ak.state.apiToken.permissions = new Set();
  const { changes } = loginPrerequisite.propose({ login: observed }, desiredForGroups("family"));
  expect(await world.api.apply(changes, observed)).toMatchObject({
    applied: [],
    failures: [],
    outcomeUnknown: false,
  });
});

test("a permission that is granted later is noticed at the next full observation", async () => {
  await using world = await scene();
  nested(world);
  world.ak.controls.fault(({ path, method }) => path === MAPPINGS && method === "POST", {
    kind: "status",
    status: 403,
    body: { detail: "You do not have permission to perform this action." },
  });
  const refused = await world.settle(desiredForGroups("family"));
  expect(mappingsIn(world)).toEqual([]);
  await world.settle(desiredForGroups("family"), await world.api.observe("routes", refused));
  expect(mappingsIn(world)).toEqual([]);
  await world.settle(desiredForGroups("family"), await world.api.observe("all", refused));
  expect(await claimsOfAlice(world)).toMatchObject({ cfauth_groups_home: ["family"] });
});

test("a scope mapping that cfauth may not change still carries its groups", async () => {
  await using world = await scene();
  nested(world);
  await world.settle(desiredForGroups("family"));
  world.ak.controls.fault(
    ({ path, write }) => path.startsWith(MAPPINGS) && write,
    {
      kind: "status",
      status: 403,
      body: { detail: "You do not have permission to perform this action." },
    },
    Number.POSITIVE_INFINITY,
  );
  const observed = await world.settle(desiredForGroups("family", "kids"));
  expect(observed.groups).toMatchObject({ canWriteMapping: false });
  expect(await claimsOfAlice(world)).toMatchObject({
    cfauth_groups_home: ["family"],
    groups: ["kids"],
  });
});

test("a scope mapping whose creation got no answer is found and not created again", async () => {
  await using world = await scene();
  const before = await world.settle(desiredFor());
  world.ak.controls.fault(({ path, method }) => path === MAPPINGS && method === "POST", {
    kind: "reset",
    when: "after",
  });
  await expect(world.settle(desiredForGroups("family"), before)).rejects.toMatchObject({
    code: "CFA-AK-UNREACHABLE",
    outcomeUnknown: true,
  });
  await world.settle(desiredForGroups("family"), before);
  expect(mappingIn(world)).toMatchObject({
    name: "cfauth (home): groups",
    scope_name: "cfauth_groups_home",
  });
  expect(providerIn(world).property_mappings).toContain(mappingIn(world).pk);
});

test("a scope mapping of our name that carries fewer groups is taken over", async () => {
  await using world = await scene();
  const before = await world.settle(desiredFor());
  await world.hand().settle(desiredForGroups("kids"));
  await world.settle(desiredForGroups("family"), before);
  expect(mappingIn(world).expression).toContain('wanted = ["family","kids"]');
});

test("any other refusal of a scope mapping is an error", async () => {
  await using world = await scene();
  world.ak.controls.fault(({ path, method }) => path === MAPPINGS && method === "POST", {
    kind: "status",
    status: 400,
    body: { expression: ["no such thing"] },
  });
  await expect(world.settle(desiredForGroups("family"))).rejects.toMatchObject({
    code: "CFA-AK-REFUSED",
    vendor: ["expression"],
  });
  expect(mappingsIn(world)).toEqual([]);
});
