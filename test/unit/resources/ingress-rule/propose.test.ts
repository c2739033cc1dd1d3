import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../../src/core/domain/exposure.ts";
import {
  CLEAN_PATHS,
  cleanPattern,
  guardPattern,
  openPattern,
  pathPattern,
} from "../../../../src/core/domain/path.ts";
import type { RouteKey } from "../../../../src/core/domain/route.ts";
import { EMPTY_MEMORY, resolveDesired } from "../../../../src/core/plan/desired-state.ts";
import type { AccessApplication } from "../../../../src/resources/access-application/types.ts";
import { type Mine, markOwned } from "../../../../src/resources/contract/owned.ts";
import { mergeRules } from "../../../../src/resources/ingress-rule/merge-rules.ts";
import { ingressRuleResource } from "../../../../src/resources/ingress-rule/propose.ts";
import {
  desiredRule,
  isOwnedRule,
  isPlaceholderRule,
  withMark,
} from "../../../../src/resources/ingress-rule/rules.ts";
import type { IngressRuleChange, RawRule } from "../../../../src/resources/ingress-rule/types.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import { deployedRoutes } from "../../../../src/resources/route/deployed.ts";
import {
  anybody,
  exposure,
  hostname,
  key,
  NOTHING_RUNS,
  only,
  path,
  route,
} from "../../../support/builders.ts";
import { emptyAccount } from "../../core/plan/model.ts";

const APP = "app.example.com";
const TEAM = "team";
const MARK = "cfauth:home";

const application = (at: string, aud: string): [RouteKey, Mine<AccessApplication>] => [
  key(at),
  markOwned({
    id: `id-of-${aud}`,
    aud,
    route: key(at),
    name: at,
    allowedIdps: ["idp"],
    autoRedirect: true,
    session: "24h",
    tags: ["cfauth-home"],
    policies: ["p"],
    launcher: { visible: true, logo: undefined },
    unmanagedFields: {},
  }),
];
const record = (name: string): ObservedState["dns"]["mine"] =>
  new Map([
    [
      hostname(name),
      markOwned({
        id: "r",
        zone: "z-1",
        name: hostname(name),
        type: "CNAME",
        content: "t-1.cfargotunnel.com",
        proxied: true,
      }),
    ],
  ]);

const check = (aud: string, team = TEAM) => ({ required: true, teamName: team, audTag: [aud] });
const rule = (more: Partial<RawRule> = {}): RawRule => ({
  hostname: APP,
  service: "http://app:80",
  originRequest: { access: check("aud-1") },
  ...more,
});
const unmarkedRule = (hostname: string, service = "http://app:80"): RawRule => ({
  hostname,
  service,
});

/** A tunnel with these rules, and an application of ours for each of these routes. */
const observed = (
  rules: readonly RawRule[],
  applications: readonly [RouteKey, Mine<AccessApplication>][] = [application(APP, "aud-1")],
  more: Partial<ObservedState["dns"]> = {},
): ObservedState => {
  const empty = emptyAccount();
  return {
    ...empty,
    ingress: { ...empty.ingress, rules },
    access: { ...empty.access, mine: new Map(applications), theirs: [] },
    dns: { ...empty.dns, ...more },
  };
};
const { desired } = resolveDesired(
  [],
  [],
  NOTHING_RUNS,
  EMPTY_MEMORY,
  { graceMs: 0, startupGraceMs: 0 },
  0,
);
const state = (at: ObservedState, target: Exposure | undefined = exposure(APP)) =>
  ingressRuleResource.assess(target?.route ?? route(APP), target, at, desired);
const unwished = (at: ObservedState) =>
  ingressRuleResource.assess(route(APP), undefined, at, desired);

