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

const labelsAsk = (...exposures: Exposure[]): Decoded => ({ exposures, faulty: [], problems: [] });
const faulty = (more: Partial<FaultyRoute> = {}): Decoded => ({
  exposures: [],
  faulty: [faultyRoute(APP, more)],
  problems: [],
});
const nothing: readonly Decoded[] = [];

interface Input {
  readonly decoded: readonly Decoded[];
  readonly rules?: readonly DeployedRoute[];
  /** Whether another container runs where the deployed rules lead. */
  readonly occupied?: boolean;
  /** Whether container `app` itself runs. */
  readonly runs?: boolean;
  readonly memory?: ReconcileMemory;
  readonly now?: number;
}

const STRANGER = { id: "stranger", party: singleContainer("stranger"), certain: true };

const HOST = { id: "app", party: singleContainer("app"), certain: true };

const resolve = ({
  decoded,
  rules = [deployed(APP)],
  occupied = false,
  runs = false,
  memory = EMPTY_MEMORY,
  now = 0,
}: Input): Decision =>
  resolveDesired(
    decoded,
    rules,
    {
      ...NOTHING_RUNS,
      occupants: () => [...(occupied ? [STRANGER] : []), ...(runs ? [HOST] : [])],
    },
    memory,
    GRACE,
    now,
  );

describe("a container that stops and comes back", () => {
  const { memory } = resolve({ decoded: [labelsAsk(exposure(APP))] });
  const stopped = resolve({ decoded: nothing, memory, now: 1_000 });

  it("a stopped container's route is frozen, and the end of its grace period is known", () => {
    expect([stopped.desired.frozen, stopped.desired.graceDeadlines, stopped.wakeAt]).toEqual([
      new Set([APP]),
      new Map([[APP, 61_000]]),
      61_000,
    ]);
  });

  it("a container that is back within the grace period is desired again, and nothing is pending", () => {
    const back = resolve({
      decoded: [labelsAsk(exposure(APP))],
      memory: stopped.memory,
      now: 30_000,
    });
    expect([[...back.desired.exposures.keys()], back.desired.frozen, back.wakeAt]).toEqual([
      [APP],
      new Set(),
      undefined,
    ]);
  });

  it("a stopped container's route is no longer kept when the grace period ends", () => {
    const later = resolve({ decoded: nothing, memory: stopped.memory, now: 61_000 });
    expect([later.desired.frozen, later.desired.exposures, later.wakeAt]).toEqual([
      new Set(),
      new Map(),
      undefined,
    ]);
  });

  it("a route that its running container no longer asks for is not kept, wherever its rule leads", () => {
    const service = "http://192.168.1.20:8123";
    const rules = [deployed(APP, { service }), deployed(`${APP}/hooks`, { service, public: true })];
    const whole = exposure(APP, { origin: { service, options: {} } });
    const before = resolve({
      decoded: [
        labelsAsk(whole, exposure(`${APP}/hooks`, { origin: whole.origin, protection: anybody })),
      ],
      rules,
    });
    expect(
      resolve({ decoded: [labelsAsk(whole)], rules, memory: before.memory }).desired.frozen,
    ).toEqual(new Set());
  });

  it("a missing container's route is kept while another container points to the same machine outside Docker, even right after cfauth starts", () => {
    const origin = { service: "http://192.168.1.20:80", options: {} };
    const [app, other] = [
      exposure(APP, { origin }),
      exposure("other.example.com", { origin, workload: "other" }),
    ];
    const rules = [deployed(APP, origin), deployed("other.example.com", origin)];
    const before = resolve({ decoded: [labelsAsk(app), labelsAsk(other)], rules });
    const frozenRoutes = (it: ReconcileMemory) =>
      resolve({ decoded: [labelsAsk(other)], rules, memory: it, now: 1_000 }).desired.frozen;
    expect([frozenRoutes(before.memory), frozenRoutes(EMPTY_MEMORY)]).toEqual([
      new Set([APP]),
      new Set([APP]),
    ]);
  });

  it("a path that its container no longer asks for is not kept, even if only the hostname identifies the container, as right after cfauth starts", () => {
    const origin = { service: "http://192.168.1.20:80", options: {} };
    const rules = [deployed(APP, origin), deployed(`${APP}/hooks`, { ...origin, public: true })];
    expect(
      resolve({ decoded: [labelsAsk(exposure(APP, { origin }))], rules }).desired.frozen,
    ).toEqual(new Set());
  });

  it("a hostname that its container gave up for another one is not kept", () => {
    const origin = { service: "http://192.168.1.20:80", options: {} };
    const rules = [deployed(APP, origin)];
    const before = resolve({ decoded: [labelsAsk(exposure(APP, { origin }))], rules });
    const moved = resolve({
      decoded: [labelsAsk(exposure("new.example.com", { origin }))],
      rules,
      memory: before.memory,
    });
    expect(moved.desired.frozen).toEqual(new Set());
  });

  it("a container that comes back without labels loses its route at once", () => {
    const back = resolve({ decoded: nothing, memory: stopped.memory, occupied: true, now: 2_000 });
    expect([back.desired.frozen, back.wakeAt]).toEqual([new Set(), undefined]);
  });

  it("a missing container's route is kept longer right after cfauth starts, as after a reboot", () => {
    const start = resolve({ decoded: nothing, now: 1_000 });
    expect([start.desired.frozen, start.wakeAt]).toEqual([new Set([APP]), 301_000]);
  });
});

