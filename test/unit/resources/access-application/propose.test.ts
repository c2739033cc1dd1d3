import { describe, expect, it } from "vitest";
import type { Exposure, Protection } from "../../../../src/core/domain/exposure.ts";
import { composeProject } from "../../../../src/core/domain/party.ts";
import { routeKey } from "../../../../src/core/domain/route.ts";
import { EMPTY_MEMORY, resolveDesired } from "../../../../src/core/plan/desired-state.ts";
import { diagnoseOverruledApplications } from "../../../../src/resources/access-application/conflict.ts";
import {
  accessApplicationResource,
  collectDuplicateApplications,
  tagPrerequisite,
} from "../../../../src/resources/access-application/propose.ts";
import type {
  AccessApplication,
  ObservedAccessApplications,
} from "../../../../src/resources/access-application/types.ts";
import type { Policy } from "../../../../src/resources/access-policy/types.ts";
import { markOwned } from "../../../../src/resources/contract/owned.ts";
import type { RawRule } from "../../../../src/resources/ingress-rule/types.ts";
import {
  anybody,
  exposure,
  hostname,
  key,
  NOTHING_RUNS,
  only,
  route,
} from "../../../support/builders.ts";
import { emptyAccount, OWNER } from "../../core/plan/model.ts";

const APP = "app.example.com";
const policy = (
  id: string,
  words: string,
  decision: string,
  include: readonly unknown[] = [],
): Policy => ({
  id,
  name: `cfauth:home ${words}`,
  decision,
  include,
  require: [],
  exclude: [],
});
const policies = [
  markOwned(
    policy("p-members", "everyone who logs in with Authentik", "allow", [
      { login_method: { id: "idp-1" } },
    ]),
  ),
  markOwned(policy("p-public", "public, no login", "bypass")),
];
const method = markOwned({
  id: "idp-1",
  name: "Authentik",
  config: {} as never,
  claims: [],
  unmanagedFields: {},
});
const launcher = { visible: true, logo: undefined };

const as = (more: Partial<AccessApplication> = {}): AccessApplication => ({
  id: "app-1",
  aud: "aud-1",
  route: key(APP),
  name: APP,
  allowedIdps: ["idp-1"],
  autoRedirect: true,
  session: "24h",
  tags: ["cfauth-home"],
  policies: ["p-members"],
  launcher,
  unmanagedFields: {},
  ...more,
});
const empty = emptyAccount();
/** Our record of the hostname. */
const recorded = {
  mine: new Map([
    [
      hostname(APP),
      markOwned({
        id: "r",
        zone: "z",
        name: hostname(APP),
        type: "CNAME",
        content: "t",
        proxied: true,
      }),
    ],
  ]),
};
const observedWith = (
  application?: AccessApplication,
  more: Partial<ObservedAccessApplications> = {},
  parts = { policies, method: method as typeof method | undefined },
) => ({
  access: {
    ...empty.access,
    mine: new Map(application && [[application.route, markOwned(application)]]),
    theirs: [],
    ...more,
  },
  policy: {
    mine: parts.policies,
    theirs: [{ id: "p-theirs", name: "Friends", decision: "allow" }],
  },
  login: { method: parts.method },
  ingress: { ...empty.ingress, rules: [] as readonly RawRule[] },
  dns: { mine: empty.dns.mine },
});
const { desired } = resolveDesired(
  [],
  [],
  NOTHING_RUNS,
  EMPTY_MEMORY,
  { graceMs: 0, startupGraceMs: 0 },
  0,
);
const state = (at: ReturnType<typeof observedWith>, target: Exposure | undefined = exposure(APP)) =>
  accessApplicationResource(OWNER).assess(target.route, target, at, desired);
const DESIRED = {
  route: APP,
  name: APP,
  idp: "idp-1",
  session: "24h",
  tag: "cfauth-home",
  policies: ["p-members"],
  launcher,
};