describe("the rule of a protected path inside a route that admits more people", () => {
  const ADMIN = `${APP}/admin`;
  const admin = exposure(ADMIN);
  const outer = exposure(APP, { protection: anybody });
  const both = [application(APP, "aud-1"), application(ADMIN, "aud-2")];
  const inner = (path: string): RawRule =>
    rule({ path, originRequest: { access: { ...check("aud-2"), audTag: ["aud-2", MARK] } } });
  const open: RawRule = { hostname: APP, path: CLEAN_PATHS, service: "http://app:80" };
  const desire = (...exposures: readonly Exposure[]) =>
    resolveDesired(
      [{ exposures, faulty: [], problems: [] }],
      [],
      NOTHING_RUNS,
      EMPTY_MEMORY,
      { graceMs: 0, startupGraceMs: 0 },
      0,
    ).desired;
  const at = (exposure: Exposure, rules: readonly RawRule[], ...exposures: readonly Exposure[]) =>
    ingressRuleResource.assess(
      exposure.route,
      exposure,
      observed(rules, both, { mine: record(APP) }),
      desire(...exposures),
    );
  const plainly = pathPattern(path("/admin"));
  const broadly = guardPattern(path("/admin"));

  it.each<{ name: string; around: Exposure }>([
    { name: "a public host", around: outer },
    {
      name: "a host that admits other people",
      around: exposure(APP, { protection: only({ groups: ["family"] }) }),
    },
    { name: "a public wildcard", around: exposure("*.example.com", { protection: anybody }) },
  ])("the rule of a protected path matches every spelling inside $name", ({ around }) => {
    const target = exposure(ADMIN, { protection: only({ groups: ["admins"] }) });
    expect(at(target, [], target, around)).toMatchObject({
      is: "absent",
      create: { desired: { everySpelling: true } },
    });
    expect(at(target, [inner(plainly)], target, around)).toMatchObject({
      is: "drifted",
      changes: undefined,
      repair: { desired: { everySpelling: true } },
    });
    expect(at(target, [inner(broadly)], target, around)).toEqual({ is: "in-sync" });
  });

  it.each<{ name: string; wishes: readonly Exposure[] }>([
    { name: "nothing is around it", wishes: [admin] },
    { name: "the route around it admits the same people", wishes: [admin, exposure(APP)] },
    {
      name: "the route around it admits fewer people",
      wishes: [admin, exposure(APP, { protection: only({ groups: ["family"] }) })],
    },
    {
      name: "the route around it leads to another container",
      wishes: [admin, { ...outer, workload: "b", origin: { service: "http://b:80", options: {} } }],
    },
    { name: "it is public itself", wishes: [exposure(ADMIN, { protection: anybody }), outer] },
  ])(
    "the rule of a path matches only its own prefix if $name",
    ({ wishes: [exposure = admin, ...others] }) => {
      const state = at(exposure, [], exposure, ...others);
      expect(state).toMatchObject({ is: "absent", create: { action: "create" } });
      expect(state).not.toMatchObject({ create: { desired: { everySpelling: true } } });
    },
  );

  it("the rule of a path keeps matching every spelling while the public rule around it still exists", () => {
    expect(at(admin, [inner(broadly), open], admin)).toEqual({ is: "in-sync" });
    expect(at(admin, [inner(plainly), open], admin)).toMatchObject({
      repair: { desired: { everySpelling: true } },
    });
    expect(at(admin, [inner(broadly)], admin)).toMatchObject({
      is: "drifted",
      repair: { desired: { route: admin.route } },
    });
  });

  it("a rule around a protected path admits nobody new until the path's rule matches every spelling", () => {
    const checked = rule({ path: CLEAN_PATHS });
    const waiting = { is: "drifted", repair: undefined, remove: { action: "delete" } };
    expect(at(outer, [inner(plainly), checked], admin, outer)).toMatchObject(waiting);
    expect(at(outer, [inner(broadly), checked], admin, outer)).toMatchObject({
      is: "drifted",
      repair: { action: "update" },
    });
  });

  it("the public rule around a path waits until the path's rule matches every spelling", () => {
    expect(at(outer, [inner(plainly)], admin, outer)).toEqual({ is: "absent", create: undefined });
    expect(at(outer, [inner(broadly)], admin, outer)).toMatchObject({
      is: "absent",
      create: { desired: { cleanPathsOnly: true } },
    });
    expect(at(outer, [inner(guardPattern(path("/admin"), true))], admin, outer)).toMatchObject({
      create: { action: "create" },
    });
  });

  it("each spelling of our rule is recognised as ours, including the whole host as earlier versions wrote it", () => {
    const rules = [
      plainly,
      openPattern(path("/admin")),
      cleanPattern(path("/admin")),
      broadly,
      guardPattern(path("/admin"), true),
    ].map(inner);
    for (const it of rules) expect(isOwnedRule(it, observed([it], both))).toBe(true);
    const earlier = openPattern(path("/x")).replace("/x", "");
    expect(at(outer, [inner(broadly), { ...open, path: earlier }], admin, outer)).toMatchObject({
      is: "drifted",
      changes: undefined,
      repair: { desired: { cleanPathsOnly: true } },
    });
  });
});

