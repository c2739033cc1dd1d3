import { describe, expect, it } from "vitest";
import type { DesiredState } from "../../../../src/core/plan/types.ts";
import type { ObservedLogin } from "../../../../src/resources/login/types.ts";
import { anybody, only } from "../../../support/builders.ts";
import {
  CONFIG,
  DESIRED_PROVIDER,
  groups,
  MAPPINGS,
  method,
  NAME,
  proposeLogin,
  provider,
  SLUG,
} from "../../../support/observed-login.ts";
import { desiredFor, desiredForGroups } from "../../../support/observed-state.ts";

const NONE = `# Made by cfauth (home): the groups that its routes ask for, inherited ones too.
wanted = []
return {"cfauth_groups_home": [group.name for group in request.user.all_groups() if group.name in wanted]}`;
const listing = (list: string) => NONE.replace("[]", list);
const mapped = (list: string) => groups({ mapping: { pk: "m-1", expression: listing(list) } });
const OWN = { ...CONFIG, scopes: ["openid", "email", "profile", "cfauth_groups_home"] };
const CARRIED: Partial<ObservedLogin> = {
  groups: mapped('["family"]'),
  provider: provider({ scopes: ["s-1", "s-2", "m-1"] }),
  method: method({ config: OWN, claims: ["cfauth_groups_home"] }),
};

describe("the groups in a login", () => {
  it.each<{ name: string; desired: DesiredState }>([
    { name: "no route is desired", desired: desiredFor() },
    { name: "everyone who can log in may enter", desired: desiredForGroups() },
    { name: "routes are public", desired: desiredFor(anybody) },
    {
      name: "only e-mail addresses may enter",
      desired: desiredFor(only({ emails: ["a@example.com"] })),
    },
  ])("a login carries no groups while $name", ({ desired }) => {
    expect(proposeLogin({}, desired)).toEqual({ changes: [], problems: [], ready: true });
  });

  it.each<{ name: string; more: Partial<ObservedLogin>; change: object }>([
    {
      name: "first the mapping lists all groups that labels ask for",
      more: {},
      change: {
        action: "create",
        key: "login-groups",
        subject: "cfauth (home): groups",
        existing: undefined,
        path: MAPPINGS,
        expression: listing('["admins","family"]'),
      },
    },
    {
      name: "then the provider has the mapping beside its other ones",
      more: {
        groups: mapped('["admins","family"]'),
        provider: provider({ scopes: ["s-1", "s-2", "s-mine"] }),
      },
      change: {
        action: "update",
        key: "login-provider",
        subject: SLUG,
        existing: provider({ scopes: ["s-1", "s-2", "s-mine"] }),
        desired: { ...DESIRED_PROVIDER, scopes: ["s-1", "s-2", "s-mine", "m-1"] },
      },
    },
    {
      name: "then the login method requests the scope beside those of other owners and the user",
      more: {
        ...CARRIED,
        groups: mapped('["admins","family"]'),
        method: method({
          config: {
            ...CONFIG,
            scopes: ["openid", "email", "profile", "cfauth_groups_other", "entitlements"],
          },
          claims: ["cfauth_groups_other", "entitlements"],
        }),
      },
      change: {
        action: "update",
        key: "login-method",
        subject: NAME,
        existing: method({
          config: {
            ...CONFIG,
            scopes: ["openid", "email", "profile", "cfauth_groups_other", "entitlements"],
          },
          claims: ["cfauth_groups_other", "entitlements"],
        }),
        name: NAME,
        config: {
          ...CONFIG,
          scopes: [
            "openid",
            "email",
            "profile",
            "cfauth_groups_home",
            "cfauth_groups_other",
            "entitlements",
          ],
        },
        claims: ["cfauth_groups_home", "cfauth_groups_other", "entitlements"],
        secret: "secret",
      },
    },
  ])(
    "a login gets its groups step by step, without holding up other routes: $name",
    ({ more, change }) => {
      expect(proposeLogin(more, desiredForGroups("family", "admins"))).toEqual({
        changes: [{ kind: "login", ...change }],
        problems: [],
        ready: true,
      });
    },
  );

  it("groups hold up every route while nobody can log in at all", () => {
    expect(proposeLogin({ method: undefined }, desiredForGroups("family"))).toMatchObject({
      changes: [{ key: "login-groups" }],
      ready: false,
    });
    const old = method({ name: "Authentik (cf-tunnel-access) #00000000" });
    expect(proposeLogin({ method: old }, desiredForGroups("family"))).toMatchObject({
      changes: [{ key: "login-groups" }],
      ready: false,
    });
  });

  it("a new login method is created with the groups", () => {
    expect(
      proposeLogin({ ...CARRIED, method: undefined }, desiredForGroups("family")),
    ).toMatchObject({
      changes: [
        { action: "create", key: "login-method", config: OWN, claims: ["cfauth_groups_home"] },
      ],
    });
  });

  it("a route that asks for another group adds it to the login", () => {
    expect(proposeLogin(CARRIED, desiredForGroups("admins"))).toMatchObject({
      changes: [
        {
          action: "update",
          key: "login-groups",
          existing: { pk: "m-1" },
          expression: listing('["admins","family"]'),
        },
      ],
      ready: true,
    });
  });

  it("groups are never removed from the login", () => {
    expect(proposeLogin(CARRIED, desiredFor())).toEqual({ changes: [], problems: [], ready: true });
  });

  it.each<{ name: string; expression: string }>([
    {
      name: "lists every group",
      expression: 'return {"cfauth_groups_home": [g.name for g in request.user.all_groups()]}',
    },
    {
      name: "lists the direct groups",
      expression: listing('["family"]').replace("all_groups()", "groups.all()"),
    },
    { name: "has another scope", expression: "" },
    { name: "has its list in another order", expression: listing('["family","admins"]') },
    { name: "has an invalid list", expression: listing('["family", oops]') },
  ])("the mapping is repaired if somebody changed it so that it $name", ({ expression }) => {
    expect(
      proposeLogin(
        { ...CARRIED, groups: groups({ mapping: { pk: "m-1", expression } }) },
        desiredForGroups("admins", "family"),
      ),
    ).toMatchObject({
      changes: [
        { action: "update", key: "login-groups", expression: listing('["admins","family"]') },
      ],
    });
  });
});

