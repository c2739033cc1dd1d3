import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../../src/core/domain/exposure.ts";
import { composeProject, type Party } from "../../../../src/core/domain/party.ts";
import {
  type Decision,
  EMPTY_MEMORY,
  type ReconcileMemory,
  resolveDesired,
} from "../../../../src/core/plan/desired-state.ts";
import type { Engine } from "../../../../src/core/plan/engine.ts";
import type { Decoded, DeployedRoute, FaultyRoute } from "../../../../src/core/plan/types.ts";
import {
  anybody,
  authentikIs,
  deployed,
  exposure,
  faultyRoute,
  NOTHING_RUNS,
} from "../../../support/builders.ts";

const WIKI = "wiki.example.com";
const GRACE = { graceMs: 60_000, startupGraceMs: 300_000 };
const [BLOG, SHOP] = [composeProject("blog"), composeProject("shop")];

/** A running container of a project that asks for a route or for nothing. */
interface Container {
  readonly name: string;
  readonly party: Party;
  readonly decoded: Decoded;
}

const service = (name: string): string => `http://${name}.tunnel:80`;

function asks(name: string, party: Party, more: Partial<Exposure> = {}, at = WIKI): Container {
  const wanted = exposure(at, {
    workload: name,
    party,
    origin: { service: service(name), options: {} },
    ...more,
  });
  return { name, party, decoded: { exposures: [wanted], faulty: [], problems: [] } };
}

/** The same with faulty labels, for example a group that was renamed. */
function faulty(name: string, party: Party, more: Partial<FaultyRoute> = {}, at = WIKI): Container {
  const it = faultyRoute(at, {
    workload: name,
    party,
    members: [name],
    service: service(name),
    ...more,
  });
  return { name, party, decoded: { exposures: [], faulty: [it], problems: [] } };
}

const silent = (name: string, party: Party): Container => ({
  name,
  party,
  decoded: { exposures: [], faulty: [], problems: [] },
});

const engineOf = (containers: readonly Container[]): Engine => ({
  ...NOTHING_RUNS,
  occupants: (it) =>
    containers
      .filter(({ name }) => [service(name), `http://${name}:80`].includes(it.service ?? ""))
      .map(({ name: id, party }) => ({ id, party, certain: true })),
  isRunning: ({ workload, party }) =>
    containers.some((it) => it.name === workload && it.party === party),
});

/** One daemon that makes pass after pass. */
function daemon(deployed: readonly DeployedRoute[], memory: ReconcileMemory = EMPTY_MEMORY) {
  let known = memory;
  return (
    now: number,
    containers: readonly Container[],
    rules = deployed,
    engine: Engine = engineOf(containers),
  ) => {
    const decision = resolveDesired(
      containers.map(({ decoded }) => decoded),
      rules,
      engine,
      known,
      GRACE,
      now,
    );
    known = decision.memory;
    return outcome(decision);
  };
}

const outcome = ({ desired, wakeAt }: Decision) => ({
  has: [...desired.exposures.values()].map(({ workload }) => workload),
  frozen: [...desired.frozen],
  pending: desired.pending.map(({ cause, reason }) => `${cause}: ${reason}`),
  problems: desired.problems.map(({ code, container }) => `${code} ${container}`),
  handovers: [...desired.handovers].map(([key, { from, to }]) => `${key} ${from} → ${to}`),
  fixes: desired.problems.map(({ fix }) => fix),
  desired,
  wakeAt,
});

const deployedAt = (name: string, at = WIKI) => deployed(at, { service: service(name) });

