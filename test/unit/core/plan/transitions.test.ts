import { describe, expect, it } from "vitest";
import type { Exposure, Protection } from "../../../../src/core/domain/exposure.ts";
import type { Hostname } from "../../../../src/core/domain/hostname.ts";
import { singleContainer } from "../../../../src/core/domain/party.ts";
import type { Path } from "../../../../src/core/domain/path.ts";
import { patternPath } from "../../../../src/core/domain/path.ts";
import { routeKey } from "../../../../src/core/domain/route.ts";
import { resolveDesired } from "../../../../src/core/plan/desired-state.ts";
import { planChanges } from "../../../../src/core/plan/planner.ts";
import { REVOCATION_SUFFIX } from "../../../../src/resources/access-application/propose.ts";
import { resourceModel } from "../../../../src/resources/model.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import { deployedRoutes } from "../../../../src/resources/route/deployed.ts";
import { anybody, knowing, members, only, plain, running } from "../../../support/builders.ts";
import { ANYBODY, carryOut, emptyWorld, OWNER, reach } from "./model.ts";

const exposure = (service: string, protection: Protection, path?: string): Exposure => ({
  display: plain,
  adopt: false,
  adoptHint: "",
  route: { hostname: "app.example.com" as Hostname, path: path as Path | undefined },
  origin: { service, options: {} },
  protection,
  party: singleContainer("app"),
  shareWith: [],
  shareLabel: "cfauth.share-with",
  workload: "app",
  created: 0,
  label: "cfauth.hostname",
  notReadyReason: undefined,
});

function planned(observed: ObservedState, exposures: readonly Exposure[]) {
  const decoded = [{ exposures, faulty: [], problems: [] }];
  const { desired } = resolveDesired(
    decoded,
    deployedRoutes(observed),
    running(exposures),
    knowing(exposures),
    { graceMs: 0, startupGraceMs: 0 },
    0,
  );
  return planChanges(resourceModel(OWNER), desired, observed);
}

/** Wave after wave until nothing is left; every change as `action kind`, the waves apart. */
function waves(
  observed: ObservedState,
  exposures: readonly Exposure[],
): { readonly world: ObservedState; readonly waves: string[] } {
  const told: string[] = [];
  for (let stands = observed; ; ) {
    const { changes } = planned(stands, exposures);
    if (changes.length === 0 || told.length > 20) return { world: stands, waves: told };
    told.push(changes.map(({ action, kind }) => `${action} ${kind}`).join(", "));
    stands = changes.reduce(carryOut, stands);
  }
}

/** Authentik has just been installed. */
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

const open = (...exposures: Exposure[]): ObservedState => waves(emptyWorld(), exposures).world;