describe("the rule of a desired route", () => {
  it("a new rule checks the logins of its own application", () => {
    expect(state(observed([]))).toEqual({
      is: "absent",
      create: {
        kind: "ingress",
        action: "create",
        key: `ingress ${APP}`,
        subject: APP,
        desired: {
          route: route(APP),
          origin: { service: "http://app:80", options: {} },
          check: { team: "team", aud: "aud-1" },
          cleanPathsOnly: false,
          mark: { team: "team", text: MARK },
        },
        existing: [],
      },
    });
  });

  it("the rule of a public route has no login check", () => {
    expect(state(observed([]), exposure(APP, { protection: anybody }))).toMatchObject({
      is: "absent",
      create: { action: "create", desired: { check: undefined, cleanPathsOnly: false } },
    });
  });

  it("a rule cannot be created without its application, because there is no audience to check", () => {
    expect(state(observed([], []))).toEqual({ is: "absent", create: undefined });
  });

  it.each<{ name: string; rule: RawRule; target?: Exposure }>([
    { name: "leads there and checks that application", rule: rule() },
    {
      name: "has the desired options of cloudflared, in any order",
      rule: rule({ originRequest: { tlsTimeout: 5, access: check("aud-1"), noTLSVerify: true } }),
      target: exposure(APP, {
        origin: { service: "http://app:80", options: { noTLSVerify: true, tlsTimeout: 5 } },
      }),
    },
    {
      name: "is public as desired",
      rule: unmarkedRule(APP),
      target: exposure(APP, { protection: anybody }),
    },
    {
      name: "is of a path",
      rule: rule({ path: pathPattern(path("/api")) }),
      target: exposure(`${APP}/api`),
    },
  ])("a rule is in sync if it $name", ({ rule, target: exposure }) => {
    const applications = [application(APP, "aud-1"), application(`${APP}/api`, "aud-1")];
    expect(
      state(observed([withMark(rule, { team: TEAM, text: MARK })], applications), exposure),
    ).toEqual({ is: "in-sync" });
  });

  it("a rule is not written for the mark alone, and can be removed first while it has none", () => {
    expect(state(observed([rule()]))).toMatchObject({
      is: "in-sync",
      remove: { action: "delete" },
    });
  });

  it.each<{ name: string; rule: RawRule; moves: "origin" | undefined; target?: Exposure }>([
    { name: "leads to another service", rule: rule({ service: "http://old:80" }), moves: "origin" },
    {
      name: "has other options",
      rule: rule({ originRequest: { access: check("aud-1"), noTLSVerify: true } }),
      moves: "origin",
    },
    { name: "checks nothing", rule: unmarkedRule(APP), moves: undefined },
    {
      name: "checks logins, but does not require them",
      rule: rule({ originRequest: { access: { ...check("aud-1"), required: false } } }),
      moves: undefined,
    },
    {
      name: "checks the logins of an application that is gone",
      rule: rule({ originRequest: { access: { ...check("aud-0"), audTag: ["aud-0", MARK] } } }),
      moves: undefined,
    },
    {
      name: "checks the logins of another application as well",
      rule: rule({ originRequest: { access: { ...check("aud-1"), audTag: ["aud-1", "aud-2"] } } }),
      moves: undefined,
    },
    {
      name: "checks the logins of another team",
      rule: rule({ originRequest: { access: check("aud-1", "elsewhere") } }),
      moves: undefined,
    },
    {
      name: "checks logins, but should be public",
      rule: rule(),
      moves: undefined,
      target: exposure(APP, { protection: anybody }),
    },
  ])("a rule is updated if it $name", ({ rule, moves, target = exposure(APP) }) => {
    expect(state(observed([rule]), target)).toMatchObject({
      is: "drifted",
      changes: moves,
      repair: { action: "update", desired: { route: target.route } },
      remove: { action: "delete", existing: [rule] },
    });
  });

  it("a rule is updated if a rule above it answers everything", () => {
    expect(state(observed([unmarkedRule("*.example.com", "http://wild:1"), rule()]))).toMatchObject(
      {
        is: "drifted",
        changes: undefined,
        repair: { action: "update" },
      },
    );
  });

  it("a rule becomes a placeholder if another rule of ours around it would answer instead", () => {
    const around = observed(
      [rule({ service: "http://old:80" }), unmarkedRule("*.example.com")],
      [application(APP, "aud-1"), application("*.example.com", "aud-2")],
    );
    expect(state(around)).toMatchObject({
      is: "drifted",
      remove: { action: "update", placeholder: route(APP), mark: MARK, team: TEAM },
    });
  });

  it("a rule is simply removed if only a foreign rule is around it", () => {
    expect(
      state(
        observed([
          rule({ service: "http://old:80" }),
          unmarkedRule("*.example.com", "http://theirs:1"),
        ]),
      ),
    ).toMatchObject({
      is: "drifted",
      remove: { action: "delete" },
    });
  });

  it("a rule replaces its placeholder", () => {
    expect(
      state(
        observed([
          { hostname: APP, service: "http_status:503", originRequest: { access: check(MARK) } },
        ]),
      ),
    ).toMatchObject({
      is: "absent",
      create: { action: "update", desired: { check: { aud: "aud-1" } } },
    });
  });
});

