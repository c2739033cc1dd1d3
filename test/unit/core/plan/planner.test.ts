import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../../src/core/domain/exposure.ts";
import { originFingerprint } from "../../../../src/resources/ingress-rule/rules.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import type { AnyChange } from "../../../../src/resources/registry.ts";
import {
  anybody,
  exposure,
  faultyRoute,
  hostname,
  key,
  only,
  route,
} from "../../../support/builders.ts";
import { planOnce, settle } from "../../../support/planner-harness.ts";
import { applyChange, emptyAccount } from "./model.ts";

const APP = "app.example.com";

const keysOf = (changes: readonly AnyChange[]) =>
  changes.map(({ action, key }) => `${action} ${key}`);

describe("the state of a route that the plan reports", () => {
  it("a route is live once all of its objects are in place, and then nothing is left to do", () => {
    const { live, changes, pending, problems } = planOnce(settle(emptyAccount(), [exposure(APP)]), [
      exposure(APP),
    ]);
    expect({ live, changes, pending, problems }).toEqual({
      live: [APP],
      changes: [],
      pending: [],
      problems: [],
    });
  });

  it("a route first waits for the prerequisites of all routes", () => {
    expect(planOnce(emptyAccount(), [exposure(APP)])).toMatchObject({
      live: [],
      pending: [{ route: APP, cause: "foundation", reason: "the login method" }],
    });
  });

  it("a route waits for each of its objects in turn", () => {
    const reasons: string[] = [];
    for (
      let observed = emptyAccount(), { changes, pending } = planOnce(observed, [exposure(APP)]);
      changes.length > 0;
      { changes, pending } = planOnce(observed, [exposure(APP)])
    ) {
      reasons.push(...pending.map(({ reason }) => reason));
      observed = changes.reduce(applyChange, observed);
    }
    expect(reasons).toEqual([
      "the login method",
      "Cloudflare to confirm the Access policy",
      "Cloudflare to confirm the Access application",
      "the ingress rule of the tunnel",
      "the DNS record",
    ]);
  });

  it("a route waits for its health check", () => {
    const ready = settle(emptyAccount(), [exposure("other.example.com")]);
    expect(
      planOnce(ready, [
        exposure("other.example.com"),
        exposure(APP, { notReadyReason: "the health check of container app (starting)" }),
      ]),
    ).toMatchObject({
      changes: [],
      pending: [
        { route: APP, cause: "health", reason: "the health check of container app (starting)" },
      ],
    });
  });

  it("an open route stays open when its container becomes unhealthy", () => {
    const observed = settle(emptyAccount(), [exposure(APP)]);
    expect(
      planOnce(observed, [
        exposure(APP, { notReadyReason: "the health check of container app (unhealthy)" }),
      ]),
    ).toMatchObject({
      changes: [],
      live: [APP],
    });
  });

  it("a public host waits for the protected path inside it", () => {
    const observed = settle(emptyAccount(), [
      exposure("other.example.com"),
      exposure("public.example.com", { protection: anybody }),
    ]);
    const kept = [
      exposure("other.example.com"),
      exposure("public.example.com", { protection: anybody }),
    ];
    const { changes, pending } = planOnce(observed, [
      ...kept,
      exposure(APP, { protection: anybody }),
      exposure(`${APP}/admin`),
    ]);
    expect([keysOf(changes), pending]).toEqual([
      ["create access app.example.com/admin"],
      [
        {
          route: "app.example.com/admin",
          cause: "step",
          reason: "Cloudflare to confirm the Access application",
        },
        {
          route: "app.example.com",
          cause: "guard",
          reason: "the protected route app.example.com/admin, which this one would expose",
        },
      ],
    ]);
  });

  it("a public host waits for a protected path with faulty labels inside it", () => {
    const observed = settle(emptyAccount(), [
      exposure("public.example.com", { protection: anybody }),
    ]);
    const admin = faultyRoute(`${APP}/admin`);
    const { changes, pending } = planOnce(
      observed,
      [
        exposure("public.example.com", { protection: anybody }),
        exposure(APP, { protection: anybody }),
      ],
      { faulty: [admin] },
    );
    expect([changes, pending.map(({ reason }) => reason)]).toEqual([
      [],
      ["the protected route app.example.com/admin, which this one would expose"],
    ]);
  });
});

