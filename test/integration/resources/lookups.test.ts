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

describe("names that labels speak of", () => {
  it("are looked up only where a label speaks of one", async () => {
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

  it("are found, every one on every page, without the users of a group", async () => {
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

  it("are never written", async () => {
    await using world = await scene();
    await world.hands.observe(asked(["family", "nobody"], ["ci"]));
    expect([...world.ak.controls.writes(), ...world.cf.controls.writes()]).toEqual([]);
  });

  it("that cannot be looked up for want of a permission are unknown, and the permission is named", async () => {
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

  it("of one side are known though the other side may not be read", async () => {
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
    "that cannot be read for another reason are no absence: $side $status is $code",
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
])(
  "a name that was looked for is not looked for again at once, found or not: $name",
  ({ now, known }) => {
    expect(
      isFresh(
        { groups: { found: [] }, tokens: { found: [] }, asked: asked(["family"], ["ci"]) },
        now,
      ),
    ).toBe(known);
  },
);