describe("a foreign rule on the hostname", () => {
  it("a foreign rule is left alone and reported", () => {
    expect(state(observed([unmarkedRule(APP, "http://theirs:1")], []))).toEqual({
      is: "conflict",
      problem: {
        code: "CFA-CONFLICT-INGRESS",
        severity: "error",
        container: "app",
        label: "cfauth.hostname",
        route: APP,
        message:
          "the tunnel already has a rule for app.example.com (to http://theirs:1), which is not cfauth's",
        about: "",
        effect: "closed",
        fix: 'remove that rule under Zero Trust → Networks → Tunnels → Public hostnames, set cfauth.adopt: "true" on container app to take it over, or choose another hostname',
      },
    });
  });

  it("a foreign rule takes the hostname even if it has only a path", () => {
    expect(
      state(observed([{ ...unmarkedRule(APP, "http://theirs:1"), path: "^/their.*odd" }])),
    ).toMatchObject({ is: "conflict" });
  });

  it("a foreign rule is not touched if no label asks for the hostname", () => {
    expect(unwished(observed([unmarkedRule(APP, "http://theirs:1")], []))).toEqual({
      is: "absent",
      create: undefined,
    });
  });
});

describe("the rule of a route that is no longer desired", () => {
  it("a rule that is no longer desired is removed", () => {
    expect(unwished(observed([rule()]))).toEqual({
      is: "orphaned",
      remove: {
        kind: "ingress",
        action: "delete",
        key: `ingress ${APP}`,
        subject: APP,
        existing: [rule()],
      },
    });
  });

  it("a route without a rule has nothing to remove", () => {
    expect(unwished(observed([]))).toEqual({ is: "absent", create: undefined });
  });
});