describe("a free hostname that two parties want", () => {
  it.each<{
    name: string;
    containers: readonly Container[];
    has: string;
    refused: readonly string[];
  }>([
    {
      name: "the older container gets a free hostname",
      containers: [asks("wiki", BLOG, { created: 2 }), asks("web", SHOP, { created: 1 })],
      has: "web",
      refused: ["CFA-HOST-TAKEN wiki"],
    },
    {
      name: "the container that is first by name gets a free hostname if both are equally old",
      containers: [asks("wiki", BLOG), asks("web", SHOP)],
      has: "web",
      refused: ["CFA-HOST-TAKEN wiki"],
    },
    {
      name: "faulty labels of an older container do not block a free hostname",
      containers: [faulty("wiki", BLOG, { created: 1 }), asks("web", SHOP, { created: 2 })],
      has: "web",
      refused: [],
    },
    {
      name: "one of three containers gets a free hostname",
      containers: [
        asks("a", BLOG, { created: 1 }),
        asks("b", SHOP, { created: 2 }),
        asks("c", composeProject("c"), { created: 3 }),
      ],
      has: "a",
      refused: ["CFA-HOST-TAKEN b", "CFA-HOST-TAKEN c"],
    },
  ])("$name", ({ containers, has, refused }) => {
    for (const all of [containers, containers.toReversed()]) {
      const it = daemon([])(0, all);
      expect([it.has, it.problems]).toEqual([[has], refused]);
    }
  });

  it("a hostname stays with its new holder although an older container fixes its labels", () => {
    const pass = daemon([]);
    pass(0, [faulty("wiki", BLOG, { created: 1 }), asks("web", SHOP, { created: 2 })]);
    expect(
      pass(1, [asks("wiki", BLOG, { created: 1 }), asks("web", SHOP, { created: 2 })]),
    ).toMatchObject({
      has: ["web"],
      problems: ["CFA-HOST-TAKEN wiki"],
    });
  });
});

describe("the holder of a deployed route", () => {
  it("the holder keeps its route although a rival is older", () => {
    const pass = daemon([deployedAt("wiki")]);
    expect(
      pass(0, [asks("web", SHOP, { created: 1 }), asks("wiki", BLOG, { created: 2 })]),
    ).toMatchObject({
      has: ["wiki"],
      problems: ["CFA-HOST-TAKEN web"],
    });
  });

  it("the holder keeps a route that an earlier version wrote with its plain name", () => {
    const pass = daemon([deployed(WIKI, { service: "http://wiki:80" })]);
    expect(
      pass(0, [asks("web", SHOP, { created: 1 }), asks("wiki", BLOG, { created: 2 })]),
    ).toMatchObject({
      has: ["wiki"],
      handovers: [],
    });
  });

  it.each([
    { name: "right after a start", before: false },
    { name: "while cfauth runs", before: true },
  ])("the holder keeps its route while its labels are faulty: $name", ({ before }) => {
    const pass = daemon([deployedAt("wiki")]);
    const rival = asks("web", SHOP, { created: 1 });
    if (before) pass(0, [asks("wiki", BLOG, { created: 2 })]);
    for (const now of [1_000, 10_000_000])
      expect(pass(now, [rival, faulty("wiki", BLOG, { created: 2 })])).toMatchObject({
        has: [],
        frozen: [WIKI],
        problems: ["CFA-HOST-TAKEN web"],
      });
  });

  it("the holder keeps its hostname while its faulty labels keep the route closed", () => {
    const pass = daemon([deployedAt("wiki")]);
    pass(0, [asks("wiki", BLOG, { created: 2 })]);
    const both = [
      asks("web", SHOP, { created: 1 }),
      faulty("wiki", BLOG, { created: 2, closeNow: true }),
    ];
    expect(pass(1, both)).toMatchObject({ has: [], frozen: [], problems: ["CFA-HOST-TAKEN web"] });
    expect(pass(2, both, [])).toMatchObject({ has: [], problems: ["CFA-HOST-TAKEN web"] });
  });

  it("a holder that removes its label loses the route to a waiting rival", () => {
    const pass = daemon([deployedAt("wiki")]);
    pass(0, [asks("wiki", BLOG), asks("web", SHOP)]);
    expect(pass(1, [silent("wiki", BLOG), asks("web", SHOP)])).toMatchObject({
      has: ["web"],
      handovers: [`${WIKI} ${BLOG} → ${SHOP}`],
    });
  });
});

