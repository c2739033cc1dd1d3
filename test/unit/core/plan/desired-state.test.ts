import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../../src/core/domain/exposure.ts";
import { composeProject, singleContainer } from "../../../../src/core/domain/party.ts";
import { createNameIndex } from "../../../../src/core/labels/name-index.ts";
import {
  type Decision,
  EMPTY_MEMORY,
  type ReconcileMemory,
  resolveDesired,
} from "../../../../src/core/plan/desired-state.ts";
import type { Decoded, DeployedRoute, FaultyRoute } from "../../../../src/core/plan/types.ts";
import { findOccupants } from "../../../../src/reconcile/occupants.ts";
import {
  anybody,
  deployed,
  exposure,
  faultyRoute,
  decoded as labelled,
  NOTHING_RUNS,
  route,
  workload,
} from "../../../support/builders.ts";

const APP = "app.example.com";
const GRACE = { graceMs: 60_000, startupGraceMs: 300_000 };

const wishes = (...exposures: Exposure[]): Decoded => ({ exposures, faulty: [], problems: [] });
const faulty = (more: Partial<FaultyRoute> = {}): Decoded => ({
  exposures: [],
  faulty: [faultyRoute(APP, more)],
  problems: [],
});
const nothing: readonly Decoded[] = [];

interface Look {
  readonly decoded: readonly Decoded[];
  readonly standing?: readonly DeployedRoute[];
  /** Whether another container runs where the routes lead. */
  readonly reused?: boolean;
  /** Whether container `app` does. */
  readonly runs?: boolean;
  readonly memory?: ReconcileMemory;
  readonly now?: number;
}

const STRANGER = { id: "stranger", party: singleContainer("stranger"), certain: true };

const HOST = { id: "app", party: singleContainer("app"), certain: true };

const looks = ({
  decoded,
  standing = [deployed(APP)],
  reused = false,
  runs = false,
  memory = EMPTY_MEMORY,
  now = 0,
}: Look): Decision =>
  resolveDesired(
    decoded,
    standing,
    { ...NOTHING_RUNS, occupants: () => [...(reused ? [STRANGER] : []), ...(runs ? [HOST] : [])] },
    memory,
    GRACE,
    now,
  );

describe("a container that stops and comes back", () => {
  const { memory } = looks({ decoded: [wishes(exposure(APP))] });
  const gone = looks({ decoded: nothing, memory, now: 1_000 });

  it("keeps its route as it is, and the time when that ends is known", () => {
    expect([gone.desired.frozen, gone.desired.graceDeadlines, gone.wakeAt]).toEqual([
      new Set([APP]),
      new Map([[APP, 61_000]]),
      61_000,
    ]);
  });

  it("is wished again when it is back within the grace, and nothing is waited for", () => {
    const back = looks({ decoded: [wishes(exposure(APP))], memory: gone.memory, now: 30_000 });
    expect([[...back.desired.exposures.keys()], back.desired.frozen, back.wakeAt]).toEqual([
      [APP],
      new Set(),
      undefined,
    ]);
  });

  it("loses its route when the grace is over", () => {
    const later = looks({ decoded: nothing, memory: gone.memory, now: 61_000 });
    expect([later.desired.frozen, later.desired.exposures, later.wakeAt]).toEqual([
      new Set(),
      new Map(),
      undefined,
    ]);
  });

  it("loses a route at once that it does not ask for any more, wherever it leads", () => {
    const service = "http://192.168.1.20:8123";
    const standing = [
      deployed(APP, { service }),
      deployed(`${APP}/hooks`, { service, public: true }),
    ];
    const whole = exposure(APP, { origin: { service, options: {} } });
    const before = looks({
      decoded: [
        wishes(whole, exposure(`${APP}/hooks`, { origin: whole.origin, protection: anybody })),
      ],
      standing,
    });
    expect(
      looks({ decoded: [wishes(whole)], standing, memory: before.memory }).desired.frozen,
    ).toEqual(new Set());
  });

  it("keeps its route while another container stands for the same machine outside of Docker, also when cfauth has just started", () => {
    const origin = { service: "http://192.168.1.20:80", options: {} };
    const [app, other] = [
      exposure(APP, { origin }),
      exposure("other.example.com", { origin, workload: "other" }),
    ];
    const standing = [deployed(APP, origin), deployed("other.example.com", origin)];
    const before = looks({ decoded: [wishes(app), wishes(other)], standing });
    const held = (it: ReconcileMemory) =>
      looks({ decoded: [wishes(other)], standing, memory: it, now: 1_000 }).desired.frozen;
    expect([held(before.memory), held(EMPTY_MEMORY)]).toEqual([new Set([APP]), new Set([APP])]);
  });

  it("loses a route that it does not ask for any more also where only its hostname tells, as when cfauth has just started", () => {
    const origin = { service: "http://192.168.1.20:80", options: {} };
    const standing = [deployed(APP, origin), deployed(`${APP}/hooks`, { ...origin, public: true })];
    expect(
      looks({ decoded: [wishes(exposure(APP, { origin }))], standing }).desired.frozen,
    ).toEqual(new Set());
  });

  it("loses the hostname at once that it has given up for another one", () => {
    const origin = { service: "http://192.168.1.20:80", options: {} };
    const standing = [deployed(APP, origin)];
    const before = looks({ decoded: [wishes(exposure(APP, { origin }))], standing });
    const moved = looks({
      decoded: [wishes(exposure("new.example.com", { origin }))],
      standing,
      memory: before.memory,
    });
    expect(moved.desired.frozen).toEqual(new Set());
  });

  it("loses its route at once when it comes back without labels", () => {
    const back = looks({ decoded: nothing, memory: gone.memory, reused: true, now: 2_000 });
    expect([back.desired.frozen, back.wakeAt]).toEqual([new Set(), undefined]);
  });

  it("keeps its route longer when cfauth has just started, as after a reboot", () => {
    const start = looks({ decoded: nothing, now: 1_000 });
    expect([start.desired.frozen, start.wakeAt]).toEqual([new Set([APP]), 301_000]);
  });
});