describe("a hostname that another owner uses", () => {
  const observed = settle(emptyAccount(), [exposure("other.example.com")]);

  it.each<{ name: string; theirs: Partial<ObservedState>; code: string }>([
    {
      name: "a DNS record",
      theirs: {
        dns: {
          ...observed.dns,
          theirs: new Map([[APP, [{ id: "r", zone: "z-1", type: "A", content: "203.0.113.7" }]]]),
        },
      },
      code: "CFA-CONFLICT-DNS",
    },
    {
      name: "an ingress rule",
      theirs: {
        ingress: {
          ...observed.ingress,
          rules: [...observed.ingress.rules, { hostname: APP, service: "http://theirs:2" }],
        },
      },
      code: "CFA-CONFLICT-INGRESS",
    },
    {
      name: "an Access application",
      theirs: {
        access: {
          ...observed.access,
          theirs: [
            {
              id: "a",
              name: "App",
              type: "self_hosted",
              destinations: [APP],
              bypasses: false,
              unmanagedFields: {},
            },
          ],
        },
      },
      code: "CFA-CONFLICT-ACCESS",
    },
  ])(
    "another owner's hostname is left alone and nothing is half created: $name",
    ({ theirs, code }) => {
      const { changes, problems, live } = planOnce({ ...observed, ...theirs }, [
        exposure("other.example.com"),
        exposure(APP),
      ]);
      expect([changes, problems.map((it) => it.code), live]).toEqual([
        [],
        [code],
        ["other.example.com"],
      ]);
    },
  );
});

describe("repairs and moves of a rule", () => {
  it("a rule that checks the logins of a replaced application is updated", () => {
    const observed = settle(emptyAccount(), [exposure(APP)]);
    const mine = new Map(
      [...observed.access.mine].map(([at, application]) => [
        at,
        { ...application, aud: "aud-of-another" },
      ]),
    );
    const { changes } = planOnce({ ...observed, access: { ...observed.access, mine } }, [
      exposure(APP),
    ]);
    expect(changes).toMatchObject([
      {
        action: "update",
        key: "ingress app.example.com",
        desired: { check: { aud: "aud-of-another" } },
      },
    ]);
  });

  it("a rule that must go for a while becomes a placeholder if a public wildcard would answer instead", () => {
    const wildcard = exposure("*.example.com", { protection: anybody });
    const moved = exposure(APP, {
      protection: anybody,
      origin: { service: "http://other:80", options: {} },
    });
    const { changes } = planOnce(settle(emptyAccount(), [wildcard, exposure(APP)]), [
      wildcard,
      moved,
    ]);
    expect(changes.filter(({ subject }) => subject === APP)).toMatchObject([
      { action: "update", key: "ingress app.example.com", placeholder: route(APP) },
    ]);
  });
});

describe("logins that must be revoked", () => {
  const narrowed = [exposure(APP, { protection: only({ groups: ["family"] }) })];
  const nameOf = (observed: ObservedState) => observed.access.mine.get(key(APP))?.name;

  const opened = [exposure(APP, { protection: anybody })];
  const audOf = (observed: ObservedState) => observed.access.mine.get(key(APP))?.aud;

  it("a pending revocation is completed even if the labels change back meanwhile", () => {
    const before = settle(emptyAccount(), opened);
    let observed = before;
    for (let waves = 0; waves < 20 && nameOf(observed) === APP; waves++)
      observed = planOnce(observed, narrowed).changes.reduce(applyChange, observed);
    expect(nameOf(observed)).toBe(`${APP} · ending old logins`);
    const after = settle(observed, [exposure(APP)]);
    expect(nameOf(after)).toBe(APP);
    expect(audOf(after)).not.toBe(audOf(before));
  });

  it("old logins are useless after the application is replaced, because the rule requires the new audience", () => {
    const before = settle(emptyAccount(), [exposure(APP)]);
    const after = settle(before, narrowed);
    expect(audOf(after)).not.toBe(audOf(before));
    expect(after.ingress.rules.find(({ hostname }) => hostname === APP)).toMatchObject({
      originRequest: { access: { required: true, audTag: [audOf(after), "cfauth:home"] } },
    });
  });
});