describe("an open route whose labels have become faulty", () => {
  it.each<{
    name: string;
    rule: DeployedRoute;
    says: Partial<FaultyRoute>;
    frozen: readonly string[];
  }>([
    {
      name: "a protected route with faulty labels stays as it is",
      rule: deployed(APP),
      says: {},
      frozen: [APP],
    },
    {
      name: "a protected route with faulty labels stays as it is, even if its labels say public",
      rule: deployed(APP),
      says: { saysPublic: true },
      frozen: [APP],
    },
    {
      name: "a public route with faulty labels stays open if the labels still say public",
      rule: deployed(APP, { public: true }),
      says: { saysPublic: true },
      frozen: [APP],
    },
    {
      name: "a public route with faulty labels is closed if the labels do not say public, since they may be meant to protect it",
      rule: deployed(APP, { public: true }),
      says: {},
      frozen: [],
    },
    {
      name: "a protected route with faulty labels is closed if it may lead to another container",
      rule: deployed(APP),
      says: { closeNow: true },
      frozen: [],
    },
    {
      name: "a public route with faulty labels is closed if it may lead to another container",
      rule: deployed(APP, { public: true }),
      says: { saysPublic: true, closeNow: true },
      frozen: [],
    },
  ])("$name", ({ rule, says, frozen: frozenRoutes }) => {
    const { desired, wakeAt } = resolve({
      decoded: [faulty(says)],
      rules: [rule],
      runs: true,
    });
    expect([[...desired.frozen], [...desired.exposures.keys()], wakeAt]).toEqual([
      frozenRoutes,
      [],
      undefined,
    ]);
  });

  it("a faulty route with an IP address as its origin is closed once another container has that address, as after a reboot, and stays if the address is still its own", () => {
    const asks = workload(
      { "cfauth.hostname": APP, "cfauth.access.groups": "gone" },
      { networks: { tunnel: { ip: "172.18.0.6" } } },
    );
    const secret = workload({}, { name: "secret", networks: { tunnel: { ip: "172.18.0.5" } } });
    const frozenRoutes = (service: string) => {
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
      frozenRoutes("http://172.18.0.5:80"),
      frozenRoutes("http://secret:80"),
      frozenRoutes("http://172.18.0.6:80"),
      frozenRoutes("http://app:80"),
    ]).toEqual([[], [], [APP], [APP]]);
  });

  it("a faulty route stays if it leads to another container because its labels still say so", () => {
    const away = faulty({ service: "http://app:80" });
    expect(resolve({ decoded: [away], occupied: true }).desired.frozen).toEqual(new Set([APP]));
  });

  it("a faulty route gives way to another container of its project that asks for the route without faults", () => {
    const party = composeProject("home");
    const { desired } = resolve({
      decoded: [
        faulty({ party, service: "http://app:80" }),
        labelsAsk(exposure(APP, { workload: "other", party })),
      ],
    });
    expect([
      desired.frozen,
      [...desired.exposures.values()].map(({ workload }) => workload),
    ]).toEqual([new Set(), ["other"]]);
  });

  it("a container with faulty labels does not count as stopped and may stay faulty without a time limit", () => {
    const first = resolve({ decoded: [faulty()], runs: true });
    expect(
      resolve({ decoded: [faulty()], runs: true, memory: first.memory, now: 10_000_000 }).desired
        .frozen,
    ).toEqual(new Set([APP]));
  });
});