describe("an open route whose labels cannot be read any more", () => {
  it.each<{
    name: string;
    standing: DeployedRoute;
    says: Partial<FaultyRoute>;
    held: readonly string[];
  }>([
    { name: "a protected one stays as it is", standing: deployed(APP), says: {}, held: [APP] },
    {
      name: "a protected one stays as it is, even where its labels say public",
      standing: deployed(APP),
      says: { saysPublic: true },
      held: [APP],
    },
    {
      name: "a public one stays open where its labels still say public",
      standing: deployed(APP, { public: true }),
      says: { saysPublic: true },
      held: [APP],
    },
    {
      name: "a public one is shut where they do not, since they may have meant to protect it",
      standing: deployed(APP, { public: true }),
      says: {},
      held: [],
    },
    {
      name: "one that may lead to somebody else is shut",
      standing: deployed(APP),
      says: { closeNow: true },
      held: [],
    },
    {
      name: "a public one that may lead to somebody else is shut",
      standing: deployed(APP, { public: true }),
      says: { saysPublic: true, closeNow: true },
      held: [],
    },
  ])("$name", ({ standing: deployed, says, held }) => {
    const { desired, wakeAt } = looks({
      decoded: [faulty(says)],
      standing: [deployed],
      runs: true,
    });
    expect([[...desired.frozen], [...desired.exposures.keys()], wakeAt]).toEqual([
      held,
      [],
      undefined,
    ]);
  });

  it("is shut where another container has its address by now, as after a reboot, and stays where it leads to its own", () => {
    const asks = workload(
      { "cfauth.hostname": APP, "cfauth.access.groups": "gone" },
      { networks: { tunnel: { ip: "172.18.0.6" } } },
    );
    const secret = workload({}, { name: "secret", networks: { tunnel: { ip: "172.18.0.5" } } });
    const held = (service: string) => {
      const all = [asks, secret];
      const ids = createNameIndex(all).leadsTo(service);
      const engine = { ...NOTHING_RUNS, occupants: () => findOccupants(all, service, ids) };
      return [
        ...resolveDesired(
          [labelled(all, { target: "ip" })],
          [deployed(APP, { service })],
          engine,
          EMPTY_MEMORY,
          GRACE,
          0,
        ).desired.frozen,
      ];
    };
    expect([
      held("http://172.18.0.5:80"),
      held("http://secret:80"),
      held("http://172.18.0.6:80"),
      held("http://app:80"),
    ]).toEqual([[], [], [APP], [APP]]);
  });

  it("stays where it leads to another container, as its labels still say", () => {
    const away = faulty({ service: "http://app:80" });
    expect(looks({ decoded: [away], reused: true }).desired.frozen).toEqual(new Set([APP]));
  });

  it("gives way to another container of its project that asks for the route soundly", () => {
    const party = composeProject("home");
    const { desired } = looks({
      decoded: [
        faulty({ party, service: "http://app:80" }),
        wishes(exposure(APP, { workload: "other", party })),
      ],
    });
    expect([
      desired.frozen,
      [...desired.exposures.values()].map(({ workload }) => workload),
    ]).toEqual([new Set(), ["other"]]);
  });

  it("is not counted as stopped: it may stay faulty for as long as it likes", () => {
    const first = looks({ decoded: [faulty()], runs: true });
    expect(
      looks({ decoded: [faulty()], runs: true, memory: first.memory, now: 10_000_000 }).desired
        .frozen,
    ).toEqual(new Set([APP]));
  });
});