describe("Authentik's own hostname", () => {
  const login = exposure("auth.example.com", {
    protection: { kind: "login" },
    workload: "authentik",
  });
  const both = [exposure(APP), login];

  it("Authentik's own hostname opens first, and the other routes report that they wait for it", () => {
    const { changes, pending } = planOnce(settle(emptyAccount(), [exposure("other.example.com")]), [
      exposure("other.example.com"),
      ...both,
    ]);
    expect(changes.map(({ subject }) => subject)).toEqual(["cfauth:home public, no login"]);
    expect(pending).toContainEqual({
      route: APP,
      cause: "login",
      reason: "Authentik's own hostname, without which nobody could log in",
    });
  });

  it("a failure to open Authentik's own hostname does not hold up other routes", () => {
    const observed = settle(emptyAccount(), [exposure("other.example.com")]);
    const exposures = [exposure("other.example.com"), ...both];
    const [first] = planOnce(observed, exposures).changes;
    const { changes } = planOnce(observed, exposures, { failed: new Set([first?.key ?? ""]) });
    expect(changes.map(({ subject }) => subject)).toContain(APP);
  });

  it("a conflict on Authentik's own hostname does not hold up other routes", () => {
    const observed = settle(emptyAccount(), [exposure("other.example.com")]);
    const theirs = {
      id: "t",
      name: "App",
      type: "self_hosted",
      destinations: ["auth.example.com"],
      bypasses: true,
      unmanagedFields: {},
    };
    const { changes, problems } = planOnce(
      { ...observed, access: { ...observed.access, theirs: [theirs] } },
      [exposure("other.example.com"), ...both],
    );
    expect([changes.map(({ subject }) => subject), problems.map(({ code }) => code)]).toEqual([
      [APP],
      ["CFA-CONFLICT-ACCESS"],
    ]);
  });

  it("Authentik's own hostname requires no login, and its rule checks none", () => {
    const observed = settle(emptyAccount(), both);
    const application = observed.access.mine.get(key("auth.example.com"));
    expect(observed.policy.mine.find(({ id }) => id === application?.policies[0])?.decision).toBe(
      "bypass",
    );
    expect(observed.ingress.rules.find(({ hostname }) => hostname === "auth.example.com")).toEqual({
      hostname: "auth.example.com",
      service: "http://app:80",
      originRequest: { access: { required: false, teamName: "team", audTag: ["cfauth:home"] } },
    });
  });
});

describe("a frozen route", () => {
  it("a frozen route is left alone, whatever differs", () => {
    const observed = settle(emptyAccount(), [exposure(APP)]);
    const edited = {
      ...observed,
      dns: {
        ...observed.dns,
        mine: new Map(
          [...observed.dns.mine].map(([name, record]) => [
            name,
            { ...record, content: "elsewhere.example.net" },
          ]),
        ),
      },
    } as ObservedState;
    expect(planOnce(edited, [], { faulty: [faultyRoute(APP)] })).toMatchObject({
      changes: [],
      live: [],
      problems: [],
    });
  });
});

describe("the plan as a list", () => {
  it("a change that two routes need appears once in the plan", () => {
    const observed = settle(emptyAccount(), []);
    const ready = {
      ...observed,
      login: settle(emptyAccount(), [exposure(APP)]).login,
      access: { ...observed.access, tagged: true },
    };
    expect(
      keysOf(planOnce(ready, [exposure("a.example.com"), exposure("b.example.com")]).changes),
    ).toEqual(["create policy cfauth:home everyone who logs in with Authentik"]);
  });

  it("the plan is sorted by route, whatever the order of the exposures", () => {
    const observed = settle(emptyAccount(), [exposure("z.example.com")]);
    const names = ["b.example.com", "*.example.com", "a.example.com/api", "a.example.com"].map(
      (it) => exposure(it),
    );
    const keys = [
      "create access a.example.com/api",
      "create access a.example.com",
      "create access b.example.com",
      "create access *.example.com",
    ];
    const z = exposure("z.example.com");
    expect([
      keysOf(planOnce(observed, [z, ...names]).changes),
      keysOf(planOnce(observed, [...names.toReversed(), z]).changes),
    ]).toEqual([keys, keys]);
  });

  it("a record left over without rule or application is deleted", () => {
    const observed = settle(emptyAccount(), [exposure(APP)]);
    const leftover: ObservedState = {
      ...observed,
      access: { ...observed.access, mine: new Map() },
      ingress: emptyAccount().ingress,
    };
    expect(leftover.dns.mine.has(hostname(APP))).toBe(true);
    expect(keysOf(planOnce(leftover, []).changes)[0]).toBe("delete dns app.example.com");
  });
});

it("a route that is no longer desired closes although the wildcard around it waits for a narrower route and has lost its application", () => {
  const wildcard = exposure("*.example.com/api");
  const blog = exposure("x.example.com", {
    workload: "blog",
    origin: { service: "http://blog:80", options: {} },
    protection: anybody,
  });
  const before = settle(emptyAccount(), [wildcard, blog]);
  const mine = new Map([...before.access.mine].filter(([at]) => at !== "*.example.com/api"));
  const within = {
    origin: { service: "http://app:81", options: {} },
    protection: only({ groups: ["family"] }),
    notReadyReason: "the health check",
  };
  const after = [wildcard, exposure("a.example.com", within)];
  const observed = settle({ ...before, access: { ...before.access, mine } }, after);
  expect(observed.ingress.rules.map(({ service }) => service)).not.toContain("http://blog:80");
  expect(planOnce(observed, after).pending.map(({ route: at, cause }) => [at, cause])).toEqual([
    ["a.example.com", "health"],
    ["*.example.com/api", "guard"],
  ]);
});