describe("the owner of a rule", () => {
  const withRecord = { mine: record(APP) };

  const marked = (
    audiences: readonly string[],
    required = true,
    more: Partial<RawRule> = {},
  ): RawRule =>
    rule({ originRequest: { access: { required, teamName: TEAM, audTag: audiences } }, ...more });

  it.each<{ name: string; rule: RawRule; at: ObservedState; is: boolean }>([
    {
      name: "a rule with our mark is ours, without an application or a record",
      rule: marked(["aud-0", MARK]),
      at: observed([], []),
      is: true,
    },
    {
      name: "a rule with our mark and no login check is ours",
      rule: marked([MARK], false),
      at: observed([], []),
      is: true,
    },
    {
      name: "a rule with our mark and a path that cfauth cannot have written is ours",
      rule: marked([MARK], false, { path: "^/(?i)odd" }),
      at: observed([], []),
      is: true,
    },
    {
      name: "a rule with our mark and no hostname is ours",
      rule: { ...marked([MARK], false), hostname: "" },
      at: observed([], []),
      is: true,
    },
    {
      name: "a rule with another owner's mark is foreign",
      rule: marked(["aud-1", "cfauth:other"]),
      at: observed([]),
      is: false,
    },
    {
      name: "a rule with an owner's mark that begins like ours is foreign",
      rule: marked(["aud-1", `${MARK}2`]),
      at: observed([]),
      is: false,
    },
    {
      name: "a rule with our mark and another owner's is foreign",
      rule: marked([MARK, "cfauth:other"]),
      at: observed([]),
      is: false,
    },
    {
      name: "a rule that checks the logins of its application is ours, from an earlier version",
      rule: rule(),
      at: observed([]),
      is: true,
    },
    {
      name: "a rule with an application and no login check is ours, from an earlier version",
      rule: unmarkedRule(APP),
      at: observed([]),
      is: true,
    },
    {
      name: "a rule of a route without an application of ours is foreign",
      rule: rule(),
      at: observed([], []),
      is: false,
    },
    {
      name: "a rule with an unknown audience on our hostname is foreign",
      rule: rule({ originRequest: { access: check("aud-of-the-operator") } }),
      at: observed([], [application(`${APP}/api`, "aud-1")], withRecord),
      is: false,
    },
    {
      name: "a rule with an unknown audience at our application is foreign",
      rule: rule({ originRequest: { access: check("aud-of-the-operator") } }),
      at: observed([]),
      is: false,
    },
    {
      name: "a hand-made rule beside our marked rule is foreign",
      rule: unmarkedRule(APP, "http://theirs:1"),
      at: observed([marked(["aud-1", MARK])]),
      is: false,
    },
    {
      name: "a rule is foreign if our application is for another path",
      rule: rule({ path: pathPattern(path("/api")) }),
      at: observed([]),
      is: false,
    },
    {
      name: "a rule with a path that is no pattern of ours is foreign",
      rule: rule({ path: "/api" }),
      at: observed([], [application(APP, "aud-1"), application(`${APP}/api`, "aud-2")]),
      is: false,
    },
    {
      name: "a rule with a hostname as cfauth never writes it is foreign",
      rule: unmarkedRule("App.example.com"),
      at: observed([]),
      is: false,
    },
    {
      name: "a placeholder with our mark is ours",
      rule: { hostname: APP, service: "http_status:503", originRequest: { access: check(MARK) } },
      at: observed([], []),
      is: true,
    },
    {
      name: "a placeholder with another owner's mark is foreign",
      rule: {
        hostname: APP,
        service: "http_status:503",
        originRequest: { access: check("cfauth:other") },
      },
      at: observed([], []),
      is: false,
    },
    {
      name: "a rule with only our record is foreign",
      rule: rule({ path: pathPattern(path("/api")), originRequest: {} }),
      at: observed([], [], withRecord),
      is: false,
    },
    {
      name: "a rule that checks the logins of our application elsewhere is foreign",
      rule: rule({ originRequest: { access: check("aud-2") } }),
      at: observed([], [application("b.example.com", "aud-2")], withRecord),
      is: false,
    },
  ])("$name", ({ rule, at, is }) => {
    expect(isOwnedRule(rule, at)).toBe(is);
  });

  it.each<{ name: string; rule: RawRule; is: boolean }>([
    {
      name: "answers 503 and has our mark",
      rule: { hostname: APP, service: "http_status:503", originRequest: { access: check(MARK) } },
      is: true,
    },
    {
      name: "answers 503 for another owner",
      rule: { hostname: APP, service: "http_status:503" },
      is: false,
    },
    {
      name: "has our mark and leads to a service",
      rule: rule({ originRequest: { access: check(MARK) } }),
      is: false,
    },
  ])(
    "a rule counts as a placeholder only if it is ours and answers 503; this one $name: $is",
    ({ rule, is }) => {
      expect(isPlaceholderRule(rule, MARK)).toBe(is);
    },
  );

  it("the mark is written as one more audience, in a check that requires nothing if no login is desired", () => {
    const target = {
      route: route(APP),
      origin: { service: "http://app:80", options: {} },
      cleanPathsOnly: false,
      mark: { team: TEAM, text: MARK },
    };
    expect([
      desiredRule({ ...target, check: { team: TEAM, aud: "aud-1" } }),
      desiredRule({ ...target, check: undefined }),
    ]).toEqual([marked(["aud-1", MARK]), marked([MARK], false)]);
  });
});

