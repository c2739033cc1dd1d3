import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../../src/core/domain/exposure.ts";
import { resolveDesired } from "../../../../src/core/plan/desired-state.ts";
import { planChanges } from "../../../../src/core/plan/planner.ts";
import type { FaultyRoute } from "../../../../src/core/plan/types.ts";
import { originFingerprint } from "../../../../src/resources/ingress-rule/rules.ts";
import { resourceModel } from "../../../../src/resources/model.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import type { AnyChange } from "../../../../src/resources/registry.ts";
import { deployedRoutes } from "../../../../src/resources/route/deployed.ts";
import {
  anybody,
  exposure,
  faultyRoute,
  hostname,
  key,
  knowing,
  only,
  route,
  running,
} from "../../../support/builders.ts";
import { carryOut, emptyWorld, OWNER } from "./model.ts";

const APP = "app.example.com";
const NO_GRACE = { graceMs: 0, startupGraceMs: 0 };

const planned = (
  observed: ObservedState,
  exposures: readonly Exposure[],
  faulty: readonly FaultyRoute[] = [],
  failed: ReadonlySet<string> = new Set(),
) =>
  planChanges(
    resourceModel(OWNER),
    resolveDesired(
      [{ exposures, faulty, problems: [] }],
      deployedRoutes(observed),
      running([...exposures, ...faulty]),
      knowing(exposures),
      NO_GRACE,
      0,
    ).desired,
    observed,
    failed,
  );

/** The world when nothing is left to do. */
function settled(observed: ObservedState, exposures: readonly Exposure[]): ObservedState {
  const { changes } = planned(observed, exposures);
  return changes.length === 0 ? observed : settled(changes.reduce(carryOut, observed), exposures);
}

const told = (changes: readonly AnyChange[]) =>
  changes.map(({ action, key }) => `${action} ${key}`);