describe("routes to protect before a wider route opens", () => {
  it("every route that is not meant to be public must be protected first, including those with faulty labels", () => {
    const { desired } = resolve({
      decoded: [
        labelsAsk(exposure(APP, { protection: anybody }), exposure(`${APP}/admin`)),
        faulty({ route: route(`${APP}/api`) }),
        faulty({ route: route(`${APP}/hooks`), saysPublic: true }),
      ],
      rules: [],
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

describe("two containers that want the same hostname, over time", () => {
  const holder = exposure(APP, {
    workload: "blog",
    origin: { service: "http://blog:80", options: {} },
  });
  const loser = exposure(APP, {
    workload: "shop",
    created: 2_000,
    origin: { service: "http://shop:80", options: {} },
  });
  const rules = [deployed(APP, { service: "http://blog:80" })];
  const { memory } = resolve({ decoded: [labelsAsk(holder), labelsAsk(loser)], rules });
  const stopped = resolve({ decoded: [labelsAsk(loser)], rules, memory, now: 1_000 });

  it("the holder's route is kept while the holder restarts, and the rival is told how long it waits", () => {
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

  it("the holder's route is not kept if another container now runs under the holder's name", () => {
    expect(
      resolve({ decoded: [labelsAsk(loser)], rules, memory, occupied: true, now: 1_000 }).desired
        .frozen,
    ).toEqual(new Set());
  });

  it("the rival takes over when the holder's grace period ends", () => {
    const { desired, wakeAt } = resolve({
      decoded: [labelsAsk(loser)],
      rules,
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

describe("the next wake-up", () => {
  it("the next pass is due when the first of several grace periods ends", () => {
    const rules = [
      deployed("a.example.com", { service: "http://a:80" }),
      deployed("b.example.com"),
    ];
    const a = exposure("a.example.com", {
      origin: { service: "http://a:80", options: {} },
      workload: "a",
    });
    const first = resolve({ decoded: [labelsAsk(a, exposure("b.example.com"))], rules });
    const second = resolve({
      decoded: [labelsAsk(exposure("b.example.com"))],
      rules,
      memory: first.memory,
      now: 1_000,
    });
    expect(resolve({ decoded: nothing, rules, memory: second.memory, now: 5_000 }).wakeAt).toBe(
      61_000,
    );
  });

  it("no pass is due when nothing is missing", () => {
    expect(resolve({ decoded: [labelsAsk(exposure(APP))] }).wakeAt).toBeUndefined();
  });
});

it("a rule without its application gets no grace period, because another writer restored it", () => {
  const grace = { graceMs: 60_000, startupGraceMs: 300_000 };
  const frozenRoutes = (application: boolean) => [
    ...resolveDesired(
      [],
      [deployed("app.example.com", { application })],
      NOTHING_RUNS,
      EMPTY_MEMORY,
      grace,
      0,
    ).desired.frozen,
  ];
  expect([frozenRoutes(true), frozenRoutes(false)]).toEqual([["app.example.com"], []]);
});
