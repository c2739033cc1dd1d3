import { describe, expect, it } from "vitest";
import type { Protection } from "../../../../src/core/domain/exposure.ts";
import {
  accessPolicyResource,
  collectUnusedPolicies,
  policyIdsFor,
} from "../../../../src/resources/access-policy/propose.ts";
import { replacedName } from "../../../../src/resources/access-policy/replaced.ts";
import type {
  ObservedAccessPolicies,
  Policy,
} from "../../../../src/resources/access-policy/types.ts";
import { markOwned } from "../../../../src/resources/contract/owned.ts";
import { expressionFor } from "../../../../src/resources/login/claim.ts";
import type { ObservedLogin } from "../../../../src/resources/login/types.ts";
import { anybody, exposure, key, members, only } from "../../../support/builders.ts";
import { MAPPINGS } from "../../../support/observed-login.ts";
import { desiredFor, owner } from "../../../support/observed-state.ts";

const OWNER = owner();
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
interface At {
  readonly policy: ObservedAccessPolicies;
  readonly login: ObservedLogin;
  readonly access: Parameters<ReturnType<typeof collectUnusedPolicies>>[0]["access"];
}

/** With a login that carries the groups admins and family. */
const observedWith = (found: readonly Policy[], more: Partial<At> = {}, method = true): At => ({
  policy: { mine: found.map((it) => markOwned(it)), theirs: [] },
  login: loginSeen(method ? ["openid", "email", "profile", CLAIM] : undefined),
  access: { mine: new Map(), linked: [] },
  ...more,
});

const CLAIM = "cfauth_groups_home";

/** @param scopes - what the login method requests; without it, there is no login method */
const loginSeen = (scopes: readonly string[] | undefined): ObservedLogin =>
  ({
    provider: { scopes: ["m-1"] },
    method: scopes && { id: "idp-1", claims: [CLAIM], config: { scopes } },
    groups: {
      owner: OWNER,
      claim: CLAIM,
      path: MAPPINGS,
      mapping: { pk: "m-1", expression: expressionFor(OWNER, ["admins", "family"]) },
      canWriteMapping: true,
    },
  }) as unknown as ObservedLogin;

const state = (at: At, protection: Protection = members) => {
  const routeExposure = exposure("app.example.com", { protection });
  return accessPolicyResource(OWNER).assess(
    routeExposure.route,
    routeExposure,
    at as never,
    desiredFor(protection),
  );
};

/** The policies that are created one after the other for an audience, until it is in sync. */
function made(
  protection: Protection,
  at: At = observedWith([]),
): readonly Pick<Policy, "name" | "decision" | "include" | "require">[] {
  const it = state(at, protection);
  if (it.is !== "absent" || it.create === undefined || it.create.action !== "create") return [];
  const { desired } = it.create;
  const { exclude: _, ...content } = desired;
  const mine = [...at.policy.mine, markOwned({ id: `p-${at.policy.mine.length}`, ...desired })];
  return [content, ...made(protection, { ...at, policy: { ...at.policy, mine } })];
}

const RIGHT = {
  decision: "allow",
  include: [{ login_method: { id: "idp-1" } }],
  require: [],
  exclude: [],
};

