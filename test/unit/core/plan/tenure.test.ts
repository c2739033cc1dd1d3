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

/** A container of a project, with a name of its own, that runs and asks for something or for nothing. */
interface Container {
  readonly name: string;
  readonly party: Party;
  readonly decoded: Decoded;
}

const service = (name: string): string => `http://${name}.tunnel:80`;

function asks(name: string, party: Party, more: Partial<Exposure> = {}, at = WIKI): Container {
  const wish = exposure(at, {
    workload: name,
    party,
    origin: { service: service(name), options: {} },
    ...more,
  });
  return { name, party, decoded: { exposures: [wish], faulty: [], problems: [] } };
}

/** The same with labels that have a fault, such as a group that was renamed. */
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

const machine = (containers: readonly Container[]): Engine => ({
  ...NOTHING_RUNS,
  occupants: (it) =>
    containers
      .filter(({ name }) => [service(name), `http://${name}:80`].includes(it.service ?? ""))
      .map(({ name: id, party }) => ({ id, party, certain: true })),
  isRunning: ({ workload, party }) =>
    containers.some((it) => it.name === workload && it.party === party),
});

/** One daemon that looks again and again. */
function daemon(deployed: readonly DeployedRoute[], memory: ReconcileMemory = EMPTY_MEMORY) {
  let known = memory;
  return (
    now: number,
    containers: readonly Container[],
    stand = deployed,
    engine: Engine = machine(containers),
  ) => {
    const decision = resolveDesired(
      containers.map(({ decoded }) => decoded),
      stand,
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
  held: [...desired.frozen],
  waiting: desired.pending.map(({ cause, reason }) => `${cause}: ${reason}`),
  problems: desired.problems.map(({ code, container }) => `${code} ${container}`),
  handovers: [...desired.handovers].map(([key, { from, to }]) => `${key} ${from} → ${to}`),
  fixes: desired.problems.map(({ fix }) => fix),
  desired,
  wakeAt,
});

const deployedAt = (name: string, at = WIKI) => deployed(at, { service: service(name) });

describe("a free name that two parties want", () => {
  it.each<{
    name: string;
    containers: readonly Container[];
    has: string;
    refused: readonly string[];
  }>([
    {
      name: "goes to the older container",
      containers: [asks("wiki", BLOG, { created: 2 }), asks("web", SHOP, { created: 1 })],
      has: "web",
      refused: ["CFA-HOST-TAKEN wiki"],
    },
    {
      name: "goes to the first by name of two that are as old",
      containers: [asks("wiki", BLOG), asks("web", SHOP)],
      has: "web",
      refused: ["CFA-HOST-TAKEN wiki"],
    },
    {
      name: "is not blocked by faulty labels of an older one",
      containers: [faulty("wiki", BLOG, { created: 1 }), asks("web", SHOP, { created: 2 })],
      has: "web",
      refused: [],
    },
    {
      name: "leaves two of three without",
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

  it("stays with the one that got it although the faulty labels are put right", () => {
    const look = daemon([]);
    look(0, [faulty("wiki", BLOG, { created: 1 }), asks("web", SHOP, { created: 2 })]);
    expect(
      look(1, [asks("wiki", BLOG, { created: 1 }), asks("web", SHOP, { created: 2 })]),
    ).toMatchObject({
      has: ["web"],
      problems: ["CFA-HOST-TAKEN wiki"],
    });
  });
});

describe("the holder of a deployed route", () => {
  it("keeps it against an older rival", () => {
    const look = daemon([deployedAt("wiki")]);
    expect(
      look(0, [asks("web", SHOP, { created: 1 }), asks("wiki", BLOG, { created: 2 })]),
    ).toMatchObject({
      has: ["wiki"],
      problems: ["CFA-HOST-TAKEN web"],
    });
  });

  it("keeps it where an earlier version wrote its plain name", () => {
    const look = daemon([deployed(WIKI, { service: "http://wiki:80" })]);
    expect(
      look(0, [asks("web", SHOP, { created: 1 }), asks("wiki", BLOG, { created: 2 })]),
    ).toMatchObject({
      has: ["wiki"],
      handovers: [],
    });
  });

  it.each([
    { name: "at once after a start", before: false },
    { name: "while cfauth runs", before: true },
  ])("keeps it while its labels are faulty: $name", ({ before }) => {
    const look = daemon([deployedAt("wiki")]);
    const rival = asks("web", SHOP, { created: 1 });
    if (before) look(0, [asks("wiki", BLOG, { created: 2 })]);
    for (const now of [1_000, 10_000_000])
      expect(look(now, [rival, faulty("wiki", BLOG, { created: 2 })])).toMatchObject({
        has: [],
        held: [WIKI],
        problems: ["CFA-HOST-TAKEN web"],
      });
  });

  it("keeps the name while its faulty labels keep the route shut", () => {
    const look = daemon([deployedAt("wiki")]);
    look(0, [asks("wiki", BLOG, { created: 2 })]);
    const both = [
      asks("web", SHOP, { created: 1 }),
      faulty("wiki", BLOG, { created: 2, closeNow: true }),
    ];
    expect(look(1, both)).toMatchObject({ has: [], held: [], problems: ["CFA-HOST-TAKEN web"] });
    expect(look(2, both, [])).toMatchObject({ has: [], problems: ["CFA-HOST-TAKEN web"] });
  });

  it("gives it up with its label, to a rival that is there", () => {
    const look = daemon([deployedAt("wiki")]);
    look(0, [asks("wiki", BLOG), asks("web", SHOP)]);
    expect(look(1, [silent("wiki", BLOG), asks("web", SHOP)])).toMatchObject({
      has: ["web"],
      handovers: [`${WIKI} ${BLOG} → ${SHOP}`],
    });
  });
});

describe("a holder that is missing", () => {
  const gone = () => {
    const look = daemon([deployedAt("wiki")]);
    look(0, [asks("wiki", BLOG)]);
    return look;
  };

  it("keeps its route for the grace, and a rival waits and is named", () => {
    const look = gone();
    expect(look(1_000, [asks("web", SHOP)])).toMatchObject({
      has: [],
      held: [WIKI],
      waiting: [
        "rival: container wiki, which had it and stopped; web takes over in 60 s unless it comes back",
      ],
      wakeAt: 61_000,
    });
    expect(look(50_000, [asks("web", SHOP)]).wakeAt).toBe(61_000);
  });

  it("has it back within the grace, though made again under another name in its project", () => {
    const look = gone();
    look(1_000, [asks("web", SHOP)]);
    expect(look(20_000, [asks("web", SHOP), asks("wiki-2", BLOG)])).toMatchObject({
      has: ["wiki-2"],
      handovers: [],
      problems: ["CFA-HOST-TAKEN web"],
    });
  });

  it("loses it to the rival when the grace is over, and the application is replaced", () => {
    const look = gone();
    look(1_000, [asks("web", SHOP)]);
    expect(look(61_000, [asks("web", SHOP)])).toMatchObject({
      has: ["web"],
      held: [],
      handovers: [`${WIKI} ${BLOG} → ${SHOP}`],
      wakeAt: undefined,
    });
  });

  it("gives up a route that it asks for no longer when it is back, all of it", () => {
    const look = gone();
    look(1_000, []);
    expect(look(2_000, [asks("wiki", BLOG, {}, "new.example.com")]).held).toEqual([]);
    const left = deployed(WIKI, { service: undefined, application: true });
    expect(look(2_000, [asks("wiki", BLOG, {}, "new.example.com")], [left]).held).toEqual([]);
  });

  it.each([
    { name: "leads to the id of the container before", place: "http://3f2a9c0d1e2f:80" },
    { name: "leads to a network that it left", place: "http://wiki.edge:80" },
  ])(
    "gives up at once what it asks for no longer when it is back, where the rule $name",
    ({ place }) => {
      const there = [deployed(WIKI, { service: place })];
      const look = daemon(there);
      look(0, [asks("wiki", BLOG, { origin: { service: place, options: {} } })]);
      expect(look(1_000, []).held).toEqual([WIKI]);
      expect(look(2_000, [silent("wiki", BLOG)]).held).toEqual([]);
    },
  );

  it("keeps a route that leads to its id while it restarts under that id", () => {
    const place = "http://3f2a9c0d1e2f:80";
    const look = daemon([deployed(WIKI, { service: place })]);
    const wiki = asks("wiki", BLOG, { origin: { service: place, options: {} } });
    look(0, [wiki]);
    look(1_000, []);
    expect(look(2_000, [wiki])).toMatchObject({ has: ["wiki"], held: [], handovers: [] });
  });

  it("keeps the name though its route is shut, since a stranger has the place that it leads to", () => {
    const look = gone();
    const copy = { ...asks("evil", SHOP), name: "wiki" };
    expect(look(1_000, [copy])).toMatchObject({
      has: [],
      held: [],
      waiting: [expect.stringContaining("container wiki, which had it")],
    });
    expect(look(2_000, [copy], [])).toMatchObject({
      has: [],
      waiting: [expect.stringContaining("container wiki, which had it")],
    });
    expect(look(61_000, [copy], []).has).toEqual(["evil"]);
  });

  it("names all that wait, the first to take over first", () => {
    const look = gone();
    expect(
      look(0, [asks("b", SHOP, { created: 2 }), asks("a", composeProject("a"), { created: 3 })])
        .waiting,
    ).toEqual([
      "rival: container wiki, which had it and stopped; b, before a, takes over in 60 s unless it comes back",
    ]);
  });
});

describe("the holder of a hostname of which nothing is open", () => {
  it("keeps it for the grace when it is missing", () => {
    const look = daemon([]);
    look(0, [faulty("wiki", BLOG), asks("docs", BLOG, {}, `${WIKI}/docs`)]);
    look(1_000, [faulty("wiki", BLOG)]);
    expect(look(2_000, [asks("web", SHOP)])).toMatchObject({
      has: [],
      waiting: [
        "rival: container wiki, which holds wiki.example.com and stopped; web continues in 60 s unless it comes back",
      ],
      wakeAt: 62_000,
    });
    expect(look(62_000, [asks("web", SHOP)]).has).toEqual(["web"]);
  });

  it.each([true, false])(
    "keeps the whole of it while it asks for a path with faulty labels; cfauth saw it before: %j",
    (seen) => {
      const look = daemon([deployedAt("wiki")]);
      if (seen) look(0, [asks("wiki", BLOG, { created: 2 })]);
      const moved = faulty("wiki", BLOG, { created: 2 }, `${WIKI}/docs`);
      expect(look(1_000, [moved, asks("web", SHOP, { created: 1 })])).toMatchObject({
        has: [],
        problems: ["CFA-HOST-TAKEN web"],
      });
    },
  );
});

describe("a rule that another writer restores after its application is gone", () => {
  it("does not end the time that the missing holder of the hostname has", () => {
    const look = daemon([]);
    look(0, [asks("wiki", BLOG, {}, `${WIKI}/docs`)], []);
    look(1_000, [], []);
    const restored = deployed(WIKI, { service: service("wiki"), application: false });
    expect(look(2_000, [asks("web", SHOP)], [restored])).toMatchObject({
      has: [],
      waiting: [expect.stringContaining("container wiki")],
    });
  });
});

describe("after a start of cfauth, as after a reboot", () => {
  it("a rival that is up first waits the start-up grace", () => {
    const look = daemon([deployedAt("wiki")]);
    expect(look(0, [asks("web", SHOP)])).toMatchObject({
      has: [],
      held: [WIKI],
      waiting: [
        "rival: the container that had it when cfauth started; web takes over in 5 min unless it comes back",
      ],
      wakeAt: 300_000,
    });
    expect(look(200_000, [asks("web", SHOP), asks("wiki", BLOG)])).toMatchObject({
      has: ["wiki"],
      handovers: [],
    });
  });

  it("a rival takes over when that is over, and the application is replaced", () => {
    const look = daemon([deployedAt("wiki")]);
    look(0, [asks("web", SHOP)]);
    expect(look(300_000, [asks("web", SHOP)])).toMatchObject({
      has: ["web"],
      handovers: [`${WIKI} undefined → ${SHOP}`],
    });
  });

  it("a holder that is up has its route at once, with nothing to replace", () => {
    expect(daemon([deployedAt("wiki")])(0, [asks("wiki", BLOG)])).toMatchObject({
      has: ["wiki"],
      handovers: [],
      wakeAt: undefined,
    });
  });

  it("an address is no proof: a stranger that has it by now waits", () => {
    const standing = [deployed(WIKI, { service: "http://172.18.0.5:80" })];
    const web = asks("web", SHOP);
    const engine: Engine = {
      ...NOTHING_RUNS,
      occupants: () => [{ id: "web", party: SHOP, certain: false }],
    };
    expect(daemon(standing)(0, [web], standing, engine)).toMatchObject({
      has: [],
      held: [],
      waiting: [expect.any(String)],
    });
  });

  it("a faulty stranger does not keep open what would be shut for it", () => {
    const standing = [{ ...deployedAt("wiki"), public: true }];
    expect(daemon(standing)(0, [faulty("web", SHOP)], standing).held).toEqual([]);
  });

  it("an application without a rule proves nothing, and is replaced", () => {
    const bare = [deployed(WIKI, { service: undefined, application: true })];
    const look = daemon(bare);
    expect(look(0, [asks("wiki", BLOG)], bare).handovers).toEqual([`${WIKI} undefined → ${BLOG}`]);
    expect(look(1, [asks("wiki", BLOG)], []).handovers).toEqual([]);
    expect(look(2, [asks("wiki", BLOG)], bare).handovers).toEqual([]);
  });
});

describe("within one party", () => {
  it("the container that has the route keeps it, and the other one is refused", () => {
    const look = daemon([deployedAt("wiki")]);
    expect(
      look(0, [asks("old", BLOG, { created: 1 }), asks("wiki", BLOG, { created: 2 })]),
    ).toMatchObject({
      has: ["wiki"],
      problems: ["CFA-HOST-TAKEN old"],
      fixes: ["give old or wiki another hostname, or a path of its own"],
    });
  });

  it("one that was refused waits while the other restarts", () => {
    const look = daemon([deployedAt("wiki")]);
    look(0, [asks("other", BLOG), asks("wiki", BLOG)]);
    expect(look(1_000, [asks("other", BLOG)])).toMatchObject({ has: [], held: [WIKI] });
    expect(look(61_000, [asks("other", BLOG)])).toMatchObject({ has: ["other"], handovers: [] });
  });

  it("one that is new takes over at once, and nothing is replaced", () => {
    const look = daemon([deployedAt("wiki")]);
    look(0, [asks("wiki", BLOG)]);
    expect(look(1_000, [asks("wiki-2", BLOG)])).toMatchObject({ has: ["wiki-2"], handovers: [] });
  });
});

describe("a path inside another party's hostname", () => {
  const LOGIN = `${WIKI}/login`;
  const guest = (more: Partial<Exposure> = {}) => asks("web", SHOP, more, LOGIN);
  const shared = asks("wiki", BLOG, { shareWith: ["shop"] });

  it("is refused without the holder's consent, and the fix names it", () => {
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

  it("opens when the fix is applied", () => {
    expect(daemon([deployedAt("wiki")])(0, [shared, guest()])).toMatchObject({
      has: ["wiki", "web"],
      problems: [],
    });
  });

  it("is refused to a container without a project, which only * admits", () => {
    const alone = asks("web", "container:web" as Party, {}, LOGIN);
    const look = daemon([deployedAt("wiki")]);
    expect(look(0, [asks("wiki", BLOG, { shareWith: ["shop"] }), alone]).fixes).toEqual([
      'add the label cfauth.share-with: "*,shop" to container wiki, or give web another hostname',
    ]);
    expect(look(0, [asks("wiki", BLOG, { shareWith: ["*", "shop"] }), alone]).has).toEqual([
      "wiki",
      "web",
    ]);
  });

  it("does not take the path from the holder's own project, however old it is", () => {
    const own = asks("docs", BLOG, { created: 5_000 }, LOGIN);
    expect(
      daemon([deployedAt("wiki")])(0, [asks("wiki", BLOG), own, guest({ created: 1 })]),
    ).toMatchObject({
      has: ["wiki", "docs"],
      problems: ["CFA-HOST-SHARE web"],
    });
  });

  it("is shut at once when the consent is withdrawn", () => {
    const standing = [deployedAt("wiki"), deployedAt("web", LOGIN)];
    const look = daemon(standing);
    expect(look(0, [shared, guest()]).has).toEqual(["wiki", "web"]);
    expect(look(1, [asks("wiki", BLOG), guest()])).toMatchObject({
      has: ["wiki"],
      held: [],
      problems: ["CFA-HOST-SHARE web"],
    });
  });

  it("is not kept open by faulty labels when the consent is withdrawn", () => {
    const standing = [deployedAt("wiki"), deployedAt("web", LOGIN)];
    const look = daemon(standing);
    look(0, [shared, guest()]);
    expect(look(1, [asks("wiki", BLOG), faulty("web", SHOP, {}, LOGIN)])).toMatchObject({
      has: ["wiki"],
      held: [],
    });
  });

  it("stays open by the consent in faulty labels of the holder", () => {
    const standing = [deployedAt("wiki"), deployedAt("web", LOGIN)];
    expect(
      daemon(standing)(0, [faulty("wiki", BLOG, { shareWith: ["shop"] }), guest()]),
    ).toMatchObject({ has: ["web"], held: [WIKI] });
  });

  it("stays as it is while the holder is missing, and a new one waits", () => {
    const standing = [deployedAt("wiki"), deployedAt("web", LOGIN)];
    const look = daemon(standing);
    look(0, [shared, guest()]);
    const newcomer = asks("files", SHOP, {}, `${WIKI}/files`);
    expect(look(1_000, [guest(), newcomer])).toMatchObject({
      has: ["web"],
      held: [WIKI],
      waiting: [
        "rival: container wiki, which holds wiki.example.com and stopped; files continues in 60 s unless it comes back",
      ],
    });
  });

  it("goes to the holder's own container first, however old the guest is", () => {
    const own = asks("docs", BLOG, { created: 5_000 }, LOGIN);
    expect(daemon([deployedAt("wiki")])(0, [guest({ created: 1 }), shared, own])).toMatchObject({
      has: ["wiki", "docs"],
      problems: ["CFA-HOST-TAKEN web"],
    });
  });

  it("stays with a guest whose rule is taken away for a moment, while the holder is missing", () => {
    const look = daemon([deployedAt("wiki"), deployedAt("web", LOGIN)]);
    look(0, [shared, guest()]);
    const replaced = deployed(LOGIN, { service: undefined });
    expect(
      look(1_000, [guest({ protection: anybody })], [deployedAt("wiki"), replaced]),
    ).toMatchObject({ has: ["web"], held: [WIKI] });
  });

  it("does not end the time that the missing holder has, when the guest gives it up", () => {
    const standing = [deployedAt("web", LOGIN)];
    const look = daemon(standing);
    const wrong = faulty("wiki", BLOG, { shareWith: ["shop"], closeNow: true });
    look(0, [asks("wiki", BLOG, {}, `${WIKI}/docs`)], []);
    look(1_000, [wrong, guest()]);
    expect(look(2_000, [asks("web", SHOP)])).toMatchObject({
      has: [],
      waiting: [expect.stringContaining("container wiki")],
    });
  });

  it("makes its container the holder when the one before is gone for good", () => {
    const standing = [deployedAt("wiki"), deployedAt("web", LOGIN)];
    const look = daemon(standing);
    look(0, [shared, guest()]);
    look(1_000, [guest()]);
    look(61_000, [guest()]);
    expect(
      look(62_000, [guest(), asks("wiki", BLOG, { created: 1 })], [deployedAt("web", LOGIN)]),
    ).toMatchObject({
      has: ["web"],
      problems: ["CFA-HOST-TAKEN wiki"],
      fixes: ["give wiki or web another hostname"],
    });
  });

  it("holds a free hostname against a whole host that comes later", () => {
    expect(
      daemon([])(0, [guest({ created: 1 }), asks("wiki", BLOG, { created: 2 })]),
    ).toMatchObject({
      has: ["web"],
      problems: ["CFA-HOST-TAKEN wiki"],
    });
  });

  it("stays open after a start where the other paths' party consents to it, though that is younger", () => {
    const [web, wiki] = [
      asks("web", SHOP, { shareWith: ["blog"], created: 9 }, LOGIN),
      asks("wiki", BLOG, { created: 1 }, `${WIKI}/docs`),
    ];
    const look = daemon([deployedAt("web", LOGIN), deployedAt("wiki", `${WIKI}/docs`)]);
    expect(look(0, [web, wiki])).toMatchObject({ has: ["wiki", "web"], problems: [] });
  });

  it("proves after a start whose the hostname is, though its container asks for another part of it by now", () => {
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

  it("waits after a start until the holder is there", () => {
    expect(daemon([deployedAt("wiki")])(0, [guest()])).toMatchObject({
      has: [],
      held: [WIKI],
      waiting: [
        "rival: the container that held wiki.example.com when cfauth started; web continues in 5 min unless it comes back",
      ],
    });
  });

  it("is the container's own affair where the hostname is its project's", () => {
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
    ...machine(containers),
    login: { hostname: AUTH, container },
  });
  const own = asks("authentik", BLOG, { protection: { kind: "login" } }, AUTH);
  const ABSENT = { kind: "absent", name: "authentik" } as const;

  it("is closed at once where it leads to another container that runs", () => {
    for (const at of [AUTH, `${AUTH}/application/o/cf-tunnel-access/jwks`]) {
      const standing = [deployedAt("evil", at)];
      const all = [silent("evil", SHOP)];
      expect(daemon(standing)(0, all, standing, on(all, ABSENT))).toMatchObject({
        has: [],
        held: [],
        wakeAt: undefined,
      });
    }
  });

  it("goes to Authentik at once where it leads elsewhere, running or not", () => {
    const standing = [deployedAt("evil", AUTH)];
    for (const all of [[own], [own, silent("evil", SHOP)]])
      expect(daemon(standing)(0, all, standing, on(all, authentikIs("authentik")))).toMatchObject({
        has: ["authentik"],
        handovers: [`${AUTH} undefined → ${BLOG}`],
      });
  });

  it("is closed at once where Authentik runs and does not ask for it", () => {
    const standing = [deployedAt("gone", AUTH)];
    const all = [silent("authentik", BLOG)];
    expect(daemon(standing)(0, all, standing, on(all, authentikIs("authentik"))).held).toEqual([]);
  });

  it("is closed at once where no container can be Authentik", () => {
    const standing = [deployedAt("gone", AUTH)];
    expect(daemon(standing)(0, [], standing, on([], { kind: "unnamed" })).held).toEqual([]);
  });

  it("stays within the grace while Authentik is away", () => {
    const standing = [deployedAt("authentik", AUTH)];
    expect(daemon(standing)(0, [], standing, on([], ABSENT))).toMatchObject({
      held: [AUTH],
      wakeAt: 300_000,
    });
    const look = daemon(standing);
    look(0, [own], standing, on([own], authentikIs("authentik")));
    expect(look(1_000, [], standing, on([], ABSENT))).toMatchObject({
      held: [AUTH],
      wakeAt: 61_000,
    });
  });

  it("is not kept for faulty labels of Authentik's where it leads elsewhere", () => {
    const standing = [deployedAt("gone", AUTH)];
    const all = [faulty("authentik", BLOG, { saysPublic: true }, AUTH)];
    expect(daemon(standing)(0, all, standing, on(all, authentikIs("authentik"))).held).toEqual([]);
  });
});