describe("a token that may not create a mapping", () => {
  const readOnly = groups({ canWriteMapping: false });
  const direct = method({ claims: ["groups"] });

  it("the claim of the direct groups is used beside existing ones if the token may not create a mapping", () => {
    expect(
      proposeLogin(
        { groups: readOnly, method: method({ claims: ["entitlements"] }) },
        desiredForGroups("family"),
      ),
    ).toMatchObject({
      changes: [
        {
          action: "update",
          key: "login-method",
          config: CONFIG,
          claims: ["entitlements", "groups"],
        },
      ],
      ready: true,
    });
  });

  it("the login is in sync without a mapping, and a diagnostic reports that indirect members are locked out", () => {
    expect(
      proposeLogin({ groups: readOnly, method: direct }, desiredForGroups("family")),
    ).toMatchObject({
      changes: [],
      ready: true,
      problems: [
        {
          code: "CFA-GROUP-DIRECT",
          severity: "warning",
          effect: "unchanged",
          fix: expect.stringContaining("authentik_providers_oauth2.add_scopemapping"),
        },
      ],
    });
  });

  it("no diagnostic is reported while no route asks for a group", () => {
    expect(proposeLogin({ groups: readOnly, method: direct })).toEqual({
      changes: [],
      problems: [],
      ready: true,
    });
  });

  it("an existing mapping with all groups counts even if the token may not change it", () => {
    const there = { ...CARRIED, groups: { ...mapped('["family"]'), canWriteMapping: false } };
    expect(proposeLogin(there, desiredForGroups("family"))).toEqual({
      changes: [],
      problems: [],
      ready: true,
    });
    expect(proposeLogin(there, desiredForGroups("admins"))).toMatchObject({
      changes: [{ claims: ["cfauth_groups_home", "groups"] }],
    });
  });
});