describe("the policy of an audience", () => {
  it("the policy of members admits everyone with the login method", () => {
    expect(state(observedWith([]))).toEqual({
      is: "absent",
      create: {
        kind: "policy",
        action: "create",
        key: `policy ${MEMBERS}`,
        subject: MEMBERS,
        desired: {
          name: MEMBERS,
          decision: "allow",
          include: [{ login_method: { id: "idp-1" } }],
          require: [],
          exclude: [],
        },
      },
    });
  });

  it("the policy of public routes requires no login", () => {
    expect(state(observedWith([]), anybody)).toEqual({
      is: "absent",
      create: {
        kind: "policy",
        action: "create",
        key: `policy ${PUBLIC}`,
        subject: PUBLIC,
        desired: {
          name: PUBLIC,
          decision: "bypass",
          include: [{ everyone: {} }],
          require: [],
          exclude: [],
        },
      },
    });
  });

  it("the policy of members cannot be created before the login method", () => {
    expect(state(observedWith([], {}, false))).toEqual({ is: "absent", create: undefined });
  });

  it("a policy is in sync if it says exactly what is desired", () => {
    expect(
      state(observedWith([policy({ id: "p-0", name: PUBLIC, decision: "bypass" }), policy()])),
    ).toEqual({ is: "in-sync" });
  });

  it.each<{ name: string; found: Policy }>([
    {
      name: "requires something else as well",
      found: policy({ require: [{ geo: { country_code: "DE" } }] }),
    },
    {
      name: "excludes a person",
      found: policy({ exclude: [{ email: { email: "x@example.com" } }] }),
    },
    { name: "admits no one", found: policy({ include: [] }) },
    { name: "blocks everybody", found: policy({ decision: "deny" }) },
  ])("a policy narrowed by hand is updated in place if it $name", ({ found }) => {
    expect(state(observedWith([found]))).toMatchObject({
      is: "drifted",
      changes: undefined,
      repair: { action: "update", existing: found, desired: { name: MEMBERS, ...RIGHT } },
    });
  });

  it.each<{ name: string; found: Policy }>([
    { name: "admits anybody", found: policy({ include: [{ everyone: {} }] }) },
    {
      name: "admits more people",
      found: policy({
        include: [{ login_method: { id: "idp-1" } }, { email: { email: "x@example.com" } }],
      }),
    },
    {
      name: "names another login method",
      found: policy({ include: [{ login_method: { id: "idp-0" } }] }),
    },
    { name: "requires no login", found: policy({ decision: "bypass" }) },
    { name: "accepts service tokens", found: policy({ decision: "non_identity" }) },
  ])("a policy widened by hand is narrowed and given up if it $name", ({ found }) => {
    expect(state(observedWith([found]))).toMatchObject({
      is: "drifted",
      changes: undefined,
      repair: {
        action: "update",
        existing: found,
        desired: { name: "cfauth:home replaced: everyone who logs in with Authentik", ...RIGHT },
      },
    });
    const givenUp = policy({ name: "cfauth:home replaced: everyone who logs in with Authentik" });
    expect(state(observedWith([givenUp]))).toMatchObject({
      is: "absent",
      create: { action: "create", desired: { name: MEMBERS, ...RIGHT } },
    });
  });

  it("a policy is narrowed and given up after somebody removed the condition of an e-mail address", () => {
    const emails = only({ emails: ["ann@example.com"] });
    const [wanted] = made(emails);
    expect(state(observedWith([{ ...policy(), ...wanted, require: [] }]), emails)).toMatchObject({
      repair: {
        desired: {
          name: "cfauth:home replaced: 1 e-mail address #b1741b801f6d0926",
          require: [byLogin],
        },
      },
    });
  });

  it("a public policy cannot be widened and is updated in place", () => {
    const found = policy({ name: PUBLIC, decision: "allow", include: [{ everyone: {} }] });
    expect(state(observedWith([found]), anybody)).toMatchObject({
      repair: { action: "update", desired: { name: PUBLIC, decision: "bypass" } },
    });
  });

  it("a policy is in sync whatever order Cloudflare lists its rules in", () => {
    const emails = only({ emails: ["@b.example.com", "a@example.com"], groups: ["family"] });
    const [wanted] = made(emails);
    const found = {
      ...policy(),
      ...wanted,
      include: [
        { email: { email: "a@example.com" } },
        { oidc: { identity_provider_id: "idp-1", claim_value: "family", claim_name: CLAIM } },
        { email_domain: { domain: "b.example.com" } },
      ].toSorted((a, b) => (Object.keys(a).join() < Object.keys(b).join() ? -1 : 1)),
    };
    expect(state(observedWith([found]), emails)).toEqual({ is: "in-sync" });
  });
});

const byLogin = { login_method: { id: "idp-1" } };
const memberOf = (claim_value: string, claim_name = CLAIM) => ({
  oidc: { claim_name, claim_value, identity_provider_id: "idp-1" },
});