describe("a missing holder", () => {
  const gone = () => {
    const pass = daemon([deployedAt("wiki")]);
    pass(0, [asks("wiki", BLOG)]);
    return pass;
  };

  it("a missing holder keeps its route for the grace period, and the rival's pending reason names it", () => {
    const pass = gone();
    expect(pass(1_000, [asks("web", SHOP)])).toMatchObject({
      has: [],
      frozen: [WIKI],
      pending: [
        "rival: container wiki, which had it and stopped; web takes over in 60 s unless it comes back",
      ],
      wakeAt: 61_000,
    });
    expect(pass(50_000, [asks("web", SHOP)]).wakeAt).toBe(61_000);
  });

  it("a holder that is back within the grace period gets its route again, even if recreated under another name of its project", () => {
    const pass = gone();
    pass(1_000, [asks("web", SHOP)]);
    expect(pass(20_000, [asks("web", SHOP), asks("wiki-2", BLOG)])).toMatchObject({
      has: ["wiki-2"],
      handovers: [],
      problems: ["CFA-HOST-TAKEN web"],
    });
  });

  it("the rival gets the route when the grace period ends, and the application is replaced", () => {
    const pass = gone();
    pass(1_000, [asks("web", SHOP)]);
    expect(pass(61_000, [asks("web", SHOP)])).toMatchObject({
      has: ["web"],
      frozen: [],
      handovers: [`${WIKI} ${BLOG} → ${SHOP}`],
      wakeAt: undefined,
    });
  });

  it("a holder that is back without asking for its route loses it at once, including a leftover application", () => {
    const pass = gone();
    pass(1_000, []);
    expect(pass(2_000, [asks("wiki", BLOG, {}, "new.example.com")]).frozen).toEqual([]);
    const left = deployed(WIKI, { service: undefined, application: true });
    expect(pass(2_000, [asks("wiki", BLOG, {}, "new.example.com")], [left]).frozen).toEqual([]);
  });

  it.each([
    { name: "leads to the id of its earlier container", place: "http://3f2a9c0d1e2f:80" },
    { name: "leads to a network that it left", place: "http://wiki.edge:80" },
  ])(
    "a holder that is back without asking for its route loses it at once, even if the rule $name",
    ({ place }) => {
      const there = [deployed(WIKI, { service: place })];
      const pass = daemon(there);
      pass(0, [asks("wiki", BLOG, { origin: { service: place, options: {} } })]);
      expect(pass(1_000, []).frozen).toEqual([WIKI]);
      expect(pass(2_000, [silent("wiki", BLOG)]).frozen).toEqual([]);
    },
  );

  it("a holder keeps a route that leads to its id while it restarts under the same id", () => {
    const place = "http://3f2a9c0d1e2f:80";
    const pass = daemon([deployed(WIKI, { service: place })]);
    const wiki = asks("wiki", BLOG, { origin: { service: place, options: {} } });
    pass(0, [wiki]);
    pass(1_000, []);
    expect(pass(2_000, [wiki])).toMatchObject({ has: ["wiki"], frozen: [], handovers: [] });
  });

  it("a missing holder keeps its hostname although the route is closed because another container has its address", () => {
    const pass = gone();
    const copy = { ...asks("evil", SHOP), name: "wiki" };
    expect(pass(1_000, [copy])).toMatchObject({
      has: [],
      frozen: [],
      pending: [expect.stringContaining("container wiki, which had it")],
    });
    expect(pass(2_000, [copy], [])).toMatchObject({
      has: [],
      pending: [expect.stringContaining("container wiki, which had it")],
    });
    expect(pass(61_000, [copy], []).has).toEqual(["evil"]);
  });

  it("a pending reason names every rival that waits, in the order in which they would take over", () => {
    const pass = gone();
    expect(
      pass(0, [asks("b", SHOP, { created: 2 }), asks("a", composeProject("a"), { created: 3 })])
        .pending,
    ).toEqual([
      "rival: container wiki, which had it and stopped; b, before a, takes over in 60 s unless it comes back",
    ]);
  });
});