describe("the application of a desired route", () => {
  it("a new application has the policy of its audience, the login method and our tag", () => {
    expect(state(observedWith())).toEqual({
      is: "absent",
      create: {
        kind: "access",
        action: "create",
        key: `access ${APP}`,
        subject: APP,
        desired: DESIRED,
      },
    });
  });

  it("the application of a public route has the policy that admits anybody", () => {
    expect(state(observedWith(), exposure(APP, { protection: anybody }))).toMatchObject({
      is: "absent",
      create: { desired: { policies: ["p-public"], session: "24h" } },
    });
  });

  it("a new application has the session that the label asks for", () => {
    expect(
      state(
        observedWith(),
        exposure(APP, { protection: { ...only({}), session: "168h" } as Protection }),
      ),
    ).toMatchObject({
      create: { desired: { session: "168h" } },
    });
  });

  it.each([
    { name: "its policy exists", parts: { policies: [], method } },
    { name: "the login method exists", parts: { policies, method: undefined } },
  ])("an application cannot be created before $name", ({ parts }) => {
    expect(state(observedWith(undefined, {}, parts))).toEqual({ is: "absent", create: undefined });
  });

  it("an application is in sync whatever fields the user added", () => {
    expect(
      state(
        observedWith(
          as({
            launcher: { visible: true, logo: "https://example.com/x.png" },
            unmanagedFields: { same_site_cookie_attribute: "lax" },
            tags: ["cfauth-home", "mine"],
          }),
        ),
      ),
    ).toEqual({ is: "in-sync" });
  });

  it.each<{ name: string; found: AccessApplication; moves: "audience" | undefined }>([
    { name: "admits nobody", found: as({ policies: [] }), moves: "audience" },
    // A policy of the user's with the action Allow: everyone who logs in is admitted now.
    {
      name: "admits other people as well",
      found: as({ policies: ["p-members", "p-theirs"] }),
      moves: "audience",
    },
    {
      name: "asks which login method to use",
      found: as({ autoRedirect: false }),
      moves: undefined,
    },
    { name: "has another session", found: as({ session: "1h" }), moves: undefined },
    { name: "has another name", found: as({ name: "Wiki" }), moves: undefined },
    { name: "has lost its tag", found: as({ tags: [] }), moves: undefined },
    {
      name: "is hidden from the App Launcher",
      found: as({ launcher: { visible: false, logo: undefined } }),
      moves: undefined,
    },
  ])("an application is updated if it $name", ({ found, moves }) => {
    expect(state(observedWith(found))).toEqual({
      is: "drifted",
      changes: moves,
      repair: {
        kind: "access",
        action: "update",
        key: `access ${APP}`,
        subject: APP,
        existing: found,
        desired: DESIRED,
      },
      remove: {
        kind: "access",
        action: "delete",
        key: `access ${APP}`,
        subject: APP,
        existing: found,
        replacedFor: exposure(APP).party,
      },
    });
  });

  it("a replacement keeps what the user set on the earlier application, but not on another party's", () => {
    const left = {
      party: exposure(APP).party,
      unmanagedFields: { custom_deny_url: "https://example.com/no" },
      tags: ["cfauth-home", "mine"],
    };
    const replaced = (more: Partial<typeof left> = {}) =>
      state(observedWith(undefined, { replaced: new Map([[key(APP), { ...left, ...more }]]) }));
    expect(replaced()).toMatchObject({ create: { desired: { ...DESIRED, inherits: left } } });
    expect(replaced({ party: composeProject("another") })).toEqual(state(observedWith()));
  });

  it("an application is deleted, never left open, while its policy does not exist", () => {
    expect(
      state(observedWith(as({ policies: ["p-public"] }), {}, { policies: [], method })),
    ).toMatchObject({
      is: "drifted",
      changes: "audience",
      repair: { action: "delete" },
      remove: { action: "delete" },
    });
  });
});