describe("the order of things", () => {
  it("opens from the login method up to the record, each after the one before", () => {
    expect(waves(emptyWorld(), [exposure("http://a:80", members)]).waves).toEqual([
      "create login, create access",
      "create policy",
      "create access",
      "create ingress",
      "create dns",
    ]);
  });

  it("closes in the mirror order and keeps the login method", () => {
    const { world: observed, waves: told } = waves(open(exposure("http://a:80", members)), []);
    expect(told).toEqual(["delete dns", "delete ingress", "delete access", "delete policy"]);
    expect(observed.login.method).toBeDefined();
  });

  it("changes only the rule when only the origin moves", () => {
    expect(
      waves(open(exposure("http://a:80", members)), [exposure("http://b:80", members)]).waves,
    ).toEqual(["update ingress"]);
  });

  it("closes a public page in place, and then replaces its application", () => {
    expect(
      waves(open(exposure("http://a:80", anybody)), [exposure("http://a:80", members)]).waves,
    ).toEqual([
      "create policy",
      "update access",
      "update ingress, delete policy",
      // Logins from before it was public are ended.
      "delete access",
      "create access",
      "update ingress",
    ]);
  });

  it("withdraws the rule and replaces the application when origin and protection change together", () => {
    const before = open(exposure("http://a:80", members));
    const { world: observed, waves: told } = waves(before, [exposure("http://b:80", anybody)]);
    expect(told).toEqual([
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

  it("replaces the application of a route that becomes wider while a narrower one lies within, and changes one alone in place", () => {
    const family = exposure("http://a:80", only({ groups: ["family"] }));
    const admin = exposure("http://a:80", only({ groups: ["admins"] }), "/admin");
    const aud = (observed: ObservedState) => observed.access.mine.get(routeKey(family.route))?.aud;
    const [both, alone] = [open(family, admin), open(family)];
    expect(aud(waves(both, [exposure("http://a:80", members), admin]).world)).not.toBe(aud(both));
    expect(aud(waves(alone, [exposure("http://a:80", members)]).world)).toBe(aud(alone));
  });

  it("replaces the application when its audience is wrong and nothing is routed", () => {
    const half = open(exposure("http://a:80", members));
    const unrouted = { ...half, ingress: { ...half.ingress, rules: emptyWorld().ingress.rules } };
    expect(waves(unrouted, [exposure("http://a:80", anybody)]).waves.slice(0, 4)).toEqual([
      "create policy",
      "delete access",
      "create access, delete policy",
      "create ingress",
    ]);
  });

  it("keeps the record while another path of the hostname needs it", () => {
    const both = open(exposure("http://a:80", members), exposure("http://b:80", members, "/api"));
    expect(waves(both, [exposure("http://a:80", members)]).waves).toEqual([
      "delete ingress",
      "delete access",
    ]);
  });

  it("opens the protected path before the public host around it, and closes it after", () => {
    const exposures = [
      exposure("http://a:80", anybody),
      exposure("http://a:80", members, "/admin"),
    ];
    const opened = waves(emptyWorld(), exposures);
    expect(opened.waves).toEqual([
      "create login, create access",
      "create policy, create policy",
      "create access",
      "create ingress",
      "create dns, create access",
      "create ingress",
    ]);
    expect(waves(opened.world, []).waves).toEqual([
      "delete dns",
      "delete ingress",
      "delete ingress, delete access",
      "delete access, delete policy",
      "delete policy",
    ]);
  });

  it("makes the application of a host anew when its audience changes and a path within lets in others", () => {
    const admin = exposure("http://a:80", only({ groups: ["admins"] }), "/admin");
    const before = open(exposure("http://a:80", members), admin);
    const { waves: told } = waves(before, [
      exposure("http://a:80", only({ groups: ["family"] })),
      admin,
    ]);
    expect(told).toEqual([
      "update login",
      "create policy",
      "delete access",
      "create access, delete policy",
      "update ingress",
    ]);
  });

  it("closes a protected path only when the public host around it lets in no more than is wished", () => {
    const before = open(
      exposure("http://a:80", anybody),
      exposure("http://a:80", members, "/admin"),
    );
    const { waves: told } = waves(before, [exposure("http://a:80", only({ groups: ["family"] }))]);
    expect(told.slice(-6)).toEqual([
      "create policy",
      "update access",
      "update ingress, delete policy",
      "delete ingress, delete access",
      "delete access, create access",
      "update ingress, delete policy",
    ]);
  });

  it("makes the application anew when somebody deleted it, and the rule checks the new one", () => {
    const before = open(exposure("http://a:80", members));
    const robbed = { ...before, access: { ...before.access, mine: new Map() } };
    expect(waves(robbed, [exposure("http://a:80", members)]).waves).toEqual([
      "create access",
      "update ingress",
    ]);
  });

  describe("a path without a login whose application somebody deleted", () => {
    const exposures = [
      exposure("http://a:80", members),
      exposure("http://a:80", anybody, "/hooks"),
    ];
    const before = open(...exposures);
    const mine = new Map([...before.access.mine].filter(([route]) => !route.endsWith("/hooks")));
    const robbed = { ...before, access: { ...before.access, mine } };

    it("gets another one, and holds up nothing else of its hostname", () => {
      expect(waves(robbed, exposures).waves).toEqual(["create access"]);
      const { world: observed } = waves(robbed, [
        exposure("http://a:80", only({ groups: ["family"] })),
        ...exposures.slice(1),
      ]);
      expect(observed.policy.mine.map(({ name }) => name).toSorted()).toEqual([
        "cfauth:home members of family",
        "cfauth:home public, no login",
      ]);
    });

    it("goes with its container, and leaves nothing behind", () => {
      expect(waves(robbed, []).world.ingress.rules).toEqual(emptyWorld().ingress.rules);
    });

    it("is known by its mark for the whole host as well, and gets another application", () => {
      const alone = open(exposure("http://a:80", anybody));
      const { world: observed } = waves(
        { ...alone, access: { ...alone.access, mine: new Map() } },
        [exposure("http://b:80", anybody)],
      );
      const found = observed.ingress.rules.find(({ hostname }) => hostname === "app.example.com");
      expect([found?.service, observed.access.mine.size]).toEqual(["http://b:80", 1]);
    });

    it("goes by its mark where the record is gone too", () => {
      const bare = { ...robbed, dns: { ...robbed.dns, mine: new Map() } };
      expect(waves(bare, []).world.ingress.rules).toEqual(emptyWorld().ingress.rules);
    });

    it.each<{ name: string; audTag: readonly string[] }>([
      { name: "it has another owner's mark", audTag: ["cfauth:other"] },
      { name: "it has no mark", audTag: [] },
    ])("is not mistaken for ours where $name, though our record is there", ({ audTag }) => {
      const access = { required: false, teamName: "team", audTag };
      const theirs = robbed.ingress.rules.map((it) =>
        it.path === undefined ? it : { ...it, originRequest: { access } },
      );
      const { world: observed } = waves(
        { ...robbed, ingress: { ...robbed.ingress, rules: theirs } },
        [],
      );
      expect(observed.ingress.rules.map(({ service }) => service)).toContain("http://a:80");
    });
  });

  describe("what cannot be made as it is to be does not go on showing or letting in what nobody wishes any more", () => {
    const theirRecord: ObservedState["dns"]["theirs"] = new Map([
      [
        "app.example.com",
        [{ id: "d", zone: "z-1", type: "CNAME", content: "t-1.cfargotunnel.com" }],
      ],
    ]);
    const hands: readonly {
      readonly name: string;
      readonly by: (world: ObservedState) => ObservedState;
    }[] = [
      {
        name: "somebody's rule for a path of the hostname",
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
        name: "a record that is ours no more",
        by: (observed) => ({
          ...observed,
          dns: { ...observed.dns, mine: new Map(), theirs: theirRecord },
        }),
      },
      {
        name: "a login method that is gone, and cannot be made anew",
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
    ) => rule(waves(by(open(...before)), after).world)?.service;

    it.each(hands)("$name", ({ by }) => {
      expect([
        meanwhile([all], by, [exposure("http://a:80", members)]),
        meanwhile([some], by, [exposure("http://a:80", only({ groups: ["admins"] }))]),
        meanwhile([some], by, [exposure("http://b:80", only({ groups: ["family"] }))]),
      ]).toEqual([undefined, undefined, undefined]);
    });

    it.each(hands)(
      "$name leaves alone what is to let in some more, whose policy is not there yet",
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

    it.each(hands)(
      "$name leaves alone what is as it is to be, and what is to be wider",
      ({ by }) => {
        expect([
          meanwhile([all], by, [all]),
          meanwhile([some], by, [some]),
          meanwhile([some], by, [all]),
        ]).toEqual(["http://a:80", "http://a:80", "http://a:80"]);
      },
    );

    it.each(hands)(
      "$name does not leave in whoever has lost the right, while the old logins are not ended yet",
      ({ by }) => {
        const narrower = open(some);
        const mine = [...narrower.access.mine].map(
          ([route, it]) => [route, { ...it, name: `${it.name}${REVOCATION_SUFFIX}` }] as const,
        );
        const marked = { ...narrower, access: { ...narrower.access, mine: new Map(mine) } };
        expect(rule(waves(by(marked), [some]).world)?.service).toBeUndefined();
      },
    );

    it("keeps the place where a wider rule of ours would answer instead", () => {
      const outer = exposure("http://a:80", members);
      const inner = (groups: readonly string[]) =>
        exposure("http://a:80", only({ groups }), "/admin");
      const by = hands[0]?.by ?? ((observed) => observed);
      const { world: observed } = waves(by(open(outer, inner(["family"]))), [
        outer,
        inner(["admins"]),
      ]);
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
  ])("does not let %s through a public host that has a protected /admin inside", (path) => {
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

  it("does not open a public host before the protected path inside it takes every spelling", () => {
    const inner = exposure("http://a:80", members, "/admin");
    const outer = exposure("http://a:80", anybody);
    const alone = open(inner);
    let observed = alone;
    for (let n = 0; n < 10; n++) {
      const { changes } = planned(observed, [outer, inner]);
      // Cloudflare refuses the rule of the inner path again and again.
      const accepted = changes.filter(
        ({ kind, subject }) => kind !== "ingress" || subject === "app.example.com",
      );
      observed = accepted.reduce(carryOut, observed);
    }
    expect(
      reach(observed.ingress.rules, observed, { host: "app.example.com", path: "/ADMIN" }, ANYBODY),
    ).toBeUndefined();
    const { world: after } = waves(observed, [outer, inner]);
    expect(reach(after.ingress.rules, after, { host: "app.example.com", path: "/" }, ANYBODY)).toBe(
      "http://a:80",
    );
  });

  it("lets every path through a public host that has nothing protected inside, again once that has gone", () => {
    const observed = open(
      exposure("http://a:80", anybody),
      exposure("http://a:80", members, "/admin"),
    );
    const { world: after } = waves(observed, [exposure("http://a:80", anybody)]);
    expect(after.ingress.rules.find(({ hostname }) => hostname === "app.example.com")).toEqual({
      hostname: "app.example.com",
      service: "http://a:80",
      originRequest: { access: { required: false, teamName: "team", audTag: ["cfauth:home"] } },
    });
  });
});
