import { expect, test } from "vitest";
import { createAccessPolicyDriver } from "../../../../src/resources/access-policy/driver.ts";
import { accessPolicyResource } from "../../../../src/resources/access-policy/propose.ts";
import type {
  AccessPolicyChange,
  DesiredPolicy,
  ObservedAccessPolicies,
} from "../../../../src/resources/access-policy/types.ts";
import {
  seedApp,
  seedIdentityProvider,
  seedPolicy,
  seedServiceToken,
} from "../../../sandbox/cloudflare/seed.ts";
import { exposure, members, only } from "../../../support/builders.ts";
import { cloudflare, desiredFor, owner } from "../../../support/observed-state.ts";

async function scene() {
  const reached = await cloudflare();
  const api = createAccessPolicyDriver({
    cloudflare: reached.client,
    account: reached.account,
    owner: owner(),
  });
  return { ...reached, api };
}

const NAME = "cfauth:home public, no login";
const open: AccessPolicyChange = {
  kind: "policy",
  action: "create",
  key: NAME,
  subject: NAME,
  desired: {
    name: NAME,
    decision: "bypass",
    include: [{ everyone: {} }],
    require: [],
    exclude: [],
  },
};
const nothing: ObservedAccessPolicies = { mine: [], theirs: [] };

test("a policy is ours if its name begins with our mark", async () => {
  await using world = await scene();
  seedPolicy(world.sandbox.state, { name: NAME, decision: "bypass" });
  seedPolicy(world.sandbox.state, { name: "cfauth:home2 public, no login" });
  seedPolicy(world.sandbox.state, { name: "Family" });
  expect((await world.api.observe("all", undefined)).mine.map(({ name }) => name)).toEqual([NAME]);
});

test("a written policy is observed as it was written", async () => {
  await using world = await scene();
  const opened = await world.api.apply([open], await world.api.observe("all", undefined));
  expect(opened).toMatchObject({ failures: [], outcomeUnknown: false });
  expect(opened.observed).toEqual(await world.api.observe("all", undefined));
  expect(opened.observed.mine).toMatchObject([
    { name: NAME, decision: "bypass", include: [{ everyone: {} }], require: [], exclude: [] },
  ]);
});

test("an update removes a condition that someone added to a policy", async () => {
  await using world = await scene();
  seedPolicy(world.sandbox.state, {
    name: NAME,
    decision: "bypass",
    require: [{ ip: { ip: "203.0.113.0/24" } }],
  });
  const observed = await world.api.observe("all", undefined);
  const changed = await world.api.apply(
    observed.mine.map((at) => ({ ...open, action: "update" as const, existing: at })),
    observed,
  );
  expect(changed.observed.mine).toMatchObject([{ require: [] }]);
});

test.each(["", "24h", "24h0m0s"])(
  "a policy with the session duration %j has no session duration of its own",
  async (session_duration) => {
    await using world = await scene();
    seedPolicy(world.sandbox.state, { name: NAME, session_duration });
    const observed = await world.api.observe("all", undefined);
    expect(observed.mine).toMatchObject([{ name: NAME }]);
    expect(observed.mine[0]).not.toHaveProperty("session");
  },
);

test("an empty rule and an empty field in Access's answer are ignored", async () => {
  await using world = await scene();
  const rules = [
    { email: { email: "" } },
    { oidc: { claim_name: "groups", claim_value: "family", name: "", more: null } },
    { everyone: {} },
  ];
  seedPolicy(world.sandbox.state, { name: NAME, include: rules });
  const [policy] = (await world.api.observe("all", undefined)).mine;
  expect(policy?.include).toEqual([
    { everyone: {} },
    { oidc: { claim_name: "groups", claim_value: "family" } },
  ]);
  // The vendor's schema does not contain this answer.
  (world.sandbox.controls.violations as string[]).splice(0);
});

test("a policy that no longer exists counts as deleted", async () => {
  await using world = await scene();
  const policy = seedPolicy(world.sandbox.state, { name: NAME });
  const observed = await world.api.observe("all", undefined);
  world.sandbox.state.policies.delete(policy.id);
  const applied = await world.api.apply(
    observed.mine.map(
      (at) =>
        ({ kind: "policy", action: "delete", key: NAME, subject: NAME, existing: at }) as const,
    ),
    observed,
  );
  expect(applied).toMatchObject({ observed: { mine: [] }, failures: [], outcomeUnknown: false });
});

test("a policy whose creation got no answer is not sent again and is found at the next observation", async () => {
  await using world = await scene();
  world.sandbox.controls.fault(({ write }) => write, { kind: "reset", when: "after" });
  const applied = await world.api.apply([open], nothing);
  expect(applied).toMatchObject({
    applied: [],
    outcomeUnknown: true,
    failures: [{ change: open, error: { code: "CFA-CF-UNREACHABLE" } }],
  });
  expect((await world.api.observe("routes", applied.observed)).mine).toHaveLength(1);
  expect(world.sandbox.controls.writes()).toHaveLength(1);
});