describe("an application whose audience changes", () => {
  const FAMILY = markOwned(
    policy("p-family", "members of family", "allow", [
      { oidc: { claim_name: "c", claim_value: "family", identity_provider_id: "idp-1" } },
    ]),
  );
  const ADMINS = markOwned(
    policy("p-admins", "members of admins", "allow", [
      { oidc: { claim_name: "c", claim_value: "admins", identity_provider_id: "idp-1" } },
    ]),
  );
  const TOKEN = markOwned(
    policy("p-token", "service token backup", "non_identity", [
      { service_token: { token_id: "t" } },
    ]),
  );
  const REPLACED = markOwned(
    policy("p-replaced", "replaced: members of family", "allow", FAMILY.include),
  );
  const all = { policies: [...policies, FAMILY, ADMINS, TOKEN, REPLACED], method };
  const open = exposure(APP, { protection: anybody });
  const family = exposure(APP, { protection: only({ groups: ["family"] }) });
  const backup = exposure(APP, {
    protection: only({ groups: ["family"], tokens: [{ id: "t", name: "backup" }] }),
  });
  const checked: RawRule = {
    hostname: APP,
    service: "http://app:80",
    originRequest: {
      access: { required: true, teamName: "team", audTag: ["aud-1", "cfauth:home"] },
    },
  };
  /** The application together with its rule. */
  const routed = (application: AccessApplication, rule: RawRule = checked) => ({
    ...observedWith(application, {}, all),
    ingress: { ...empty.ingress, rules: [rule] },
  });
  const ENDING = `${APP} · ending old logins`;

  it.each([
    {
      name: "from a group to everyone",
      found: ["p-family"],
      target: exposure(APP),
      policies: ["p-members"],
    },
    {
      name: "from a group to anybody at all",
      found: ["p-family"],
      target: exposure(APP, { protection: anybody }),
      policies: ["p-public"],
    },
    {
      name: "by a service token",
      found: ["p-family"],
      target: backup,
      policies: ["p-token", "p-family"],
    },
  ])(
    "an application whose audience only grows is updated once and keeps its logins: $name",
    ({ found, target: exposure, policies: wanted }) => {
      expect(state(routed(as({ policies: found })), exposure)).toMatchObject({
        is: "drifted",
        changes: "audience",
        repair: { action: "update", desired: { name: APP, policies: wanted } },
      });
    },
  );

  it.each([
    { name: "everyone", found: as({ policies: ["p-members"] }) },
    { name: "another group", found: as({ policies: ["p-admins"] }) },
    { name: "people admitted by a policy that is gone", found: as({ policies: ["p-gone"] }) },
    {
      name: "people admitted by our policy after somebody widened it",
      found: as({ policies: ["p-replaced"] }),
    },
    {
      name: "people admitted by another policy beside ours",
      found: as({ policies: ["p-family", "p-theirs"] }),
    },
    { name: "people for a longer session", found: as({ policies: ["p-family"], session: "720h" }) },
    {
      name: "people for a session that cannot be parsed",
      found: as({ policies: ["p-family"], session: "for ever" }),
    },
    {
      name: "people with another login method",
      found: as({ policies: ["p-family"], allowedIdps: ["idp-1", "idp-0"] }),
    },
    {
      name: "people with any login method",
      found: as({ policies: ["p-family"], allowedIdps: [] }),
    },
    {
      name: "people whose logins are not revoked yet",
      found: as({ policies: ["p-family"], name: ENDING }),
    },
  ])(
    "an application is replaced if it admitted $name, so that no late edge can issue a login for the new one",
    ({ found }) => {
      expect(state(routed(found), family)).toMatchObject({
        is: "drifted",
        changes: "audience",
        repair: { action: "delete" },
      });
    },
  );

  it.each([
    {
      name: "a shorter session",
      found: as({ policies: ["p-family"], session: "1h" }),
      target: family,
    },
    {
      name: "a longer session and a public page",
      found: as({ policies: ["p-public"], session: "720h" }),
      target: open,
    },
  ])("an application is updated in place if it had $name", ({ found, target: exposure }) => {
    const rule = exposure === open ? { hostname: APP, service: "http://app:80" } : checked;
    expect(state(routed(found, rule), exposure)).toMatchObject({
      is: "drifted",
      changes: undefined,
      repair: { action: "update" },
    });
  });

  it("an application is marked while its rule checks no login, and waits for the rule", () => {
    const unchecked: RawRule = { hostname: APP, service: "http://app:80" };
    expect(state(routed(as({ policies: ["p-public"] }), unchecked), family)).toMatchObject({
      repair: { action: "update", desired: { name: ENDING, policies: ["p-family"] } },
    });
    expect(state(routed(as({ policies: ["p-family"], name: ENDING }), unchecked), family)).toEqual({
      is: "in-sync",
    });
  });

  it("an application keeps the revocation mark if it changes again before its logins are revoked", () => {
    const unchecked: RawRule = { hostname: APP, service: "http://app:80" };
    expect(
      state(routed(as({ policies: ["p-family"], name: ENDING }), unchecked), exposure(APP)),
    ).toMatchObject({
      repair: { desired: { name: ENDING, policies: ["p-members"] } },
    });
  });

  it("an application with service tokens is replaced", () => {
    expect(state(routed(as({ policies: ["p-token", "p-members"] })), backup)).toMatchObject({
      repair: { action: "delete" },
    });
  });

  it("an application is not deleted while its rule checks no login, because the rule comes first", () => {
    const open: RawRule = { hostname: APP, service: "http://app:80" };
    expect(state(routed(as({ policies: ["p-public"] }), open), backup)).toMatchObject({
      repair: { action: "update", desired: { name: ENDING } },
    });
    expect(
      state(routed(as({ policies: ["p-token", "p-family"], name: ENDING }), open), backup),
    ).toEqual({ is: "in-sync" });
    expect(
      state(routed(as({ policies: ["p-token", "p-family"], name: ENDING })), backup),
    ).toMatchObject({ repair: { action: "delete" } });
  });

  it("an application waits until its unmarked rule is gone, because without the application the rule would look foreign", () => {
    const earlier = {
      ...checked,
      originRequest: { access: { required: true, teamName: "team", audTag: ["aud-1"] } },
    };
    expect(
      state(routed(as({ policies: ["p-token", "p-members"] }), earlier), backup),
    ).toMatchObject({ is: "drifted", dependentsFirst: true });
  });

  it("an application is replaced if another route of the container lies inside it", () => {
    const inner = exposure(`${APP}/api`, { protection: only({ groups: ["admins"] }) });
    const both = resolveDesired(
      [{ exposures: [exposure(APP), inner], faulty: [], problems: [] }],
      [],
      NOTHING_RUNS,
      EMPTY_MEMORY,
      { graceMs: 0, startupGraceMs: 0 },
      0,
    );
    expect(
      accessApplicationResource(OWNER).assess(
        route(APP),
        exposure(APP),
        routed(as({ policies: ["p-family"] })),
        both.desired,
      ),
    ).toMatchObject({
      repair: { action: "delete" },
    });
  });
});