describe("what people are told of a route", () => {
  it("it is live when all of it stands, and then there is nothing to do", () => {
    const { live, changes, pending, problems } = planned(settled(emptyWorld(), [exposure(APP)]), [
      exposure(APP),
    ]);
    expect({ live, changes, pending, problems }).toEqual({
      live: [APP],
      changes: [],
      pending: [],
      problems: [],
    });
  });

  it("it waits for what all routes are built on", () => {
    expect(planned(emptyWorld(), [exposure(APP)])).toMatchObject({
      live: [],
      pending: [{ route: APP, cause: "foundation", reason: "the login method" }],
    });
  });

  it("it waits for each part in turn", () => {
    const reasons: string[] = [];
    for (
      let observed = emptyWorld(), { changes, pending } = planned(observed, [exposure(APP)]);
      changes.length > 0;
      { changes, pending } = planned(observed, [exposure(APP)])
    ) {
      reasons.push(...pending.map(({ reason }) => reason));
      observed = changes.reduce(carryOut, observed);
    }
    expect(reasons).toEqual([
      "the login method",
      "Cloudflare to confirm the Access policy",
      "Cloudflare to confirm the Access application",
      "the ingress rule of the tunnel",
      "the DNS record",
    ]);
  });

  it("it waits for its health check", () => {
    const ready = settled(emptyWorld(), [exposure("other.example.com")]);
    expect(
      planned(ready, [
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

  it("once open it stays open when its container turns unhealthy", () => {
    const observed = settled(emptyWorld(), [exposure(APP)]);
    expect(
      planned(observed, [
        exposure(APP, { notReadyReason: "the health check of container app (unhealthy)" }),
      ]),
    ).toMatchObject({
      changes: [],
      live: [APP],
    });
  });

  it("a public host waits for the protected path in it", () => {
    const observed = settled(emptyWorld(), [
      exposure("other.example.com"),
      exposure("public.example.com", { protection: anybody }),
    ]);
    const kept = [
      exposure("other.example.com"),
      exposure("public.example.com", { protection: anybody }),
    ];
    const { changes, pending } = planned(observed, [
      ...kept,
      exposure(APP, { protection: anybody }),
      exposure(`${APP}/admin`),
    ]);
    expect([told(changes), pending]).toEqual([
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

  it("a public host waits for a protected path whose labels cannot be read", () => {
    const observed = settled(emptyWorld(), [
      exposure("public.example.com", { protection: anybody }),
    ]);
    const admin = faultyRoute(`${APP}/admin`);
    const { changes, pending } = planned(
      observed,
      [
        exposure("public.example.com", { protection: anybody }),
        exposure(APP, { protection: anybody }),
      ],
      [admin],
    );
    expect([changes, pending.map(({ reason }) => reason)]).toEqual([
      [],
      ["the protected route app.example.com/admin, which this one would expose"],
    ]);
  });
});

describe("a name that somebody else has", () => {
  const observed = settled(emptyWorld(), [exposure("other.example.com")]);

  it.each<{ name: string; theirs: Partial<ObservedState>; code: string }>([
    {
      name: "in the DNS",
      theirs: {
        dns: {
          ...observed.dns,
          theirs: new Map([[APP, [{ id: "r", zone: "z-1", type: "A", content: "203.0.113.7" }]]]),
        },
      },
      code: "CFA-CONFLICT-DNS",
    },
    {
      name: "in the tunnel",
      theirs: {
        ingress: {
          ...observed.ingress,
          rules: [...observed.ingress.rules, { hostname: APP, service: "http://theirs:2" }],
        },
      },
      code: "CFA-CONFLICT-INGRESS",
    },
    {
      name: "in Access",
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
  ])("is left to them, with nothing made halfway: $name", ({ theirs, code }) => {
    const { changes, problems, live } = planned({ ...observed, ...theirs }, [
      exposure("other.example.com"),
      exposure(APP),
    ]);
    expect([changes, problems.map((it) => it.code), live]).toEqual([
      [],
      [code],
      ["other.example.com"],
    ]);
  });
});

describe("a rule", () => {
  it("that checks the logins of an application which was replaced is mended", () => {
    const observed = settled(emptyWorld(), [exposure(APP)]);
    const mine = new Map(
      [...observed.access.mine].map(([at, application]) => [
        at,
        { ...application, aud: "aud-of-another" },
      ]),
    );
    const { changes } = planned({ ...observed, access: { ...observed.access, mine } }, [
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

  it("that has to go for a while keeps its place shut, where a public wildcard would answer instead", () => {
    const wildcard = exposure("*.example.com", { protection: anybody });
    const moved = exposure(APP, {
      protection: anybody,
      origin: { service: "http://other:80", options: {} },
    });
    const { changes } = planned(settled(emptyWorld(), [wildcard, exposure(APP)]), [
      wildcard,
      moved,
    ]);
    expect(changes.filter(({ subject }) => subject === APP)).toMatchObject([
      { action: "update", key: "ingress app.example.com", placeholder: route(APP) },
    ]);
  });
});

describe("logins that are still to be ended", () => {
  const narrowed = [exposure(APP, { protection: only({ groups: ["family"] }) })];
  const nameOf = (observed: ObservedState) => observed.access.mine.get(key(APP))?.name;

  const opened = [exposure(APP, { protection: anybody })];
  const audOf = (observed: ObservedState) => observed.access.mine.get(key(APP))?.aud;

  it("are ended also when the labels change back meanwhile", () => {
    const before = settled(emptyWorld(), opened);
    let observed = before;
    for (let waves = 0; waves < 20 && nameOf(observed) === APP; waves++)
      observed = planned(observed, narrowed).changes.reduce(carryOut, observed);
    expect(nameOf(observed)).toBe(`${APP} · ending old logins`);
    const after = settled(observed, [exposure(APP)]);
    expect(nameOf(after)).toBe(APP);
    expect(audOf(after)).not.toBe(audOf(before));
  });

  it("are good for nothing after the application is replaced, while the rule demands the new audience", () => {
    const before = settled(emptyWorld(), [exposure(APP)]);
    const after = settled(before, narrowed);
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

  it("is opened alone, and the others say that they wait for it", () => {
    const { changes, pending } = planned(settled(emptyWorld(), [exposure("other.example.com")]), [
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

  it("holds up nobody when opening it has failed", () => {
    const observed = settled(emptyWorld(), [exposure("other.example.com")]);
    const exposures = [exposure("other.example.com"), ...both];
    const [first] = planned(observed, exposures).changes;
    const { changes } = planned(observed, exposures, [], new Set([first?.key ?? ""]));
    expect(changes.map(({ subject }) => subject)).toContain(APP);
  });

  it("holds up nobody when somebody else has it", () => {
    const observed = settled(emptyWorld(), [exposure("other.example.com")]);
    const theirs = {
      id: "t",
      name: "App",
      type: "self_hosted",
      destinations: ["auth.example.com"],
      bypasses: true,
      unmanagedFields: {},
    };
    const { changes, problems } = planned(
      { ...observed, access: { ...observed.access, theirs: [theirs] } },
      [exposure("other.example.com"), ...both],
    );
    expect([changes.map(({ subject }) => subject), problems.map(({ code }) => code)]).toEqual([
      [APP],
      ["CFA-CONFLICT-ACCESS"],
    ]);
  });

  it("has no login in front of it, and its rule checks none", () => {
    const observed = settled(emptyWorld(), both);
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

describe("what is held", () => {
  it("is left alone, whatever differs", () => {
    const observed = settled(emptyWorld(), [exposure(APP)]);
    const bent = {
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
    const held = faultyRoute(APP);
    expect(planned(bent, [], [held])).toMatchObject({ changes: [], live: [], problems: [] });
  });
});

describe("the answer", () => {
  it("names a change once that two routes want", () => {
    const observed = settled(emptyWorld(), []);
    const ready = {
      ...observed,
      login: settled(emptyWorld(), [exposure(APP)]).login,
      access: { ...observed.access, tagged: true },
    };
    expect(
      told(planned(ready, [exposure("a.example.com"), exposure("b.example.com")]).changes),
    ).toEqual(["create policy cfauth:home everyone who logs in with Authentik"]);
  });

  it("comes in the order of the routes, whatever order the wishes have", () => {
    const observed = settled(emptyWorld(), [exposure("z.example.com")]);
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
      told(planned(observed, [z, ...names]).changes),
      told(planned(observed, [...names.toReversed(), z]).changes),
    ]).toEqual([keys, keys]);
  });

  it("takes a record that is left alone with its name off the net", () => {
    const observed = settled(emptyWorld(), [exposure(APP)]);
    const bare: ObservedState = {
      ...observed,
      access: { ...observed.access, mine: new Map() },
      ingress: emptyWorld().ingress,
    };
    expect(bare.dns.mine.has(hostname(APP))).toBe(true);
    expect(told(planned(bare, []).changes)[0]).toBe("delete dns app.example.com");
  });
});

it("what nobody wishes any more closes although a wildcard around it waits for a route within it and has lost its application", () => {
  const wildcard = exposure("*.example.com/api");
  const blog = exposure("x.example.com", {
    workload: "blog",
    origin: { service: "http://blog:80", options: {} },
    protection: anybody,
  });
  const before = settled(emptyWorld(), [wildcard, blog]);
  const mine = new Map([...before.access.mine].filter(([at]) => at !== "*.example.com/api"));
  const within = {
    origin: { service: "http://app:81", options: {} },
    protection: only({ groups: ["family"] }),
    notReadyReason: "the health check",
  };
  const after = [wildcard, exposure("a.example.com", within)];
  const observed = settled({ ...before, access: { ...before.access, mine } }, after);
  expect(observed.ingress.rules.map(({ service }) => service)).not.toContain("http://blog:80");
  expect(planned(observed, after).pending.map(({ route: at, cause }) => [at, cause])).toEqual([
    ["a.example.com", "health"],
    ["*.example.com/api", "guard"],
  ]);
});

it("what waits for a route within it is shut meanwhile where one around it would show it to more people", () => {
  const wildcard = exposure("*.example.com", {
    protection: only({ groups: ["family", "admins"] }),
  });
  const gated = {
    origin: { service: "http://app:81", options: {} },
    protection: only({ groups: ["family"] }),
    notReadyReason: "the health check",
  };
  const after = [
    wildcard,
    exposure("*.example.com/api", { protection: only({ groups: ["family", "kids"] }) }),
    exposure("b.example.com", gated),
  ];
  const before = settled(emptyWorld(), [wildcard]);
  const observed = settled(before, after);
  const rules = observed.ingress.rules.map(
    ({ hostname: host, path, service }) =>
      `${host}${path === undefined ? "" : " with a path"} ${service}`,
  );
  expect(rules.filter((rule) => rule.startsWith("*.example.com "))).toEqual([
    "*.example.com with a path http_status:503",
    "*.example.com with a path http://app:80",
  ]);
  const opened = settled(
    observed,
    after.map((exposure) => ({ ...exposure, notReadyReason: undefined })),
  );
  expect(opened.ingress.rules.map(({ service }) => service)).not.toContain("http_status:503");
  expect(settled(observed, []).ingress.rules).toEqual(emptyWorld().ingress.rules);
});

describe("a rule that cloudflared refuses", () => {
  const refused = (observed: ObservedState, exposure: Exposure, found: boolean): ObservedState => ({
    ...observed,
    ingress: {
      ...observed.ingress,
      withheld: new Map([
        [key(APP), { print: originFingerprint(exposure.origin), refused: found }],
      ]),
    },
  });

  it("is closed and told of with its route, and nothing of it is opened again", () => {
    const wish = exposure(APP);
    const observed = settled(refused(settled(emptyWorld(), [wish]), wish, true), [wish]);
    expect(observed.ingress.rules).toEqual(emptyWorld().ingress.rules);
    const { problems, live } = planned(observed, [wish]);
    expect([problems.map(({ code, route }) => [code, route]), live]).toEqual([
      [["CFA-TUNNEL-RULE", APP]],
      [],
    ]);
  });

  it("waits while it is not known whether it is this one", () => {
    const wish = exposure(APP);
    const observed = settled(refused(emptyWorld(), wish, false), [wish]);
    const { problems, pending } = planned(observed, [wish]);
    expect([problems, pending.map(({ route }) => route), observed.ingress.rules]).toEqual([
      [],
      [APP],
      emptyWorld().ingress.rules,
    ]);
  });

  it("is tried again when its labels change", () => {
    const wish = exposure(APP);
    const changed = exposure(APP, {
      origin: { service: "http://app:80", options: { noTLSVerify: true } },
    });
    expect(planned(settled(refused(emptyWorld(), wish, true), [changed]), [changed]).live).toEqual([
      APP,
    ]);
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

  it("is foreign where it checks an unknown audience, also at a route that has an application of ours", () => {
    const observed = withoutMarks(settled(emptyWorld(), [exposure(APP)]), ["aud-of-the-operator"]);
    const { changes, problems } = planned(observed, [exposure(APP)]);
    expect([changes, problems.map(({ code }) => code)]).toEqual([[], ["CFA-CONFLICT-INGRESS"]]);
  });

  it("goes before its application is replaced, since it could not be told from a foreign one meanwhile", () => {
    const wide = exposure(APP, {
      protection: only({ groups: ["admins", "family"], tokens: "any" }),
    });
    const narrow = exposure(APP, { protection: only({ groups: ["admins"], tokens: "any" }) });
    const ready = settled(emptyWorld(), [
      wide,
      exposure("b.example.com", { protection: narrow.protection, workload: "b" }),
    ]);
    const next = (observed: ObservedState) =>
      told(planned(observed, [narrow]).changes.filter(({ subject }) => subject === APP));
    expect([next(withoutMarks(ready)), next(ready)]).toEqual([
      [`delete ingress ${APP}`],
      [`delete access ${APP}`],
    ]);
  });
});
