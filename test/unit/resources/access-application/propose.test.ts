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
import { emptyWorld, OWNER } from "../../core/plan/model.ts";

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
const empty = emptyWorld();
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
const world = (
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
const state = (at: ReturnType<typeof world>, wish: Exposure | undefined = exposure(APP)) =>
  accessApplicationResource(OWNER).assess(wish.route, wish, at, desired);
const WISH = {
  route: APP,
  name: APP,
  idp: "idp-1",
  session: "24h",
  tag: "cfauth-home",
  policies: ["p-members"],
  launcher,
};

describe("the application of a wished route", () => {
  it("is opened with the policy of its audience, the login method and our tag", () => {
    expect(state(world())).toEqual({
      is: "absent",
      create: {
        kind: "access",
        action: "create",
        key: `access ${APP}`,
        subject: APP,
        desired: WISH,
      },
    });
  });

  it("is opened with the policy that lets anybody in, for a public route", () => {
    expect(state(world(), exposure(APP, { protection: anybody }))).toMatchObject({
      is: "absent",
      create: { desired: { policies: ["p-public"], session: "24h" } },
    });
  });

  it("is opened with the session that the label asks for", () => {
    expect(
      state(world(), exposure(APP, { protection: { ...only({}), session: "168h" } as Protection })),
    ).toMatchObject({
      create: { desired: { session: "168h" } },
    });
  });

  it.each([
    { name: "its policy is there", parts: { policies: [], method } },
    { name: "the login method is there", parts: { policies, method: undefined } },
  ])("cannot be opened before $name", ({ parts }) => {
    expect(state(world(undefined, {}, parts))).toEqual({ is: "absent", create: undefined });
  });

  it("stands when it is as wished, whatever else the user set on it", () => {
    expect(
      state(
        world(
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
    { name: "lets nobody in", found: as({ policies: [] }), moves: "audience" },
    // A policy of the user's with the action Allow: whoever logs in is admitted now.
    {
      name: "lets somebody else in as well",
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
  ])("is mended when it $name", ({ found, moves }) => {
    expect(state(world(found))).toEqual({
      is: "drifted",
      changes: moves,
      repair: {
        kind: "access",
        action: "update",
        key: `access ${APP}`,
        subject: APP,
        existing: found,
        desired: WISH,
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

  it("takes over what the user had set on the one that it replaces, but not on one of another party", () => {
    const left = {
      party: exposure(APP).party,
      unmanagedFields: { custom_deny_url: "https://example.com/no" },
      tags: ["cfauth-home", "mine"],
    };
    const replaced = (more: Partial<typeof left> = {}) =>
      state(world(undefined, { replaced: new Map([[key(APP), { ...left, ...more }]]) }));
    expect(replaced()).toMatchObject({ create: { desired: { ...WISH, inherits: left } } });
    expect(replaced({ party: composeProject("another") })).toEqual(state(world()));
  });

  it("is taken down, never left open, while the policy it should have is not there", () => {
    expect(
      state(world(as({ policies: ["p-public"] }), {}, { policies: [], method })),
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
  /** With its rule. */
  const routed = (application: AccessApplication, rule: RawRule = checked) => ({
    ...world(application, {}, all),
    ingress: { ...empty.ingress, rules: [rule] },
  });
  const ENDING = `${APP} · ending old logins`;

  it.each([
    {
      name: "from a group to everyone",
      found: ["p-family"],
      wish: exposure(APP),
      policies: ["p-members"],
    },
    {
      name: "from a group to anybody at all",
      found: ["p-family"],
      wish: exposure(APP, { protection: anybody }),
      policies: ["p-public"],
    },
    {
      name: "by a service token",
      found: ["p-family"],
      wish: backup,
      policies: ["p-token", "p-family"],
    },
  ])(
    "is written once and keeps its logins when it only grows: $name",
    ({ found, wish: exposure, policies: wanted }) => {
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
    { name: "whom a policy that is gone let in", found: as({ policies: ["p-gone"] }) },
    {
      name: "whom a policy of ours let in that had been widened by hand",
      found: as({ policies: ["p-replaced"] }),
    },
    {
      name: "whom a policy beside ours lets in",
      found: as({ policies: ["p-family", "p-theirs"] }),
    },
    { name: "people for longer", found: as({ policies: ["p-family"], session: "720h" }) },
    {
      name: "people for a time that cannot be read",
      found: as({ policies: ["p-family"], session: "for ever" }),
    },
    {
      name: "people by another login method",
      found: as({ policies: ["p-family"], allowedIdps: ["idp-1", "idp-0"] }),
    },
    {
      name: "people by every login method",
      found: as({ policies: ["p-family"], allowedIdps: [] }),
    },
    {
      name: "people whose logins are still to be ended",
      found: as({ policies: ["p-family"], name: ENDING }),
    },
  ])(
    "is replaced when it let in $name: no edge that is late can give a login for the new one",
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
      wish: family,
    },
    {
      name: "a longer session, of a page that anybody may see",
      found: as({ policies: ["p-public"], session: "720h" }),
      wish: open,
    },
  ])("is updated in place when it had $name", ({ found, wish: exposure }) => {
    const rule = exposure === open ? { hostname: APP, service: "http://app:80" } : checked;
    expect(state(routed(found, rule), exposure)).toMatchObject({
      is: "drifted",
      changes: undefined,
      repair: { action: "update" },
    });
  });

  it("is marked while its rule checks no login, and waits for the rule", () => {
    const unchecked: RawRule = { hostname: APP, service: "http://app:80" };
    expect(state(routed(as({ policies: ["p-public"] }), unchecked), family)).toMatchObject({
      repair: { action: "update", desired: { name: ENDING, policies: ["p-family"] } },
    });
    expect(state(routed(as({ policies: ["p-family"], name: ENDING }), unchecked), family)).toEqual({
      is: "in-sync",
    });
  });

  it("keeps the mark when it changes once more before they are ended", () => {
    const unchecked: RawRule = { hostname: APP, service: "http://app:80" };
    expect(
      state(routed(as({ policies: ["p-family"], name: ENDING }), unchecked), exposure(APP)),
    ).toMatchObject({
      repair: { desired: { name: ENDING, policies: ["p-members"] } },
    });
  });

  it("is replaced where machines enter by service tokens", () => {
    expect(state(routed(as({ policies: ["p-token", "p-members"] })), backup)).toMatchObject({
      repair: { action: "delete" },
    });
  });

  it("is not taken away while its rule checks no login: the rule comes first", () => {
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

  it("waits for a rule without our mark to go, which could not be told from a foreign one while the application is away", () => {
    const earlier = {
      ...checked,
      originRequest: { access: { required: true, teamName: "team", audTag: ["aud-1"] } },
    };
    expect(
      state(routed(as({ policies: ["p-token", "p-members"] }), earlier), backup),
    ).toMatchObject({ is: "drifted", dependentsFirst: true });
  });

  it("is made anew where another route of the container lies within it", () => {
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

describe("an application of somebody else", () => {
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

  it("on exactly this route is left to them, and said", () => {
    expect(state(world(undefined, { theirs: theirs("other.example.com", APP) }))).toEqual({
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
    { covers: "*.example.com", wish: exposure(APP) },
    { covers: APP, wish: exposure(`${APP}/login`, { protection: anybody }) },
    { covers: `${APP}/login`, wish: exposure(`${APP}/login/reset`) },
  ])(
    "around the route, on $covers, is a hole that no label consented to",
    ({ covers, wish: exposure }) => {
      expect(state(world(undefined, { theirs: theirs(covers) }), exposure)).toMatchObject({
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

  it("around the route is left alone where the label adopt consents: ours is made on top of it", () => {
    const wish = exposure(`${APP}/login`, { adopt: true });
    expect(state(world(undefined, { theirs: theirs(APP, "*.example.com") }), wish)).toMatchObject({
      is: "absent",
      create: { desired: {} },
    });
  });

  it("around Authentik's own hostname is no conflict, because it is the login of all others", () => {
    const login = exposure(APP, { protection: { kind: "login" } });
    expect(state(world(undefined, { theirs: theirs("*.example.com") }), login)).toMatchObject({
      is: "absent",
    });
  });

  it("around the route does not keep an application from being replaced while its rule stands", () => {
    const at = { ...world(undefined, { theirs: theirs("*.example.com") }), dns: recorded };
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

  it("that comes up around an open route is reported, and the route stays", () => {
    const at = world(as(), { theirs: theirs("*.example.com") });
    const wished = (exposure: Exposure) => ({
      ...desired,
      exposures: new Map([[key(APP), exposure]]),
    });
    expect(state(at)).toEqual({ is: "in-sync" });
    expect(diagnoseOverruledApplications(at, wished(exposure(APP)))).toMatchObject([
      {
        code: "CFA-CONFLICT-ACCESS",
        severity: "warning",
        effect: "unchanged",
        route: APP,
        message: expect.stringContaining("(*.example.com)"),
      },
    ]);
    expect(diagnoseOverruledApplications(at, wished(exposure(APP, { adopt: true })))).toEqual([]);
    expect(
      diagnoseOverruledApplications(
        world(undefined, { theirs: theirs("*.example.com") }),
        wished(exposure(APP)),
      ),
    ).toEqual([]);
  });

  it.each([`${APP}/admin`, "other.example.com"])("on %s is no conflict", (covers) => {
    expect(state(world(undefined, { theirs: theirs(covers) }))).toMatchObject({ is: "absent" });
  });

  it("does not matter where ours stands already", () => {
    expect(state(world(as(), { theirs: theirs(APP) }))).toEqual({ is: "in-sync" });
  });
});

describe("an application that nobody wishes", () => {
  const unwished = (application?: AccessApplication) =>
    accessApplicationResource(OWNER).assess(route(APP), undefined, world(application), desired);

  it("is closed when it is ours", () => {
    expect(unwished(as())).toMatchObject({
      is: "orphaned",
      remove: { action: "delete", existing: { id: "app-1" } },
    });
  });

  it("is absent where there is none of ours", () => {
    expect(unwished()).toEqual({ is: "absent", create: undefined });
  });

  it("goes as soon as it is seen, when it is the double of another", () => {
    const double = markOwned(as({ id: "app-2", aud: "aud-2" }));
    expect(collectDuplicateApplications(world(as(), { duplicates: [double] }), desired)).toEqual([
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

describe("the tag of ours", () => {
  it.each([
    {
      name: "is made before the first application",
      tagged: false,
      changes: [{ kind: "access", action: "create", key: "tag", subject: "cfauth-home" }],
    },
    { name: "is there", tagged: true, changes: [] },
  ])("$name", ({ tagged, changes }) => {
    expect(tagPrerequisite(OWNER).propose({ access: { tagged } }, desired)).toEqual({
      changes,
      problems: [],
      ready: tagged,
    });
  });
});