describe("a foreign application", () => {
  const theirs = (...covers: string[]) => [
    {
      id: "t",
      name: "Their app",
      type: "self_hosted",
      destinations: covers,
      bypasses: false,
      unmanagedFields: {},
    },
  ];

  it("a foreign application on exactly this route is left alone and reported", () => {
    expect(state(observedWith(undefined, { theirs: theirs("other.example.com", APP) }))).toEqual({
      is: "conflict",
      problem: {
        code: "CFA-CONFLICT-ACCESS",
        severity: "error",
        container: "app",
        label: "cfauth.hostname",
        route: APP,
        message: 'the Access application "Their app" covers app.example.com and is not cfauth\'s',
        about: "",
        effect: "closed",
        fix: 'delete it under Zero Trust → Access → Applications, set cfauth.adopt: "true" on container app to take it over, or choose another hostname',
      },
    });
  });

  it.each([
    { covers: "*.example.com", target: exposure(APP) },
    { covers: APP, target: exposure(`${APP}/login`, { protection: anybody }) },
    { covers: `${APP}/login`, target: exposure(`${APP}/login/reset`) },
  ])(
    "a foreign application around the route, on $covers, is a conflict without consent in a label",
    ({ covers, target: exposure }) => {
      expect(state(observedWith(undefined, { theirs: theirs(covers) }), exposure)).toMatchObject({
        is: "conflict",
        problem: {
          code: "CFA-CONFLICT-ACCESS",
          severity: "error",
          effect: "closed",
          message: `the Access application "Their app" (${covers}) protects ${routeKey(exposure.route)} and is not cfauth's: a route there would make a hole in its protection`,
          fix: 'set cfauth.adopt: "true" on container app to let cfauth decide who enters there (the application stays as it is), or choose another hostname',
        },
      });
    },
  );

  it("with the label adopt, a foreign application around the route stays and ours is created inside it", () => {
    const target = exposure(`${APP}/login`, { adopt: true });
    expect(
      state(observedWith(undefined, { theirs: theirs(APP, "*.example.com") }), target),
    ).toMatchObject({
      is: "absent",
      create: { desired: {} },
    });
  });

  it("a foreign application around Authentik's own hostname is no conflict, because all other routes need that login", () => {
    const login = exposure(APP, { protection: { kind: "login" } });
    expect(
      state(observedWith(undefined, { theirs: theirs("*.example.com") }), login),
    ).toMatchObject({
      is: "absent",
    });
  });

  it("a foreign application around the route does not prevent a replacement while the route's rule exists", () => {
    const at = { ...observedWith(undefined, { theirs: theirs("*.example.com") }), dns: recorded };
    const rules = [
      {
        hostname: APP,
        service: "http://app:80",
        originRequest: {
          access: { required: true, teamName: "t", audTag: ["gone", "cfauth:home"] },
        },
      },
    ];
    expect(state({ ...at, ingress: { ...empty.ingress, rules } })).toMatchObject({
      is: "absent",
      create: { action: "create" },
    });
  });

  it("a foreign application that appears around an open route is reported, and the route stays", () => {
    const at = observedWith(as(), { theirs: theirs("*.example.com") });
    const desiredWith = (exposure: Exposure) => ({
      ...desired,
      exposures: new Map([[key(APP), exposure]]),
    });
    expect(state(at)).toEqual({ is: "in-sync" });
    expect(diagnoseOverruledApplications(at, desiredWith(exposure(APP)))).toMatchObject([
      {
        code: "CFA-CONFLICT-ACCESS",
        severity: "warning",
        effect: "unchanged",
        route: APP,
        message: expect.stringContaining("(*.example.com)"),
      },
    ]);
    expect(diagnoseOverruledApplications(at, desiredWith(exposure(APP, { adopt: true })))).toEqual(
      [],
    );
    expect(
      diagnoseOverruledApplications(
        observedWith(undefined, { theirs: theirs("*.example.com") }),
        desiredWith(exposure(APP)),
      ),
    ).toEqual([]);
  });

  it.each([`${APP}/admin`, "other.example.com"])(
    "a foreign application on %s is no conflict",
    (covers) => {
      expect(state(observedWith(undefined, { theirs: theirs(covers) }))).toMatchObject({
        is: "absent",
      });
    },
  );

  it("a foreign application does not matter if ours exists already", () => {
    expect(state(observedWith(as(), { theirs: theirs(APP) }))).toEqual({ is: "in-sync" });
  });
});