describe("deployed routes", () => {
  it("deployed routes are those with an application, a rule or a record of ours, with their origin", () => {
    const at = observed(
      [
        rule(),
        unmarkedRule("p.example.com", "http://p:80"),
        unmarkedRule("theirs.example.com", "http://theirs:1"),
        {
          hostname: "s.example.com",
          service: "http_status:503",
          originRequest: { access: check(MARK) },
        },
      ],
      [
        application(APP, "aud-1"),
        application("p.example.com", "aud-2"),
        application("only.example.com", "aud-3"),
      ],
      { mine: record("left.example.com") },
    );
    expect(
      deployedRoutes(at).toSorted((a, b) => (a.route.hostname < b.route.hostname ? -1 : 1)),
    ).toEqual([
      {
        route: route(APP),
        service: "http://app:80",
        public: false,
        audience: "p",
        placeholder: false,
        application: true,
        login: false,
      },
      {
        route: route("left.example.com"),
        service: undefined,
        public: false,
        audience: undefined,
        placeholder: false,
        application: false,
        login: false,
      },
      {
        route: route("only.example.com"),
        service: undefined,
        public: false,
        audience: undefined,
        placeholder: false,
        application: true,
        login: false,
      },
      {
        route: route("p.example.com"),
        service: "http://p:80",
        public: true,
        audience: "p",
        placeholder: false,
        application: true,
        login: false,
      },
      {
        route: route("s.example.com"),
        service: "http_status:503",
        public: false,
        audience: undefined,
        placeholder: true,
        application: false,
        login: false,
      },
    ]);
  });
});

