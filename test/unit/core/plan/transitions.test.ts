import { describe, expect, it } from "vitest";
import type { Exposure, Protection } from "../../../../src/core/domain/exposure.ts";
import { patternPath } from "../../../../src/core/domain/path.ts";
import { routeKey } from "../../../../src/core/domain/route.ts";
import { REVOCATION_SUFFIX } from "../../../../src/resources/access-application/propose.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import { anybody, members, only, exposure as routeExposure } from "../../../support/builders.ts";
import { open, planOnce, runWaves } from "../../../support/planner-harness.ts";
import { ANYBODY, applyChange, emptyAccount, reach } from "./model.ts";

const exposure = (service: string, protection: Protection, path = ""): Exposure =>
  routeExposure(`app.example.com${path}`, { origin: { service, options: {} }, protection });

/** Runs waves until nothing is left to do. Each wave is listed as `action kind`. */
function run(
  before: ObservedState,
  exposures: readonly Exposure[],
): { readonly observed: ObservedState; readonly waves: readonly string[] } {
  const { observed, waves } = runWaves(before, exposures);
  return {
    observed,
    waves: waves.map((changes) =>
      changes.map(({ action, kind }) => `${action} ${kind}`).join(", "),
    ),
  };
}

/** Authentik that has just been installed and is not ready. */
const UNREADY: ObservedState["login"]["prerequisites"] = {
  code: "CFA-AK-NOT-READY",
  severity: "error",
  container: undefined,
  label: undefined,
  route: undefined,
  message: "",
  effect: "closed",
  fix: "",
};