describe("an application that is no longer desired", () => {
  const unwished = (application?: AccessApplication) =>
    accessApplicationResource(OWNER).assess(
      route(APP),
      undefined,
      observedWith(application),
      desired,
    );

  it("our application is deleted if no label asks for it", () => {
    expect(unwished(as())).toMatchObject({
      is: "orphaned",
      remove: { action: "delete", existing: { id: "app-1" } },
    });
  });

  it("a route without an application of ours has nothing to delete", () => {
    expect(unwished()).toEqual({ is: "absent", create: undefined });
  });

  it("a duplicate of our application is deleted as soon as it is seen", () => {
    const double = markOwned(as({ id: "app-2", aud: "aud-2" }));
    expect(
      collectDuplicateApplications(observedWith(as(), { duplicates: [double] }), desired),
    ).toEqual([
      {
        kind: "access",
        action: "delete",
        key: `access ${APP} app-2`,
        subject: APP,
        existing: double,
      },
    ]);
  });
});

describe("our tag", () => {
  it.each([
    {
      name: "the tag is created before the first application",
      tagged: false,
      changes: [{ kind: "access", action: "create", key: "tag", subject: "cfauth-home" }],
    },
    { name: "the tag is ready if it exists", tagged: true, changes: [] },
  ])("$name", ({ tagged, changes }) => {
    expect(tagPrerequisite(OWNER).propose({ access: { tagged } }, desired)).toEqual({
      changes,
      problems: [],
      ready: tagged,
    });
  });
});
