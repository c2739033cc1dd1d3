import { expect, test } from "vitest";
import { policyApi } from "../../src/kinds/policy/api.ts";
import type { PolicyChange } from "../../src/kinds/policy/seen.ts";
import { seedPolicy } from "../sandbox/cloudflare/seed.ts";
import { cloudflare, owner } from "./world.ts";

async function scene() {
  const reached = await cloudflare();
  const api = policyApi({ cloudflare: reached.client, account: reached.account, owner: owner() });
  return { ...reached, api };
}

const NAME = "cfauth:home public, no login";
const open: PolicyChange = {
  kind: "policy",
  action: "create",
  key: NAME,
  subject: NAME,
  wish: { name: NAME, decision: "bypass", include: [{ everyone: {} }] },
};

test("a policy is ours by the beginning of its name", async () => {
  await using world = await scene();
  seedPolicy(world.sandbox.state, { name: NAME, decision: "bypass" });
  seedPolicy(world.sandbox.state, { name: "cfauth:home2 public, no login" });
  seedPolicy(world.sandbox.state, { name: "Family" });
  expect((await world.api.observe("all", undefined)).mine.map(({ name }) => name)).toEqual([NAME]);
});

test("what is written is what is then seen", async () => {
  await using world = await scene();
  const opened = await world.api.apply([open], await world.api.observe("all", undefined));
  expect(opened).toMatchObject({ failures: [], doubtful: false });
  expect(opened.seen).toEqual(await world.api.observe("all", undefined));
  expect(opened.seen.mine).toMatchObject([{ name: NAME, decision: "bypass", include: [{ everyone: {} }], require: [], exclude: [] }]);
});

test("an update takes away a condition that somebody added", async () => {
  await using world = await scene();
  seedPolicy(world.sandbox.state, { name: NAME, decision: "bypass", require: [{ ip: { ip: "203.0.113.0/24" } }] });
  const seen = await world.api.observe("all", undefined);
  const changed = await world.api.apply(
    seen.mine.map((at) => ({ ...open, action: "update" as const, at })),
    seen,
  );
  expect(changed.seen.mine).toMatchObject([{ require: [] }]);
});

test("a policy that is gone already counts as deleted", async () => {
  await using world = await scene();
  const policy = seedPolicy(world.sandbox.state, { name: NAME });
  const seen = await world.api.observe("all", undefined);
  world.sandbox.state.policies.delete(policy.id);
  const applied = await world.api.apply(
    seen.mine.map((at) => ({ kind: "policy", action: "delete", key: NAME, subject: NAME, at }) as const),
    seen,
  );
  expect(applied).toMatchObject({ seen: { mine: [] }, failures: [], doubtful: false });
});

test("a creation whose answer is lost is not sent again, and is found at the next look", async () => {
  await using world = await scene();
  world.sandbox.controls.fault(({ write }) => write, { kind: "reset", when: "after" });
  const applied = await world.api.apply([open], { mine: [] });
  expect(applied).toMatchObject({ done: [], doubtful: true, failures: [{ change: open, error: { code: "CFA-CF-UNREACHABLE" } }] });
  expect((await world.api.observe("routes", applied.seen)).mine).toHaveLength(1);
  expect(world.sandbox.controls.writes()).toHaveLength(1);
});