describe("the place of a rule in the configuration", () => {
  const open = (at: string): IngressRuleChange => ({
    kind: "ingress",
    action: "create",
    key: `ingress ${at}`,
    subject: at,
    desired: {
      route: route(at),
      origin: { service: "http://app:80", options: {} },
      check: undefined,
      cleanPathsOnly: false,
      mark: undefined,
    },
    existing: [],
  });
  const withdraw = (...at: RawRule[]): IngressRuleChange => ({
    kind: "ingress",
    action: "delete",
    key: "ingress",
    subject: "gone",
    existing: at,
  });
  const order = (rules: readonly RawRule[], ...changes: IngressRuleChange[]) =>
    mergeRules({ ...emptyAccount().ingress, rules }, changes).rules.map(
      ({ hostname, path, service }) =>
        `${hostname ?? ""}${path ?? ""}${service === "http://app:80" ? "" : ` → ${service}`}`,
    );
  const api = openPattern(path("/api"));
  const theirs = (hostname: string, path?: string): RawRule => ({
    hostname,
    ...(path !== undefined && { path }),
    service: "http://theirs:1",
  });

  it("our rules come before a foreign wildcard that would answer for them", () => {
    expect(order([theirs("*.example.com")], open(APP))).toEqual([
      APP,
      "*.example.com → http://theirs:1",
    ]);
  });

  it("our rules come before a foreign rule that answers everything", () => {
    expect(order([{ service: "http://theirs:1" }], open(APP), open("*.example.com"))).toEqual([
      APP,
      "*.example.com",
      " → http://theirs:1",
    ]);
  });

  it("our wildcard comes after foreign rules that it covers", () => {
    expect(
      order(
        [theirs("a.example.com"), theirs("b.example.com"), theirs("c.example.org")],
        open("*.example.com"),
      ),
    ).toEqual([
      "a.example.com → http://theirs:1",
      "b.example.com → http://theirs:1",
      "c.example.org → http://theirs:1",
      "*.example.com",
    ]);
  });

  it("our wildcard comes after an unusual foreign rule that it covers", () => {
    expect(order([theirs("a.example.com", "^/(?i)odd")], open("*.example.com"))).toEqual([
      "a.example.com^/(?i)odd → http://theirs:1",
      "*.example.com",
    ]);
  });

  it("a path of our wildcard comes before the wildcard and after foreign rules that it covers", () => {
    expect(
      order([theirs("a.example.com"), unmarkedRule("*.example.com")], open("*.example.com/api")),
    ).toEqual(["a.example.com → http://theirs:1", `*.example.com${api}`, "*.example.com"]);
  });

  it("our wildcard comes after foreign rules that it covers and before a wider foreign wildcard", () => {
    expect(
      order([theirs("x.lab.example.com"), theirs("*.example.com")], open("*.lab.example.com")),
    ).toEqual([
      "x.lab.example.com → http://theirs:1",
      "*.lab.example.com",
      "*.example.com → http://theirs:1",
    ]);
  });

  it("our most specific rule comes first, whatever the order of the changes", () => {
    const wanted = [`${APP}/api/v1`, `${APP}/api`, APP, "*.lab.example.com", "*.example.com"];
    const expected = [
      `${APP}${openPattern(path("/api/v1"))}`,
      `${APP}${api}`,
      APP,
      "*.lab.example.com",
      "*.example.com",
    ];
    expect(order([], ...wanted.map(open))).toEqual(expected);
    expect(order([], ...wanted.toReversed().map(open))).toEqual(expected);
    expect(
      wanted
        .toReversed()
        .reduce(
          (rules, at) => mergeRules({ ...emptyAccount().ingress, rules }, [open(at)]).rules,
          [] as readonly RawRule[],
        )
        .map(({ hostname, path }) => `${hostname}${path ?? ""}`),
    ).toEqual(expected);
  });

  it("foreign rules keep their order, including unusual ones", () => {
    const foreign = [
      theirs("b.example.org"),
      theirs("Odd.example.com", "^/(?i)x"),
      theirs("*.wild.example.com"),
      theirs("a.example.org"),
    ];
    expect(
      order(
        foreign,
        open(APP),
        open("*.example.net"),
        withdraw(unmarkedRule("gone.example.com")),
      ).filter((it) => it.includes("theirs")),
    ).toEqual([
      "b.example.org → http://theirs:1",
      "Odd.example.com^/(?i)x → http://theirs:1",
      "*.wild.example.com → http://theirs:1",
      "a.example.org → http://theirs:1",
    ]);
  });

  it("an updated rule replaces only the old one", () => {
    const old = unmarkedRule(APP, "http://old:80");
    expect(
      order([old, { ...old, path: api }], { ...open(APP), existing: [old] } as IngressRuleChange),
    ).toEqual([`${APP}${api} → http://old:80`, APP]);
  });

  it("removing a rule changes nothing else", () => {
    expect(
      order(
        [unmarkedRule(APP), theirs("*.example.com"), { ...unmarkedRule(APP), path: api }],
        withdraw(unmarkedRule(APP)),
      ),
    ).toEqual(["*.example.com → http://theirs:1", `${APP}${api}`]);
  });

  it("a placeholder admits nobody and stays in its place", () => {
    const shut: IngressRuleChange = {
      kind: "ingress",
      action: "update",
      key: `ingress ${APP}`,
      subject: APP,
      placeholder: route(APP),
      existing: [rule()],
      mark: MARK,
      team: TEAM,
    };
    expect(
      mergeRules({ ...emptyAccount().ingress, rules: [rule(), unmarkedRule("*.example.com")] }, [
        shut,
      ]).rules,
    ).toEqual([
      {
        hostname: APP,
        service: "http_status:503",
        originRequest: { access: { required: true, teamName: "team", audTag: ["cfauth:home"] } },
      },
      { hostname: "*.example.com", service: "http://app:80" },
    ]);
  });

  it("everything other than rules stays as it was", () => {
    const before = emptyAccount().ingress;
    expect(mergeRules(before, [open(APP)])).toEqual({ ...before, rules: expect.anything() });
  });
});