it("a route that waits for a narrower route inside it gets a placeholder rule if a wider route would expose it to more people", () => {
  const wildcard = exposure("*.example.com", {
    protection: only({ groups: ["family", "admins"] }),
  });
  const notReady = {
    origin: { service: "http://app:81", options: {} },
    protection: only({ groups: ["family"] }),
    notReadyReason: "the health check",
  };
  const after = [
    wildcard,
    exposure("*.example.com/api", { protection: only({ groups: ["family", "kids"] }) }),
    exposure("b.example.com", notReady),
  ];
  const before = settle(emptyAccount(), [wildcard]);
  const observed = settle(before, after);
  const rules = observed.ingress.rules.map(
    ({ hostname: host, path, service }) =>
      `${host}${path === undefined ? "" : " with a path"} ${service}`,
  );
  expect(rules.filter((rule) => rule.startsWith("*.example.com "))).toEqual([
    "*.example.com with a path http_status:503",
    "*.example.com with a path http://app:80",
  ]);
  const opened = settle(
    observed,
    after.map((exposure) => ({ ...exposure, notReadyReason: undefined })),
  );
  expect(opened.ingress.rules.map(({ service }) => service)).not.toContain("http_status:503");
  expect(settle(observed, []).ingress.rules).toEqual(emptyAccount().ingress.rules);
});

describe("a rule that cloudflared refuses", () => {
  const withRefusedRule = (
    observed: ObservedState,
    exposure: Exposure,
    found: boolean,
  ): ObservedState => ({
    ...observed,
    ingress: {
      ...observed.ingress,
      withheld: new Map([
        [key(APP), { print: originFingerprint(exposure.origin), refused: found }],
      ]),
    },
  });

  it("a refused rule is removed and reported with its route, and nothing of the route is opened again", () => {
    const wanted = exposure(APP);
    const observed = settle(withRefusedRule(settle(emptyAccount(), [wanted]), wanted, true), [
      wanted,
    ]);
    expect(observed.ingress.rules).toEqual(emptyAccount().ingress.rules);
    const { problems, live } = planOnce(observed, [wanted]);
    expect([problems.map(({ code, route }) => [code, route]), live]).toEqual([
      [["CFA-TUNNEL-RULE", APP]],
      [],
    ]);
  });

  it("a route waits while it is unknown whether its rule is the refused one", () => {
    const wanted = exposure(APP);
    const observed = settle(withRefusedRule(emptyAccount(), wanted, false), [wanted]);
    const { problems, pending } = planOnce(observed, [wanted]);
    expect([problems, pending.map(({ route }) => route), observed.ingress.rules]).toEqual([
      [],
      [APP],
      emptyAccount().ingress.rules,
    ]);
  });

  it("a refused rule is tried again when its labels change", () => {
    const wanted = exposure(APP);
    const changed = exposure(APP, {
      origin: { service: "http://app:80", options: { noTLSVerify: true } },
    });
    expect(
      planOnce(settle(withRefusedRule(emptyAccount(), wanted, true), [changed]), [changed]).live,
    ).toEqual([APP]);
  });
});

describe("a rule without our mark", () => {
  const withoutMarks = (observed: ObservedState, audTag?: readonly string[]): ObservedState => ({
    ...observed,
    ingress: {
      ...observed.ingress,
      rules: observed.ingress.rules.map((rule) => {
        const access = rule.originRequest?.["access"] as
          | { readonly audTag: readonly string[] }
          | undefined;
        if (access?.audTag.includes("cfauth:home") !== true) return rule;
        const kept = audTag ?? access.audTag.filter((it) => it !== "cfauth:home");
        return {
          ...rule,
          originRequest: { ...rule.originRequest, access: { ...access, audTag: kept } },
        };
      }),
    },
  });

  it("an unmarked rule that checks an unknown audience is foreign, even if the route has an application of ours", () => {
    const observed = withoutMarks(settle(emptyAccount(), [exposure(APP)]), ["aud-of-the-operator"]);
    const { changes, problems } = planOnce(observed, [exposure(APP)]);
    expect([changes, problems.map(({ code }) => code)]).toEqual([[], ["CFA-CONFLICT-INGRESS"]]);
  });

  it("an unmarked rule is removed before its application is replaced, because without the application it would look foreign", () => {
    const wide = exposure(APP, {
      protection: only({ groups: ["admins", "family"], tokens: "any" }),
    });
    const narrow = exposure(APP, { protection: only({ groups: ["admins"], tokens: "any" }) });
    const ready = settle(emptyAccount(), [
      wide,
      exposure("b.example.com", { protection: narrow.protection, workload: "b" }),
    ]);
    const next = (observed: ObservedState) =>
      keysOf(planOnce(observed, [narrow]).changes.filter(({ subject }) => subject === APP));
    expect([next(withoutMarks(ready)), next(ready)]).toEqual([
      [`delete ingress ${APP}`],
      [`delete access ${APP}`],
    ]);
  });
});