describe("who may enter", () => {
  it.each<{ name: string; audience: Parameters<typeof only>[0]; rules: object[] }>([
    {
      name: "members of a group are recognised by the claim of the login",
      audience: { groups: ["family"] },
      rules: [
        {
          name: "cfauth:home members of family",
          decision: "allow",
          include: [memberOf("family")],
          require: [],
        },
      ],
    },
    {
      name: "members of any of the groups may enter",
      audience: { groups: ["admins", "family"] },
      rules: [
        {
          name: "cfauth:home members of admins or family",
          decision: "allow",
          include: [memberOf("admins"), memberOf("family")],
          require: [],
        },
      ],
    },
    {
      name: "an e-mail address counts only as Authentik has it",
      audience: { emails: ["ann@example.com"] },
      rules: [
        {
          name: "cfauth:home 1 e-mail address #b1741b801f6d0926",
          decision: "allow",
          include: [{ email: { email: "ann@example.com" } }],
          require: [byLogin],
        },
      ],
    },
    {
      name: "everyone of a domain and one more address may enter",
      audience: { emails: ["@example.com", "bob@example.net"] },
      rules: [
        {
          name: "cfauth:home 2 e-mail addresses #20c39a72e0b63457",
          decision: "allow",
          include: [
            { email: { email: "bob@example.net" } },
            { email_domain: { domain: "example.com" } },
          ],
          require: [byLogin],
        },
      ],
    },
    {
      name: "members of a group and an address may enter",
      audience: { groups: ["family"], emails: ["ann@example.com"] },
      rules: [
        {
          name: "cfauth:home members of family and 1 e-mail address #b1741b801f6d0926",
          decision: "allow",
          include: [{ email: { email: "ann@example.com" } }, memberOf("family")],
          require: [byLogin],
        },
      ],
    },
    {
      name: "a service token needs no login and is checked before people",
      audience: {
        tokens: [
          { id: "t-2", name: "ci" },
          { id: "t-1", name: "uptime" },
        ],
      },
      rules: [
        {
          name: "cfauth:home service token ci or uptime",
          decision: "non_identity",
          include: [{ service_token: { token_id: "t-1" } }, { service_token: { token_id: "t-2" } }],
          require: [],
        },
        { name: MEMBERS, decision: "allow", include: [byLogin], require: [] },
      ],
    },
    {
      name: "any service token and members of a group may enter",
      audience: { groups: ["family"], tokens: "any" },
      rules: [
        {
          name: "cfauth:home any service token",
          decision: "non_identity",
          include: [{ any_valid_service_token: {} }],
          require: [],
        },
        {
          name: "cfauth:home members of family",
          decision: "allow",
          include: [memberOf("family")],
          require: [],
        },
      ],
    },
  ])("$name", ({ audience, rules }) => {
    expect(made(only(audience))).toEqual(rules);
  });

  it("the policy of a group waits until the login carries the group", () => {
    const family = only({ groups: ["family"] });
    expect(
      state(observedWith([], { login: loginSeen(["openid", "email", "profile"]) }), family),
    ).toEqual({
      is: "absent",
      create: undefined,
    });
    expect(state(observedWith([]), only({ groups: ["guests"] }))).toEqual({
      is: "absent",
      create: undefined,
    });
  });

  it("the policy of a service token also waits while the audience is only partly known", () => {
    expect(made(only({ groups: ["guests"], tokens: "any" }))).toEqual([]);
  });

  it("members are recognised by their direct groups if no mapping can be created", () => {
    const login = {
      ...loginSeen([]),
      groups: {
        owner: OWNER,
        claim: CLAIM,
        path: MAPPINGS,
        mapping: undefined,
        canWriteMapping: false,
      },
    };
    const direct = { ...login, method: { ...login.method, claims: ["groups"] } } as ObservedLogin;
    expect(made(only({ groups: ["family"] }), observedWith([], { login: direct }))).toMatchObject([
      { include: [memberOf("family", "groups")] },
    ]);
  });

  it("a recreated service token with the same name is admitted, and the old one no longer is", () => {
    const ci = (id: string) => only({ tokens: [{ id, name: "ci" }] });
    const [tokens] = made(ci("old"));
    const found = { ...policy(), ...tokens };
    expect(state(observedWith([found, policy({ id: "p-2" })]), ci("new"))).toMatchObject({
      is: "drifted",
      repair: {
        action: "update",
        existing: found,
        desired: {
          name: replacedName(found.name),
          include: [{ service_token: { token_id: "new" } }],
        },
      },
    });
  });
});