describe("a holder with no open route", () => {
  it("a missing holder keeps its hostname for the grace period even if no route of it is open", () => {
    const pass = daemon([]);
    pass(0, [faulty("wiki", BLOG), asks("docs", BLOG, {}, `${WIKI}/docs`)]);
    pass(1_000, [faulty("wiki", BLOG)]);
    expect(pass(2_000, [asks("web", SHOP)])).toMatchObject({
      has: [],
      pending: [
        "rival: container wiki, which holds wiki.example.com and stopped; web continues in 60 s unless it comes back",
      ],
      wakeAt: 62_000,
    });
    expect(pass(62_000, [asks("web", SHOP)]).has).toEqual(["web"]);
  });

  it.each([true, false])(
    "a holder that asks for a path with faulty labels keeps the whole hostname; seen by cfauth before: %j",
    (seen) => {
      const pass = daemon([deployedAt("wiki")]);
      if (seen) pass(0, [asks("wiki", BLOG, { created: 2 })]);
      const moved = faulty("wiki", BLOG, { created: 2 }, `${WIKI}/docs`);
      expect(pass(1_000, [moved, asks("web", SHOP, { created: 1 })])).toMatchObject({
        has: [],
        problems: ["CFA-HOST-TAKEN web"],
      });
    },
  );
});

describe("a rule that another writer restores after its application is gone", () => {
  it("a rule restored by another writer does not end the grace period of the hostname's missing holder", () => {
    const pass = daemon([]);
    pass(0, [asks("wiki", BLOG, {}, `${WIKI}/docs`)], []);
    pass(1_000, [], []);
    const restored = deployed(WIKI, { service: service("wiki"), application: false });
    expect(pass(2_000, [asks("web", SHOP)], [restored])).toMatchObject({
      has: [],
      pending: [expect.stringContaining("container wiki")],
    });
  });
});

describe("the time after a start of cfauth, as after a reboot", () => {
  it("a rival that starts first waits for the start-up grace period", () => {
    const pass = daemon([deployedAt("wiki")]);
    expect(pass(0, [asks("web", SHOP)])).toMatchObject({
      has: [],
      frozen: [WIKI],
      pending: [
        "rival: the container that had it when cfauth started; web takes over in 5 min unless it comes back",
      ],
      wakeAt: 300_000,
    });
    expect(pass(200_000, [asks("web", SHOP), asks("wiki", BLOG)])).toMatchObject({
      has: ["wiki"],
      handovers: [],
    });
  });

  it("a rival takes over when the start-up grace period ends, and the application is replaced", () => {
    const pass = daemon([deployedAt("wiki")]);
    pass(0, [asks("web", SHOP)]);
    expect(pass(300_000, [asks("web", SHOP)])).toMatchObject({
      has: ["web"],
      handovers: [`${WIKI} undefined → ${SHOP}`],
    });
  });

  it("a holder that runs gets its route at once after a start, and nothing is replaced", () => {
    expect(daemon([deployedAt("wiki")])(0, [asks("wiki", BLOG)])).toMatchObject({
      has: ["wiki"],
      handovers: [],
      wakeAt: undefined,
    });
  });

  it("an IP address proves nothing: another container that now has it waits", () => {
    const rules = [deployed(WIKI, { service: "http://172.18.0.5:80" })];
    const web = asks("web", SHOP);
    const engine: Engine = {
      ...NOTHING_RUNS,
      occupants: () => [{ id: "web", party: SHOP, certain: false }],
    };
    expect(daemon(rules)(0, [web], rules, engine)).toMatchObject({
      has: [],
      frozen: [],
      pending: [expect.any(String)],
    });
  });

  it("another container's faulty labels do not keep open a route that they would close", () => {
    const rules = [{ ...deployedAt("wiki"), public: true }];
    expect(daemon(rules)(0, [faulty("web", SHOP)], rules).frozen).toEqual([]);
  });

  it("an application without a rule proves nothing and is replaced", () => {
    const withoutRule = [deployed(WIKI, { service: undefined, application: true })];
    const pass = daemon(withoutRule);
    expect(pass(0, [asks("wiki", BLOG)], withoutRule).handovers).toEqual([
      `${WIKI} undefined → ${BLOG}`,
    ]);
    expect(pass(1, [asks("wiki", BLOG)], []).handovers).toEqual([]);
    expect(pass(2, [asks("wiki", BLOG)], withoutRule).handovers).toEqual([]);
  });
});

