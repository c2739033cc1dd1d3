import { describe, expect, it } from "vitest";
import {
  createLookupDriver,
  isFresh,
  NO_REFERENCES,
} from "../../../src/resources/contract/lookups.ts";
import { addGroup } from "../../sandbox/authentik/people.ts";
import { seedServiceToken } from "../../sandbox/cloudflare/seed.ts";
import { authentik, cloudflare } from "../../support/observed-state.ts";

const asked = (groups: readonly string[], tokens: readonly string[] = []) => ({
  groups: new Set(groups),
  tokens: new Set(tokens),
});

async function scene() {
  const cf = await cloudflare();
  const ak = await authentik();
  return {
    cf: cf.sandbox,
    ak: ak.sandbox,
    hands: createLookupDriver({ authentik: ak.client, cloudflare: cf.client, account: cf.account }),
    [Symbol.asyncDispose]: async () => {
      await ak[Symbol.asyncDispose]();
      await cf[Symbol.asyncDispose]();
    },
  };
}

describe("names in labels", () => {
  it("names are looked up only if a label contains one", async () => {
    await using world = await scene();
    expect(await world.hands.observe(NO_REFERENCES)).toEqual({
      groups: { found: [] },
      tokens: { found: [] },
      asked: NO_REFERENCES,
    });
    expect([...world.ak.controls.calls, ...world.cf.controls.calls]).toEqual([]);
    await world.hands.observe(asked(["family"]));
    expect(world.cf.controls.calls).toEqual([]);
    world.ak.controls.clear();
    await world.hands.observe(asked([], ["ci"]));
    expect(world.ak.controls.calls).toEqual([]);
  });

  it("names are found on every page, without reading the users of a group", async () => {
    await using world = await scene();
    for (const at of Array(150).keys()) addGroup(world.ak.state, { name: `group-${at}` });
    const token = seedServiceToken(world.cf.state, "ci");
    const seen = await world.hands.observe(asked(["group-149"], ["ci"]));
    expect(seen.groups).toMatchObject({
      found: expect.arrayContaining([expect.objectContaining({ name: "group-149" })]),
    });
    expect(seen.tokens).toMatchObject({ found: [{ id: token.id, name: "ci" }] });
    expect(world.ak.controls.calls.map(({ query }) => query.get("include_users"))).toEqual([
      "false",
      "false",
    ]);
  });

  it("a lookup of names never writes", async () => {
    await using world = await scene();
    await world.hands.observe(asked(["family", "nobody"], ["ci"]));
    expect([...world.ak.controls.writes(), ...world.cf.controls.writes()]).toEqual([]);
  });

  it("names that cannot be looked up without a permission are unknown, and the problem names the permission", async () => {
    await using world = await scene();
    world.ak.state.apiToken.permissions = new Set();
    world.cf.state.denied.add("service-tokens");
    expect(await world.hands.observe(asked(["family"], ["ci"]))).toMatchObject({
      groups: {
        fault: {
          code: "CFA-AK-PERMISSION",
          fix: expect.stringContaining("authentik_core.view_group"),
        },
      },
      tokens: {
        fault: {
          code: "CFA-CF-PERMISSION",
          fix: expect.stringContaining("Access: Service Tokens"),
        },
      },
    });
  });

  it("names of one service are known even if the other service may not be read", async () => {
    await using world = await scene();
    world.cf.state.denied.add("service-tokens");
    const seen = await world.hands.observe(asked(["family"], ["ci"]));
    expect(seen).toMatchObject({
      groups: { found: expect.any(Array) },
      tokens: { fault: { code: "CFA-CF-PERMISSION" } },
    });
  });

  it.each<{
    readonly side: "ak" | "cf";
    readonly status: number;
    readonly body: object;
    readonly code: string;
  }>([
    { side: "ak", status: 500, body: {}, code: "CFA-AK-UNREACHABLE" },
    { side: "ak", status: 403, body: { detail: "Token invalid/expired" }, code: "CFA-AK-TOKEN" },
    { side: "cf", status: 500, body: {}, code: "CFA-CF-UNREACHABLE" },
    {
      side: "ak",
      status: 200,
      body: { pagination: { next: 0 }, results: [{ name: "family" }] },
      code: "CFA-AK-REFUSED",
    },
  ])(
    "a failed lookup of names is an error and not an absence ($side with status $status is $code)",
    async ({ side, status, body, code }) => {
      await using world = await scene();
      world[side].controls.fault(
        () => true,
        { kind: "status", status, body },
        Number.POSITIVE_INFINITY,
      );
      await expect(world.hands.observe(asked(["family"], ["ci"]))).rejects.toMatchObject({ code });
    },
  );
});

it.each<{ name: string; now: ReturnType<typeof asked>; known: boolean }>([
  { name: "the same names", now: asked(["family"], ["ci"]), known: true },
  { name: "fewer names", now: asked([]), known: true },
  { name: "another group", now: asked(["admins"]), known: false },
  { name: "another service token", now: asked(["family"], ["uptime"]), known: false },
])("a recent lookup, whether it found the names or not, covers $name: $known", ({ now, known }) => {
  expect(
    isFresh(
      { groups: { found: [] }, tokens: { found: [] }, asked: asked(["family"], ["ci"]) },
      now,
    ),
  ).toBe(known);
});
