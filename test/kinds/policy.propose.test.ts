import { describe, expect, it } from "vitest";
import { claim } from "../../src/kinds/mine.ts";
import { policyRung, unusedPolicies } from "../../src/kinds/policy/propose.ts";
import type { Policy } from "../../src/kinds/policy/seen.ts";
import type { World } from "../../src/kinds/world.ts";
import { decide, noMemory } from "../../src/plan/decide.ts";
import { anybody, exposure, key, members } from "../builders.ts";
import { emptyWorld, OWNER } from "../plan/model.ts";

const MEMBERS = "cfauth:home everyone who logs in with Authentik";
const PUBLIC = "cfauth:home public, no login";
const policy = (more: Partial<Policy> = {}): Policy => ({
  id: "p-1",
  name: MEMBERS,
  decision: "allow",
  include: [{ login_method: { id: "idp-1" } }],
  require: [],
  exclude: [],
  ...more,
});
const world = (found: readonly Policy[], more: Partial<World> = {}, method = true): World => {
  const empty = emptyWorld();
  return {
    ...empty,
    policy: { mine: found.map((it) => claim(it)) },
    login: { ...empty.login, method: method ? claim({ id: "idp-1", name: "Authentik", config: {} as never, kept: {} }) : undefined },
    ...more,
  };
};
const wishing = (...protections: (typeof members)[]) =>
  decide(
    [{ exposures: protections.map((protection, at) => exposure(`app${at}.example.com`, { protection })), faulty: [], problems: [] }],
    [],
    () => false,
    noMemory,
    { graceMs: 0, startupGraceMs: 0 },
    0,
  ).desired;
const stance = (at: World, protection = members) => {
  const wish = exposure("app.example.com", { protection });
  return policyRung(OWNER).stance(wish.route, wish, at, wishing(protection));
};

describe("the policy of an audience", () => {
  it("of members lets in whoever comes by the login method", () => {
    expect(stance(world([]))).toEqual({
      is: "absent",
      open: {
        kind: "policy",
        action: "create",
        key: `policy ${MEMBERS}`,
        subject: MEMBERS,
        wish: { name: MEMBERS, decision: "allow", include: [{ login_method: { id: "idp-1" } }] },
      },
    });
  });

  it("of anybody asks for no login", () => {
    expect(stance(world([]), anybody)).toEqual({
      is: "absent",
      open: {
        kind: "policy",
        action: "create",
        key: `policy ${PUBLIC}`,
        subject: PUBLIC,
        wish: { name: PUBLIC, decision: "bypass", include: [{ everyone: {} }] },
      },
    });
  });

  it("of members can not be made before the login method", () => {
    expect(stance(world([], {}, false))).toEqual({ is: "absent", open: undefined });
  });

  it("stands when it says just that", () => {
    expect(stance(world([policy({ id: "p-0", name: PUBLIC, decision: "bypass" }), policy()]))).toEqual({ is: "stands" });
  });

  it.each<{ name: string; found: Policy }>([
    { name: "lets anybody in", found: policy({ include: [{ everyone: {} }] }) },
    { name: "lets more people in", found: policy({ include: [{ login_method: { id: "idp-1" } }, { email: { email: "x@example.com" } }] }) },
    { name: "names another login method", found: policy({ include: [{ login_method: { id: "idp-0" } }] }) },
    { name: "decides otherwise", found: policy({ decision: "bypass" }) },
    { name: "requires something else", found: policy({ require: [{ geo: { country_code: "DE" } }] }) },
    { name: "keeps somebody out", found: policy({ exclude: [{ email: { email: "x@example.com" } }] }) },
  ])("is mended in place when it $name", ({ found }) => {
    expect(stance(world([found]))).toMatchObject({
      is: "drifted",
      moves: undefined,
      mend: { action: "update", at: found, wish: { name: MEMBERS, decision: "allow", include: [{ login_method: { id: "idp-1" } }] } },
    });
  });
});

describe("a policy of ours that no route wishes", () => {
  const used = (id: string): Partial<World> => ({
    access: { ...emptyWorld().access, mine: new Map([[key("app.example.com"), claim({ policies: [id] } as never)]]) },
  });

  it.each<{ name: string; at: World; wished: readonly (typeof members)[]; gone: readonly string[] }>([
    { name: "goes", at: world([policy()]), wished: [], gone: [MEMBERS] },
    { name: "goes when only the other audience is wished", at: world([policy()]), wished: [anybody], gone: [MEMBERS] },
    { name: "stays when its audience is wished", at: world([policy()]), wished: [members], gone: [] },
    { name: "stays while an application of ours uses it", at: world([policy()], used("p-1")), wished: [], gone: [] },
    {
      name: "stays while an application of somebody else uses it",
      at: world([policy()], { access: { ...emptyWorld().access, linked: ["p-1"] } }),
      wished: [],
      gone: [],
    },
    {
      name: "of a name that no version of now gives goes",
      at: world([policy({ name: "cfauth:home something of old" })]),
      wished: [members],
      gone: ["cfauth:home something of old"],
    },
    { name: "that a late write made a second time goes", at: world([policy({ id: "p-2" }), policy()]), wished: [members], gone: [MEMBERS] },
    {
      name: "stays as long as it is used, though there is a second one",
      at: world([policy(), policy({ id: "p-2" })], used("p-2")),
      wished: [members],
      gone: [],
    },
  ])("$name", ({ at, wished, gone }) => {
    expect(unusedPolicies(at, wishing(...wished)).map(({ subject }) => subject)).toEqual(gone);
  });
});