describe("two containers of one party", () => {
  it("the container that has the route keeps it, and another container of its party is refused", () => {
    const pass = daemon([deployedAt("wiki")]);
    expect(
      pass(0, [asks("old", BLOG, { created: 1 }), asks("wiki", BLOG, { created: 2 })]),
    ).toMatchObject({
      has: ["wiki"],
      problems: ["CFA-HOST-TAKEN old"],
      fixes: ["give old or wiki another hostname, or a path of its own"],
    });
  });

  it("a refused container of the same party waits while the other one restarts", () => {
    const pass = daemon([deployedAt("wiki")]);
    pass(0, [asks("other", BLOG), asks("wiki", BLOG)]);
    expect(pass(1_000, [asks("other", BLOG)])).toMatchObject({ has: [], frozen: [WIKI] });
    expect(pass(61_000, [asks("other", BLOG)])).toMatchObject({ has: ["other"], handovers: [] });
  });

  it("a new container of the same party takes over at once, and nothing is replaced", () => {
    const pass = daemon([deployedAt("wiki")]);
    pass(0, [asks("wiki", BLOG)]);
    expect(pass(1_000, [asks("wiki-2", BLOG)])).toMatchObject({ has: ["wiki-2"], handovers: [] });
  });
});

describe("a path inside another party's hostname", () => {
  const LOGIN = `${WIKI}/login`;
  const guest = (more: Partial<Exposure> = {}) => asks("web", SHOP, more, LOGIN);
  const shared = asks("wiki", BLOG, { shareWith: ["shop"] });

  it("a path inside another party's hostname is refused without the holder's consent, and the fix names the label", () => {
    const it = daemon([deployedAt("wiki")])(0, [asks("wiki", BLOG, { created: 9 }), guest()]);
    expect(it).toMatchObject({
      has: ["wiki"],
      problems: ["CFA-HOST-SHARE web"],
      fixes: [
        'add the label cfauth.share-with: "shop" to container wiki, or give web another hostname',
      ],
    });
    expect(it.desired.problems[0]?.message).toBe(
      "project blog holds wiki.example.com with container wiki, and does not share it with project shop",
    );
  });

  it("a path inside another party's hostname opens once the fix is applied", () => {
    expect(daemon([deployedAt("wiki")])(0, [shared, guest()])).toMatchObject({
      has: ["wiki", "web"],
      problems: [],
    });
  });

  it("a path inside another party's hostname is refused to a container without a project, unless the holder shares with *", () => {
    const alone = asks("web", "container:web" as Party, {}, LOGIN);
    const pass = daemon([deployedAt("wiki")]);
    expect(pass(0, [asks("wiki", BLOG, { shareWith: ["shop"] }), alone]).fixes).toEqual([
      'add the label cfauth.share-with: "*,shop" to container wiki, or give web another hostname',
    ]);
    expect(pass(0, [asks("wiki", BLOG, { shareWith: ["*", "shop"] }), alone]).has).toEqual([
      "wiki",
      "web",
    ]);
  });

  it("a guest does not take a path from the holder's own project, however old the guest is", () => {
    const own = asks("docs", BLOG, { created: 5_000 }, LOGIN);
    expect(
      daemon([deployedAt("wiki")])(0, [asks("wiki", BLOG), own, guest({ created: 1 })]),
    ).toMatchObject({
      has: ["wiki", "docs"],
      problems: ["CFA-HOST-SHARE web"],
    });
  });

  it("a guest's path is closed at once when the holder withdraws its consent", () => {
    const rules = [deployedAt("wiki"), deployedAt("web", LOGIN)];
    const pass = daemon(rules);
    expect(pass(0, [shared, guest()]).has).toEqual(["wiki", "web"]);
    expect(pass(1, [asks("wiki", BLOG), guest()])).toMatchObject({
      has: ["wiki"],
      frozen: [],
      problems: ["CFA-HOST-SHARE web"],
    });
  });

  it("faulty labels do not keep a guest's path open when the holder withdraws its consent", () => {
    const rules = [deployedAt("wiki"), deployedAt("web", LOGIN)];
    const pass = daemon(rules);
    pass(0, [shared, guest()]);
    expect(pass(1, [asks("wiki", BLOG), faulty("web", SHOP, {}, LOGIN)])).toMatchObject({
      has: ["wiki"],
      frozen: [],
    });
  });

  it("a guest's path stays open if the holder's faulty labels still consent", () => {
    const rules = [deployedAt("wiki"), deployedAt("web", LOGIN)];
    expect(
      daemon(rules)(0, [faulty("wiki", BLOG, { shareWith: ["shop"] }), guest()]),
    ).toMatchObject({ has: ["web"], frozen: [WIKI] });
  });

  it("a guest's path stays as it is while the holder is missing, and a new guest waits", () => {
    const rules = [deployedAt("wiki"), deployedAt("web", LOGIN)];
    const pass = daemon(rules);
    pass(0, [shared, guest()]);
    const newcomer = asks("files", SHOP, {}, `${WIKI}/files`);
    expect(pass(1_000, [guest(), newcomer])).toMatchObject({
      has: ["web"],
      frozen: [WIKI],
      pending: [
        "rival: container wiki, which holds wiki.example.com and stopped; files continues in 60 s unless it comes back",
      ],
    });
  });

  it("the holder's own container gets a path before a guest, however old the guest is", () => {
    const own = asks("docs", BLOG, { created: 5_000 }, LOGIN);
    expect(daemon([deployedAt("wiki")])(0, [guest({ created: 1 }), shared, own])).toMatchObject({
      has: ["wiki", "docs"],
      problems: ["CFA-HOST-TAKEN web"],
    });
  });

  it("a guest keeps its path while its rule is briefly removed and the holder is missing", () => {
    const pass = daemon([deployedAt("wiki"), deployedAt("web", LOGIN)]);
    pass(0, [shared, guest()]);
    const replaced = deployed(LOGIN, { service: undefined });
    expect(
      pass(1_000, [guest({ protection: anybody })], [deployedAt("wiki"), replaced]),
    ).toMatchObject({ has: ["web"], frozen: [WIKI] });
  });

  it("a guest that gives up its path does not end the grace period of the missing holder", () => {
    const rules = [deployedAt("web", LOGIN)];
    const pass = daemon(rules);
    const wrong = faulty("wiki", BLOG, { shareWith: ["shop"], closeNow: true });
    pass(0, [asks("wiki", BLOG, {}, `${WIKI}/docs`)], []);
    pass(1_000, [wrong, guest()]);
    expect(pass(2_000, [asks("web", SHOP)])).toMatchObject({
      has: [],
      pending: [expect.stringContaining("container wiki")],
    });
  });

  it("a guest becomes the holder when the earlier holder is gone for good", () => {
    const rules = [deployedAt("wiki"), deployedAt("web", LOGIN)];
    const pass = daemon(rules);
    pass(0, [shared, guest()]);
    pass(1_000, [guest()]);
    pass(61_000, [guest()]);
    expect(
      pass(62_000, [guest(), asks("wiki", BLOG, { created: 1 })], [deployedAt("web", LOGIN)]),
    ).toMatchObject({
      has: ["web"],
      problems: ["CFA-HOST-TAKEN wiki"],
      fixes: ["give wiki or web another hostname"],
    });
  });

  it("a path holds a free hostname against a later request for the whole host", () => {
    expect(
      daemon([])(0, [guest({ created: 1 }), asks("wiki", BLOG, { created: 2 })]),
    ).toMatchObject({
      has: ["web"],
      problems: ["CFA-HOST-TAKEN wiki"],
    });
  });

  it("after a start, a guest's path stays open if the party with the other paths consents, although that party is younger", () => {
    const [web, wiki] = [
      asks("web", SHOP, { shareWith: ["blog"], created: 9 }, LOGIN),
      asks("wiki", BLOG, { created: 1 }, `${WIKI}/docs`),
    ];
    const pass = daemon([deployedAt("web", LOGIN), deployedAt("wiki", `${WIKI}/docs`)]);
    expect(pass(0, [web, wiki])).toMatchObject({ has: ["wiki", "web"], problems: [] });
  });

  it("after a start, a deployed path proves who holds the hostname, even if its container now asks for another part of it", () => {
    expect(
      daemon([deployedAt("wiki", LOGIN)])(0, [
        faulty("wiki", BLOG, { service: undefined }),
        asks("web", SHOP, { created: 1 }),
      ]),
    ).toMatchObject({
      has: [],
      problems: ["CFA-HOST-TAKEN web"],
    });
  });

  it("after a start, a guest waits until the holder is there", () => {
    expect(daemon([deployedAt("wiki")])(0, [guest()])).toMatchObject({
      has: [],
      frozen: [WIKI],
      pending: [
        "rival: the container that held wiki.example.com when cfauth started; web continues in 5 min unless it comes back",
      ],
    });
  });

  it("a path inside a hostname of the container's own project needs no consent", () => {
    expect(
      daemon([deployedAt("wiki")])(0, [asks("wiki", BLOG), asks("docs", BLOG, {}, LOGIN)]),
    ).toMatchObject({
      has: ["wiki", "docs"],
      problems: [],
    });
  });
});