test("a policy of the user is observed as foreign", async () => {
  await using world = await scene();
  const { state } = world.sandbox;
  const friends = seedPolicy(state, {
    name: "Friends",
    include: [{ email: { email: "ann@example.com" } }],
  });
  const other = seedPolicy(state, { name: "cfauth:lab public, no login", decision: "bypass" });
  expect(await world.api.observe("all", undefined)).toEqual({
    mine: [],
    theirs: [
      { id: friends.id, name: "Friends", decision: "allow" },
      { id: other.id, name: "cfauth:lab public, no login", decision: "bypass" },
    ],
  });
});

test("Cloudflare accepts every kind of policy rule and returns it as desired", async () => {
  await using world = await scene();
  const { state } = world.sandbox;
  const idp = seedIdentityProvider(state, { name: "Authentik", type: "oidc" }).id;
  const token = seedServiceToken(state, "ci").id;
  const oidc = {
    claim_name: "cfauth_groups_home",
    claim_value: 'The "Family", or so',
    identity_provider_id: idp,
  };
  const wishes: DesiredPolicy[] = [
    {
      name: "cfauth:home people",
      decision: "allow",
      include: [
        { email: { email: "ann@example.com" } },
        { email_domain: { domain: "example.com" } },
        { oidc },
      ],
      require: [{ login_method: { id: idp } }],
      exclude: [],
    },
    {
      name: "cfauth:home machines",
      decision: "non_identity",
      include: [{ service_token: { token_id: token } }],
      require: [],
      exclude: [],
    },
    {
      name: "cfauth:home any",
      decision: "non_identity",
      include: [{ any_valid_service_token: {} }],
      require: [],
      exclude: [],
    },
  ];
  const changes = wishes.map(
    (desired): AccessPolicyChange => ({
      kind: "policy",
      action: "create",
      key: desired.name,
      subject: desired.name,
      desired,
    }),
  );
  const { failures, observed } = await world.api.apply(changes, nothing);
  expect(failures).toEqual([]);
  expect(observed).toEqual(await world.api.observe("all", undefined));
  expect(observed.mine).toMatchObject(wishes);
});

test("a policy that was widened by hand is narrowed and replaced, and the user's policy beside it stays", async () => {
  await using world = await scene();
  const { state } = world.sandbox;
  const idp = seedIdentityProvider(state, { name: "Authentik", type: "oidc" }).id;
  const friends = seedPolicy(state, {
    name: "Friends",
    decision: "allow",
    include: [{ everyone: {} }],
  });
  const before = structuredClone(friends);
  const wish = exposure("app.example.com", { protection: members });
  const login = { method: { id: idp } } as never;
  const settle = async () => {
    const policy = await world.api.observe("routes", undefined);
    const state = accessPolicyResource(owner()).assess(
      wish.route,
      wish,
      { policy, login },
      desiredFor(members),
    );
    const change =
      state.is === "absent" ? state.create : state.is === "drifted" ? state.repair : undefined;
    return change === undefined
      ? "stands"
      : (await world.api.apply([change], policy)).failures.length;
  };
  expect([await settle(), await settle()]).toEqual([0, "stands"]);
  const ours = [...state.policies.values()].find(({ id }) => id !== friends.id);
  if (ours === undefined) throw new Error("no policy of ours");
  const [{ id }, right] = [ours, structuredClone(ours)];
  state.policies.set(id, {
    ...ours,
    decision: "bypass",
    include: [{ everyone: {} }],
    exclude: [{ geo: { country_code: "DE" } }],
  });
  expect([await settle(), await settle(), await settle()]).toEqual([0, 0, "stands"]);
  expect(state.policies.get(id)).toMatchObject({
    decision: right.decision,
    include: right.include,
    exclude: [],
  });
  expect([...state.policies.values()].filter(({ name }) => name === right.name)).toMatchObject([
    { decision: right.decision, include: right.include },
  ]);
  expect(state.policies.get(friends.id)).toEqual(before);
});

test("a policy in use cannot be deleted and still exists", async () => {
  await using world = await scene();
  const policy = seedPolicy(world.sandbox.state, { name: NAME });
  seedApp(world.sandbox.state, {
    domain: "theirs.example.com",
    policies: [{ id: policy.id, precedence: 1 }],
  });
  const observed = await world.api.observe("all", undefined);
  const applied = await world.api.apply(
    observed.mine.map(
      (at) =>
        ({ kind: "policy", action: "delete", key: NAME, subject: NAME, existing: at }) as const,
    ),
    observed,
  );
  expect(applied).toMatchObject({
    observed: { mine: [{ id: policy.id }] },
    applied: [],
    outcomeUnknown: false,
  });
  expect(applied.failures).toHaveLength(1);
});

test("no change's subject and no error contains an e-mail address of a policy", async () => {
  await using world = await scene();
  const protection = only({ emails: ["ann@example.com"] });
  const wish = exposure("app.example.com", { protection });
  const login = { method: { id: "00000000-0000-4000-8000-000000000000" } } as never;
  const state = accessPolicyResource(owner()).assess(
    wish.route,
    wish,
    { policy: nothing, login },
    desiredFor(protection),
  );
  if (state.is !== "absent" || state.create === undefined) throw new Error("nothing to open");
  const { failures } = await world.api.apply([state.create], nothing);
  const [failure] = failures;
  expect(
    [state.create.key, state.create.subject, failure?.error.message, failure?.error.fix].join(),
  ).not.toContain("ann");
  expect(failures).toHaveLength(1);
});