describe("what must be protected before what lies around it opens", () => {
  it("is every route that is not to be public, those that cannot be read included", () => {
    const { desired } = looks({
      decoded: [
        wishes(exposure(APP, { protection: anybody }), exposure(`${APP}/admin`)),
        faulty({ route: route(`${APP}/api`) }),
        faulty({ route: route(`${APP}/hooks`), saysPublic: true }),
      ],
      standing: [],
    });
    expect(
      desired.protectedRoutes.map(({ route, service }) => [
        `${route.hostname}${route.path ?? ""}`,
        service,
      ]),
    ).toEqual([
      ["app.example.com/admin", "http://app:80"],
      ["app.example.com/api", undefined],
    ]);
  });
});

describe("two containers that want one hostname, over time", () => {
  const holder = exposure(APP, {
    workload: "blog",
    origin: { service: "http://blog:80", options: {} },
  });
  const loser = exposure(APP, {
    workload: "shop",
    created: 2_000,
    origin: { service: "http://shop:80", options: {} },
  });
  const standing = [deployed(APP, { service: "http://blog:80" })];
  const { memory } = looks({ decoded: [wishes(holder), wishes(loser)], standing });
  const stopped = looks({ decoded: [wishes(loser)], standing, memory, now: 1_000 });

  it("the holder's route is kept while it restarts, and the other one is told how long", () => {
    expect([stopped.desired.frozen, stopped.desired.pending, stopped.wakeAt]).toEqual([
      new Set([APP]),
      [
        {
          route: APP,
          cause: "rival",
          reason:
            "container blog, which had it and stopped; shop takes over in 60 s unless it comes back",
        },
      ],
      61_000,
    ]);
  });

  it("the holder's route is not kept where something else runs now under its name", () => {
    expect(
      looks({ decoded: [wishes(loser)], standing, memory, reused: true, now: 1_000 }).desired
        .frozen,
    ).toEqual(new Set());
  });

  it("the other one takes over when the grace is over", () => {
    const { desired, wakeAt } = looks({
      decoded: [wishes(loser)],
      standing,
      memory: stopped.memory,
      now: 61_000,
    });
    expect([
      [...desired.exposures.values()].map(({ workload }) => workload),
      desired.frozen,
      wakeAt,
    ]).toEqual([["shop"], new Set(), undefined]);
  });
});

describe("the next look", () => {
  it("is due when the first of several graces ends", () => {
    const standing = [
      deployed("a.example.com", { service: "http://a:80" }),
      deployed("b.example.com"),
    ];
    const a = exposure("a.example.com", {
      origin: { service: "http://a:80", options: {} },
      workload: "a",
    });
    const first = looks({ decoded: [wishes(a, exposure("b.example.com"))], standing });
    const second = looks({
      decoded: [wishes(exposure("b.example.com"))],
      standing,
      memory: first.memory,
      now: 1_000,
    });
    expect(looks({ decoded: nothing, standing, memory: second.memory, now: 5_000 }).wakeAt).toBe(
      61_000,
    );
  });

  it("is not due by itself when everything is there", () => {
    expect(looks({ decoded: [wishes(exposure(APP))] }).wakeAt).toBeUndefined();
  });
});

it("a rule without its application gets no grace: another writer restored it", () => {
  const grace = { graceMs: 60_000, startupGraceMs: 300_000 };
  const held = (application: boolean) => [
    ...resolveDesired(
      [],
      [deployed("app.example.com", { application })],
      NOTHING_RUNS,
      EMPTY_MEMORY,
      grace,
      0,
    ).desired.frozen,
  ];
  expect([held(true), held(false)]).toEqual([["app.example.com"], []]);
});