describe("the policies that an application links", () => {
  const tokens = policy({ id: "p-tokens", name: "cfauth:home any service token" });
  const family = policy({ id: "p-family", name: "cfauth:home members of family" });
  const protection = only({ groups: ["family"], tokens: "any", policies: ["friends", "aunts"] });

  it("an application links bypass policies first, then our people, then the user's policies", () => {
    expect(policyIdsFor(OWNER, protection, observedWith([family, tokens]).policy)).toEqual([
      "p-tokens",
      "p-family",
      "friends",
      "aunts",
    ]);
  });

  it("an application links nothing while one of our policies does not exist", () => {
    expect(policyIdsFor(OWNER, protection, observedWith([family]).policy)).toBeUndefined();
  });
});

describe("a policy of ours that no route needs", () => {
  const used = (id: string): Partial<At> => ({
    access: {
      mine: new Map([[key("app.example.com"), markOwned({ policies: [id] } as never)]]),
      linked: [],
    },
  });

  it.each<{ name: string; at: At; wished: readonly Protection[]; gone: readonly string[] }>([
    {
      name: "an unused policy is deleted",
      at: observedWith([policy()]),
      wished: [],
      gone: [MEMBERS],
    },
    {
      name: "an unused policy is deleted if only another audience is desired",
      at: observedWith([policy()]),
      wished: [anybody],
      gone: [MEMBERS],
    },
    {
      name: "a policy stays if its audience is desired",
      at: observedWith([policy()]),
      wished: [members],
      gone: [],
    },
    {
      name: "a policy stays while an application of ours uses it",
      at: observedWith([policy()], used("p-1")),
      wished: [],
      gone: [],
    },
    {
      name: "a policy stays while a foreign application uses it",
      at: observedWith([policy()], { access: { mine: new Map(), linked: ["p-1"] } }),
      wished: [],
      gone: [],
    },
    {
      name: "a policy that was given up stays while an application of ours uses it",
      at: observedWith([policy({ name: replacedName(MEMBERS) })], used("p-1")),
      wished: [members],
      gone: [],
    },
    {
      name: "a policy that was given up is deleted with the last application that used it",
      at: observedWith([policy({ name: replacedName(MEMBERS) })]),
      wished: [members],
      gone: [replacedName(MEMBERS)],
    },
    {
      name: "a policy with a name that this version never gives is deleted",
      at: observedWith([policy({ name: "cfauth:home something of old" })]),
      wished: [members],
      gone: ["cfauth:home something of old"],
    },
    {
      name: "a duplicate from a late write is deleted",
      at: observedWith([policy({ id: "p-2" }), policy()]),
      wished: [members],
      gone: [MEMBERS],
    },
    {
      name: "a duplicate stays while it is used",
      at: observedWith([policy(), policy({ id: "p-2" })], used("p-2")),
      wished: [members],
      gone: [],
    },
    {
      name: "a policy of machines is deleted with the last route that admits them, even if the policy of people stays",
      at: observedWith([
        policy({ id: "p-2", name: "cfauth:home any service token", decision: "non_identity" }),
        policy(),
      ]),
      wished: [members],
      gone: ["cfauth:home any service token"],
    },
    {
      name: "a policy stays for another route with the same audience",
      at: observedWith([policy({ name: "cfauth:home members of family" })]),
      wished: [members, only({ groups: ["family"] })],
      gone: [],
    },
  ])("$name", ({ at, wished, gone }) => {
    expect(
      collectUnusedPolicies(OWNER)(at, desiredFor(...wished)).map(({ subject }) => subject),
    ).toEqual(gone);
  });
});

it("a policy that the user keeps is never deleted", () => {
  const theirs = [{ id: "friends", name: "Friends", decision: "allow" }];
  expect(
    collectUnusedPolicies(OWNER)(observedWith([], { policy: { mine: [], theirs } }), desiredFor()),
  ).toEqual([]);
});