describe("a deployed route on Authentik's own hostname", () => {
  const AUTH = "auth.example.com";
  const on = (
    containers: readonly Container[],
    container: Engine["login"]["container"],
  ): Engine => ({
    ...engineOf(containers),
    login: { hostname: AUTH, container },
  });
  const own = asks("authentik", BLOG, { protection: { kind: "login" } }, AUTH);
  const ABSENT = { kind: "absent", name: "authentik" } as const;

  it("a route on Authentik's hostname is closed at once if it leads to another running container", () => {
    for (const at of [AUTH, `${AUTH}/application/o/cf-tunnel-access/jwks`]) {
      const rules = [deployedAt("evil", at)];
      const all = [silent("evil", SHOP)];
      expect(daemon(rules)(0, all, rules, on(all, ABSENT))).toMatchObject({
        has: [],
        frozen: [],
        wakeAt: undefined,
      });
    }
  });

  it("Authentik gets its hostname at once if the route leads elsewhere, whether or not that container runs", () => {
    const rules = [deployedAt("evil", AUTH)];
    for (const all of [[own], [own, silent("evil", SHOP)]])
      expect(daemon(rules)(0, all, rules, on(all, authentikIs("authentik")))).toMatchObject({
        has: ["authentik"],
        handovers: [`${AUTH} undefined → ${BLOG}`],
      });
  });

  it("a route on Authentik's hostname is closed at once if Authentik runs and does not ask for it", () => {
    const rules = [deployedAt("gone", AUTH)];
    const all = [silent("authentik", BLOG)];
    expect(daemon(rules)(0, all, rules, on(all, authentikIs("authentik"))).frozen).toEqual([]);
  });

  it("a route on Authentik's hostname is closed at once if no container can be Authentik", () => {
    const rules = [deployedAt("gone", AUTH)];
    expect(daemon(rules)(0, [], rules, on([], { kind: "unnamed" })).frozen).toEqual([]);
  });

  it("a route on Authentik's hostname is kept for the grace period while Authentik is away", () => {
    const rules = [deployedAt("authentik", AUTH)];
    expect(daemon(rules)(0, [], rules, on([], ABSENT))).toMatchObject({
      frozen: [AUTH],
      wakeAt: 300_000,
    });
    const pass = daemon(rules);
    pass(0, [own], rules, on([own], authentikIs("authentik")));
    expect(pass(1_000, [], rules, on([], ABSENT))).toMatchObject({
      frozen: [AUTH],
      wakeAt: 61_000,
    });
  });

  it("faulty labels of Authentik do not keep a route on its hostname if the route leads elsewhere", () => {
    const rules = [deployedAt("gone", AUTH)];
    const all = [faulty("authentik", BLOG, { saysPublic: true }, AUTH)];
    expect(daemon(rules)(0, all, rules, on(all, authentikIs("authentik"))).frozen).toEqual([]);
  });
});