describe("the order of changes", () => {
  it("opening creates the objects one after the other, from the login method to the DNS record", () => {
    expect(run(emptyAccount(), [exposure("http://a:80", members)]).waves).toEqual([
      "create login, create access",
      "create policy",
      "create access",
      "create ingress",
      "create dns",
    ]);
  });

  it("closing deletes the objects in reverse order and keeps the login method", () => {
    const { observed, waves } = run(open(exposure("http://a:80", members)), []);
    expect(waves).toEqual(["delete dns", "delete ingress", "delete access", "delete policy"]);
    expect(observed.login.method).toBeDefined();
  });

  it("a new origin changes only the ingress rule", () => {
    expect(
      run(open(exposure("http://a:80", members)), [exposure("http://b:80", members)]).waves,
    ).toEqual(["update ingress"]);
  });

  it("a public page is protected in place before its application is replaced", () => {
    expect(
      run(open(exposure("http://a:80", anybody)), [exposure("http://a:80", members)]).waves,
    ).toEqual([
      "create policy",
      "update access",
      "update ingress, delete policy",
      // Revokes logins from before the page was public.
      "delete access",
      "create access",
      "update ingress",
    ]);
  });

  it("the rule is removed and the application replaced when origin and protection change together", () => {
    const before = open(exposure("http://a:80", members));
    const { observed, waves } = run(before, [exposure("http://b:80", anybody)]);
    expect(waves).toEqual([
      "create policy",
      "delete ingress",
      "delete access",
      "create access, delete policy",
      "create ingress",
    ]);
    expect([...observed.access.mine.values()][0]?.aud).not.toBe(
      [...before.access.mine.values()][0]?.aud,
    );
  });

  it("widening replaces the application if a narrower route lies inside, and updates it in place otherwise", () => {
    const family = exposure("http://a:80", only({ groups: ["family"] }));
    const admin = exposure("http://a:80", only({ groups: ["admins"] }), "/admin");
    const aud = (observed: ObservedState) => observed.access.mine.get(routeKey(family.route))?.aud;
    const [both, alone] = [open(family, admin), open(family)];
    expect(aud(run(both, [exposure("http://a:80", members), admin]).observed)).not.toBe(aud(both));
    expect(aud(run(alone, [exposure("http://a:80", members)]).observed)).toBe(aud(alone));
  });

  it("an application with the wrong audience and no rule is replaced", () => {
    const half = open(exposure("http://a:80", members));
    const unrouted = { ...half, ingress: { ...half.ingress, rules: emptyAccount().ingress.rules } };
    expect(run(unrouted, [exposure("http://a:80", anybody)]).waves.slice(0, 4)).toEqual([
      "create policy",
      "delete access",
      "create access, delete policy",
      "create ingress",
    ]);
  });

  it("the DNS record stays while another path of the hostname needs it", () => {
    const both = open(exposure("http://a:80", members), exposure("http://b:80", members, "/api"));
    expect(run(both, [exposure("http://a:80", members)]).waves).toEqual([
      "delete ingress",
      "delete access",
    ]);
  });

  it("a protected path opens before the public host around it and closes after it", () => {
    const exposures = [
      exposure("http://a:80", anybody),
      exposure("http://a:80", members, "/admin"),
    ];
    const opened = run(emptyAccount(), exposures);
    expect(opened.waves).toEqual([
      "create login, create access",
      "create policy, create policy",
      "create access",
      "create ingress",
      "create dns, create access",
      "create ingress",
    ]);
    expect(run(opened.observed, []).waves).toEqual([
      "delete dns",
      "delete ingress",
      "delete ingress, delete access",
      "delete access, delete policy",
      "delete policy",
    ]);
  });

  it("a changed audience replaces the application of a host if a path inside admits other people", () => {
    const admin = exposure("http://a:80", only({ groups: ["admins"] }), "/admin");
    const before = open(exposure("http://a:80", members), admin);
    const { waves } = run(before, [exposure("http://a:80", only({ groups: ["family"] })), admin]);
    expect(waves).toEqual([
      "update login",
      "create policy",
      "delete access",
      "create access, delete policy",
      "update ingress",
    ]);
  });

  it("a protected path closes only when the host around it admits no more people than desired", () => {
    const before = open(
      exposure("http://a:80", anybody),
      exposure("http://a:80", members, "/admin"),
    );
    const { waves } = run(before, [exposure("http://a:80", only({ groups: ["family"] }))]);
    expect(waves.slice(-6)).toEqual([
      "create policy",
      "update access",
      "update ingress, delete policy",
      "delete ingress, delete access",
      "delete access, create access",
      "update ingress, delete policy",
    ]);
  });

  it("a deleted application is recreated, and the rule checks the new one", () => {
    const before = open(exposure("http://a:80", members));
    const withoutApplication = { ...before, access: { ...before.access, mine: new Map() } };
    expect(run(withoutApplication, [exposure("http://a:80", members)]).waves).toEqual([
      "create access",
      "update ingress",
    ]);
  });

  describe("a path without a login whose application was deleted by hand", () => {
    const exposures = [
      exposure("http://a:80", members),
      exposure("http://a:80", anybody, "/hooks"),
    ];
    const before = open(...exposures);
    const mine = new Map([...before.access.mine].filter(([route]) => !route.endsWith("/hooks")));
    const withoutApplication = { ...before, access: { ...before.access, mine } };

    it("a deleted application of a public path is recreated and holds up nothing else of its hostname", () => {
      expect(run(withoutApplication, exposures).waves).toEqual(["create access"]);
      const { observed } = run(withoutApplication, [
        exposure("http://a:80", only({ groups: ["family"] })),
        ...exposures.slice(1),
      ]);
      expect(observed.policy.mine.map(({ name }) => name).toSorted()).toEqual([
        "cfauth:home members of family",
        "cfauth:home public, no login",
      ]);
    });

    it("a public path without its application closes with its container and leaves nothing behind", () => {
      expect(run(withoutApplication, []).observed.ingress.rules).toEqual(
        emptyAccount().ingress.rules,
      );
    });

    it("a public host without its application is recognised by its mark and gets a new application", () => {
      const alone = open(exposure("http://a:80", anybody));
      const { observed } = run({ ...alone, access: { ...alone.access, mine: new Map() } }, [
        exposure("http://b:80", anybody),
      ]);
      const found = observed.ingress.rules.find(({ hostname }) => hostname === "app.example.com");
      expect([found?.service, observed.access.mine.size]).toEqual(["http://b:80", 1]);
    });

    it("a public path without its application or record closes, recognised by its mark", () => {
      const withoutRecord = {
        ...withoutApplication,
        dns: { ...withoutApplication.dns, mine: new Map() },
      };
      expect(run(withoutRecord, []).observed.ingress.rules).toEqual(emptyAccount().ingress.rules);
    });

    it.each<{ name: string; audTag: readonly string[] }>([
      { name: "another owner's mark", audTag: ["cfauth:other"] },
      { name: "no mark", audTag: [] },
    ])("a rule with $name is not treated as ours although our record is there", ({ audTag }) => {
      const access = { required: false, teamName: "team", audTag };
      const theirs = withoutApplication.ingress.rules.map((it) =>
        it.path === undefined ? it : { ...it, originRequest: { access } },
      );
      const { observed } = run(
        { ...withoutApplication, ingress: { ...withoutApplication.ingress, rules: theirs } },
        [],
      );
      expect(observed.ingress.rules.map(({ service }) => service)).toContain("http://a:80");
    });
  });

  describe("a route that cannot reach its desired state and must not keep exposing what is no longer desired", () => {
    const theirRecord: ObservedState["dns"]["theirs"] = new Map([
      [
        "app.example.com",
        [{ id: "d", zone: "z-1", type: "CNAME", content: "t-1.cfargotunnel.com" }],
      ],
    ]);
    const obstacles: readonly {
      readonly name: string;
      readonly by: (observed: ObservedState) => ObservedState;
    }[] = [
      {
        name: "a foreign rule for a path of the hostname",
        by: (observed) => ({
          ...observed,
          ingress: {
            ...observed.ingress,
            rules: [
              { hostname: "app.example.com", path: "/x", service: "http://x:1" },
              ...observed.ingress.rules,
            ],
          },
        }),
      },
      {
        name: "a record that is no longer ours",
        by: (observed) => ({
          ...observed,
          dns: { ...observed.dns, mine: new Map(), theirs: theirRecord },
        }),
      },
      {
        name: "a missing login method that cannot be recreated",
        by: (observed) => ({
          ...observed,
          login: { ...observed.login, method: undefined, prerequisites: UNREADY },
        }),
      },
    ];
    const all = exposure("http://a:80", anybody);
    const some = exposure("http://a:80", only({ groups: ["family"] }));
    const rule = (observed: ObservedState) =>
      observed.ingress.rules.find(
        ({ hostname, path }) => hostname === "app.example.com" && path !== "/x",
      );
    const meanwhile = (
      before: readonly Exposure[],
      by: (observed: ObservedState) => ObservedState,
      after: readonly Exposure[],
    ) => rule(run(by(open(...before)), after).observed)?.service;

    it.each(obstacles)(
      "a blocked route is closed if it should admit fewer or other people or lead elsewhere: $name",
      ({ by }) => {
        expect([
          meanwhile([all], by, [exposure("http://a:80", members)]),
          meanwhile([some], by, [exposure("http://a:80", only({ groups: ["admins"] }))]),
          meanwhile([some], by, [exposure("http://b:80", only({ groups: ["family"] }))]),
        ]).toEqual([undefined, undefined, undefined]);
      },
    );

    it.each(obstacles)(
      "a blocked route stays open if it should admit more people whose policy does not exist yet: $name",
      ({ by }) => {
        const wider = [
          only({ groups: ["family", "admins"] }),
          only({ groups: ["family"], emails: ["ann@example.com"] }),
          members,
        ];
        expect(wider.map((it) => meanwhile([some], by, [exposure("http://a:80", it)]))).toEqual([
          "http://a:80",
          "http://a:80",
          "http://a:80",
        ]);
      },
    );

    it.each(obstacles)(
      "a blocked route stays open if nothing should change or only more people should be admitted: $name",
      ({ by }) => {
        expect([
          meanwhile([all], by, [all]),
          meanwhile([some], by, [some]),
          meanwhile([some], by, [all]),
        ]).toEqual(["http://a:80", "http://a:80", "http://a:80"]);
      },
    );

    it.each(obstacles)(
      "a blocked route is closed while old logins of people who lost access are not revoked yet: $name",
      ({ by }) => {
        const narrower = open(some);
        const mine = [...narrower.access.mine].map(
          ([route, it]) => [route, { ...it, name: `${it.name}${REVOCATION_SUFFIX}` }] as const,
        );
        const marked = { ...narrower, access: { ...narrower.access, mine: new Map(mine) } };
        expect(rule(run(by(marked), [some]).observed)?.service).toBeUndefined();
      },
    );

    it("a blocked route becomes a placeholder if a wider rule of ours would answer instead", () => {
      const outer = exposure("http://a:80", members);
      const inner = (groups: readonly string[]) =>
        exposure("http://a:80", only({ groups }), "/admin");
      const by = obstacles[0]?.by ?? ((observed) => observed);
      const { observed } = run(by(open(outer, inner(["family"]))), [outer, inner(["admins"])]);
      expect(
        observed.ingress.rules.find(({ path = "" }) => patternPath(path) === "/admin")?.service,
      ).toBe("http_status:503");
    });
  });

  it.each([
    "/x/../admin",
    "//admin",
    "/./admin",
    "/%2e/admin",
    "/admin;x",
    "/x/..;/admin",
    "/x\\..\\admin",
    "/ADMIN",
    "/Admin/x",
    "/admin.json",
    "/admin::$DATA",
    "/(S(x))/admin",
    "/\uff41dmin",
    "/admin!list",
    "/admin ",
    "/admin.",
  ])("a public host with a protected /admin inside does not let %s through", (path) => {
    const observed = open(
      exposure("http://a:80", anybody),
      exposure("http://a:80", members, "/admin"),
    );
    const at = (it: string) =>
      reach(observed.ingress.rules, observed, { host: "app.example.com", path: it }, ANYBODY);
    expect([at(path), at("/"), at("/x/y.html"), at("/admin")]).toEqual([
      undefined,
      "http://a:80",
      "http://a:80",
      undefined,
    ]);
  });

  it("a public host does not open before the protected path inside it matches every spelling", () => {
    const inner = exposure("http://a:80", members, "/admin");
    const outer = exposure("http://a:80", anybody);
    const alone = open(inner);
    let observed = alone;
    for (let n = 0; n < 10; n++) {
      const { changes } = planOnce(observed, [outer, inner]);
      // Cloudflare refuses the rule of the inner path again and again.
      const accepted = changes.filter(
        ({ kind, subject }) => kind !== "ingress" || subject === "app.example.com",
      );
      observed = accepted.reduce(applyChange, observed);
    }
    expect(
      reach(observed.ingress.rules, observed, { host: "app.example.com", path: "/ADMIN" }, ANYBODY),
    ).toBeUndefined();
    const { observed: after } = run(observed, [outer, inner]);
    expect(reach(after.ingress.rules, after, { host: "app.example.com", path: "/" }, ANYBODY)).toBe(
      "http://a:80",
    );
  });

  it("a public host lets every path through again once its protected path is gone", () => {
    const observed = open(
      exposure("http://a:80", anybody),
      exposure("http://a:80", members, "/admin"),
    );
    const { observed: after } = run(observed, [exposure("http://a:80", anybody)]);
    expect(after.ingress.rules.find(({ hostname }) => hostname === "app.example.com")).toEqual({
      hostname: "app.example.com",
      service: "http://a:80",
      originRequest: { access: { required: false, teamName: "team", audTag: ["cfauth:home"] } },
    });
  });
});
