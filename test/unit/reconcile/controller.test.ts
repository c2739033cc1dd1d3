import { describe, expect, it } from "vitest";
import type { Workload } from "../../../src/core/domain/workload.ts";
import type { ServiceError } from "../../../src/core/errors.ts";
import { planChanges } from "../../../src/core/plan/planner.ts";
import {
  type ControllerDeps,
  createController,
  type PassOutcome,
} from "../../../src/reconcile/controller.ts";
import { computeDesired } from "../../../src/reconcile/desired-state.ts";
import { resourceModel } from "../../../src/resources/model.ts";
import { workload } from "../../support/builders.ts";
import { askedOf, fault, memory, SETTINGS } from "../../support/in-memory-drivers.ts";
import { emptyWorld, OWNER } from "../core/plan/model.ts";

const GRACE = { graceMs: 60_000, startupGraceMs: 200_000 };
const RESYNC_MS = 300_000;
const APP = workload({ "cfauth.hostname": "app.example.com" });

function begun(more: Partial<ControllerDeps> = {}) {
  const at = memory();
  const outcomes: PassOutcome[] = [];
  const engine: { runs: readonly Workload[]; down: ServiceError | undefined } = {
    runs: [APP],
    down: undefined,
  };
  const clock = { now: 1_000_000, up: 5_000 };
  const loop = createController({
    list: async () => {
      if (engine.down !== undefined) throw engine.down;
      return engine.runs;
    },
    drivers: at.hands,
    decide: (workloads, observed, before, now) =>
      computeDesired(SETTINGS, GRACE, workloads, observed, before, now),
    referencedNames: askedOf,
    plan: ({ desired }, observed, failed) =>
      planChanges(resourceModel(OWNER), desired, observed, failed),
    watch: { changed: () => {}, planned: () => {}, passed: (outcome) => outcomes.push(outcome) },
    resyncMs: RESYNC_MS,
    dryRun: false,
    now: () => clock.now,
    uptime: () => clock.up,
    random: () => 1,
    signal: new AbortController().signal,
    ...more,
  });
  /** One pass so long after the last one; what it sent, and when the next is due. */
  const after = async (
    ms: number,
  ): Promise<{ readonly next: number; readonly sent: readonly string[] }> => {
    clock.now += ms;
    clock.up += ms;
    at.sent.length = 0;
    return { next: await loop.reconcile(), sent: [...at.sent] };
  };
  const open = () => [...at.world.dns.mine.keys()];
  return { at, engine, clock, outcomes, after, open, last: () => outcomes.at(-1) };
}

const CLOSES = [
  "delete dns app.example.com",
  "delete ingress app.example.com",
  "delete access app.example.com",
];

describe("from pass to pass", () => {
  it("looks once, opens what is wished, and is quiet after that", async () => {
    const it = begun();
    const first = await it.after(0);
    const second = await it.after(10_000);
    expect([it.open(), first.next, second, it.at.looks]).toEqual([
      ["app.example.com"],
      300_000,
      { next: 290_000, sent: [] },
      ["all"],
    ]);
  });

  it("looks at the tunnel's rules alone when they are due, and at everything at the resync all the same", async () => {
    const it = begun();
    await it.after(0);
    it.at.world = {
      ...it.at.world,
      ingress: { ...it.at.world.ingress, observeAgainAt: it.clock.up + 2_000 },
    };
    it.engine.runs = [APP, workload({ "cfauth.hostname": "more.example.com" }, { name: "more" })];
    const { next } = await it.after(0);
    expect(next).toBe(2_000);
    // Another writer has removed a rule meanwhile.
    const { ingress } = it.at.world;
    it.at.world = {
      ...it.at.world,
      ingress: {
        ...ingress,
        observeAgainAt: undefined,
        rules: ingress.rules.filter(({ hostname }) => hostname !== "app.example.com"),
      },
    };
    const { sent, next: after } = await it.after(2_000);
    expect([sent, it.at.looks, after]).toEqual([
      ["create ingress app.example.com"],
      ["all"],
      298_000,
    ]);
    await it.after(298_000);
    expect(it.at.looks).toEqual(["all", "routes"]);
  });

  it("a restart within the grace costs no write and no look", async () => {
    const it = begun();
    await it.after(0);
    it.engine.runs = [];
    const gone = await it.after(5_000);
    it.engine.runs = [APP];
    const back = await it.after(30_000);
    expect([gone, back.sent, it.at.looks]).toEqual([{ next: 60_000, sent: [] }, [], ["all"]]);
  });

  it("a stopped container's route is closed when the grace ends, and the loop wakes for it", async () => {
    const it = begun();
    await it.after(0);
    it.engine.runs = [];
    const { next } = await it.after(5_000);
    const { sent } = await it.after(next);
    expect([sent.slice(0, 3), it.open()]).toEqual([CLOSES, []]);
  });

  it("what is missing when cfauth starts is closed after the startup grace", async () => {
    const before = begun();
    await before.after(0);
    const it = begun({ drivers: before.at.hands });
    it.engine.runs = [];
    const { next } = await it.after(0);
    expect([next, before.open()]).toEqual([200_000, ["app.example.com"]]);
    await it.after(next);
    expect(before.open()).toEqual([]);
  });

  it("a container that comes back under its name without labels loses its route at once", async () => {
    const it = begun();
    await it.after(0);
    it.engine.runs = [workload({})];
    await it.after(1_000);
    expect(it.open()).toEqual([]);
  });

  it("drift is mended at the next resync", async () => {
    const it = begun();
    await it.after(0);
    const { world: observed } = it.at;
    it.at.world = { ...observed, dns: { ...observed.dns, mine: new Map() } };
    const quiet = await it.after(299_999);
    const resync = await it.after(1);
    expect([quiet.sent, resync.sent]).toEqual([[], ["create dns app.example.com"]]);
  });

  it("a resync looks at what routes are made of, every twelfth at everything", async () => {
    const it = begun();
    for (let pass = 0; pass <= 24; pass++) await it.after(RESYNC_MS);
    const eleven = Array.from({ length: 11 }, () => "routes");
    expect(it.at.looks).toEqual(["all", ...eleven, "all", ...eleven, "all"]);
  });

  it("while a record of somebody else's is in the way, each one looks at everything: its zone may have nothing of ours yet", async () => {
    const it = begun();
    const foreign = { id: "d", zone: "z-1", type: "A", content: "203.0.113.7" };
    const { world: observed } = it.at;
    it.at.world = {
      ...observed,
      dns: { ...observed.dns, theirs: new Map([["app.example.com", [foreign]]]) },
    };
    await it.after(0);
    await it.after(RESYNC_MS);
    const contested = it.open();
    it.at.world = observed;
    await it.after(RESYNC_MS);
    await it.after(RESYNC_MS);
    expect([contested, it.open(), it.at.looks]).toEqual([
      [],
      ["app.example.com"],
      ["all", "all", "all", "routes"],
    ]);
  });

  it("while a zone is missing, each one looks at everything: somebody may just be adding it", async () => {
    const it = begun();
    const { world: observed } = it.at;
    it.at.world = { ...observed, dns: { ...observed.dns, zones: [] } };
    await it.after(0);
    await it.after(RESYNC_MS);
    it.at.world = observed;
    await it.after(RESYNC_MS);
    await it.after(RESYNC_MS);
    expect([it.open(), it.at.looks]).toEqual([
      ["app.example.com"],
      ["all", "all", "all", "routes"],
    ]);
  });

  it("an engine that is away just then does not put off the look at everything", async () => {
    const it = begun();
    for (let pass = 0; pass <= 11; pass++) await it.after(RESYNC_MS);
    it.engine.down = fault("docker");
    await it.after(RESYNC_MS);
    it.engine.down = undefined;
    await it.after(1_000);
    expect(it.at.looks.slice(-2)).toEqual(["routes", "all"]);
  });

  it.each([
    { name: "another zone has come to the account", zones: ["example.com", "example.org"] },
    { name: "no zone is told", zones: [] },
  ])("the route of a bare name stays as it is when $name", async ({ zones }) => {
    const it = begun();
    it.engine.runs = [workload({ "cfauth.hostname": "app" })];
    await it.after(0);
    const told = it.at.world.dns;
    it.at.world = {
      ...it.at.world,
      dns: {
        ...told,
        zones: zones.map((name) => ({ id: name, name })),
        mine: zones[0] ? told.mine : new Map(),
      },
    };
    const sent: string[] = [];
    for (let pass = 0; pass <= 13; pass++) sent.push(...(await it.after(RESYNC_MS)).sent);
    expect([sent, it.last()?.end?.plan.problems.map(({ code, route }) => [code, route])]).toEqual([
      [],
      [["CFA-LABEL-VALUE", "app.example.com"]],
    ]);
  });

  it("a dry run sends nothing, however long it goes on", async () => {
    const it = begun({ dryRun: true });
    const sent = [await it.after(0), await it.after(RESYNC_MS)].flatMap((pass) => pass.sent);
    expect([sent, it.last()?.result, it.at.world]).toEqual([[], "settled", emptyWorld()]);
  });
});

describe("a clock that is set", () => {
  const HOURS = 3 * 3_600_000;

  it.each([
    { name: "forward", ms: HOURS },
    { name: "back", ms: -HOURS },
  ])("$name ends no grace early, and none late", async ({ ms }) => {
    const it = begun();
    await it.after(0);
    it.engine.runs = [];
    await it.after(5_000);
    it.clock.now += ms;
    const meanwhile = await it.after(50_000);
    const over = await it.after(meanwhile.next);
    expect([meanwhile, over.sent.slice(0, 3)]).toEqual([{ next: 10_000, sent: [] }, CLOSES]);
  });

  it("as by a machine that has the time from the net after its start, the startup grace is what it is", async () => {
    const before = begun();
    await before.after(0);
    const it = begun({ drivers: before.at.hands });
    it.engine.runs = [];
    await it.after(0);
    it.clock.now += HOURS;
    expect((await it.after(100_000)).next).toBe(100_000);
    expect(before.open()).toEqual(["app.example.com"]);
  });

  it("back puts off no resync, also in the middle of a pass", async () => {
    const it = begun();
    it.at.refuse = ({ kind }) => {
      if (kind === "dns") it.clock.now -= HOURS;
      return undefined;
    };
    const first = await it.after(0);
    it.clock.now -= HOURS;
    const quiet = await it.after(200_000);
    await it.after(100_000);
    expect([first.next, quiet.next, it.at.looks]).toEqual([RESYNC_MS, 100_000, ["all", "routes"]]);
  });

  it("leaves a rival that waits for the holder's return its time", async () => {
    const it = begun();
    const rival = workload(
      { "cfauth.hostname": "app.example.com" },
      { name: "rival", created: 2_000_000 },
    );
    it.engine.runs = [APP, rival];
    await it.after(0);
    it.engine.runs = [rival];
    const gone = await it.after(1_000);
    it.clock.now += HOURS;
    expect([gone.next, (await it.after(20_000)).next]).toEqual([60_000, 40_000]);
  });
});

describe("when the engine does not answer", () => {
  it("nothing is torn down, and the world is not looked at anew", async () => {
    const it = begun();
    await it.after(0);
    it.engine.down = fault("docker");
    const failed = [await it.after(1_000), await it.after(100_000), await it.after(1_000)];
    it.engine.down = undefined;
    const back = await it.after(1_000);
    expect([failed.flatMap(({ sent }) => sent), back.sent, it.open(), it.at.looks]).toEqual([
      [],
      [],
      ["app.example.com"],
      ["all"],
    ]);
  });

  it("what it does not tell is no stop: the grace begins with the first list that lacks the container", async () => {
    const it = begun();
    await it.after(0);
    it.engine.down = fault("docker");
    await it.after(100_000);
    [it.engine.down, it.engine.runs] = [undefined, []];
    expect(await it.after(1_000)).toEqual({ next: 60_000, sent: [] });
  });

  it("the outcome says so, and has no end", async () => {
    const it = begun();
    it.engine.down = fault("docker");
    await it.after(0);
    expect(it.last()).toMatchObject({
      result: "failed",
      applied: 0,
      failures: 1,
      errors: [{ code: "CFA-DOCKER-UNREACHABLE" }],
      end: undefined,
    });
  });
});

describe("when Cloudflare does not answer", () => {
  it("it is tried again later and later, and at once everything counts anew when it worked", async () => {
    const it = begun();
    it.at.down = fault("cloudflare");
    const waits = [
      (await it.after(0)).next,
      (await it.after(1_000)).next,
      (await it.after(2_000)).next,
    ];
    it.at.down = undefined;
    await it.after(4_000);
    expect([waits, it.outcomes.map(({ failures }) => failures)]).toEqual([
      [1_000, 2_000, 4_000],
      [1, 2, 3, 0],
    ]);
  });

  it("it is left alone for as long as it asks", async () => {
    const it = begun();
    it.at.down = fault("cloudflare", { retryAfterMs: 48_000 });
    expect((await it.after(0)).next).toBe(48_000);
  });

  it("it is left alone for as long as the answer to a change asks", async () => {
    const it = begun();
    it.at.refuse = ({ kind }) =>
      kind === "dns" ? fault("cloudflare", { retryAfterMs: 20_000 }) : undefined;
    expect((await it.after(0)).next).toBe(20_000);
  });

  it("everything is looked at again before the next plan, once it answers", async () => {
    const it = begun();
    await it.after(0);
    it.at.down = fault("cloudflare");
    await it.after(RESYNC_MS);
    it.at.down = undefined;
    await it.after(1_000);
    expect([it.at.looks, it.open()]).toEqual([["all", "routes", "all"], ["app.example.com"]]);
  });

  it("everything is looked at again after a change that failed", async () => {
    const it = begun();
    it.at.refuse = ({ kind }) => (kind === "dns" ? fault("cloudflare") : undefined);
    await it.after(0);
    it.at.refuse = () => undefined;
    const { sent } = await it.after(1_000);
    expect([it.at.looks, sent, it.open()]).toEqual([
      ["all", "all"],
      ["create dns app.example.com"],
      ["app.example.com"],
    ]);
  });

  it("a change whose answer was lost is not made twice", async () => {
    const it = begun();
    it.at.refuse = ({ key }) =>
      key === "access app.example.com" ? fault("cloudflare", { outcomeUnknown: true }) : undefined;
    const sent = [...(await it.after(0)).sent, ...(await it.after(1_000)).sent];
    expect([
      sent.filter((change) => change === "create access app.example.com").length,
      it.open(),
      it.last()?.result,
    ]).toEqual([1, ["app.example.com"], "settled"]);
  });
});

describe("a fault of cfauth itself", () => {
  it("is not taken for one of the world", async () => {
    const it = begun({ list: () => Promise.reject(new TypeError("a bug")) });
    await expect(it.after(0)).rejects.toThrow(TypeError);
  });

  it("in the middle of a pass leaves nothing as it was seen before", async () => {
    const it = begun();
    await it.after(0);
    it.engine.runs = [APP, workload({ "cfauth.hostname": "blog.example.com" }, { name: "blog" })];
    it.at.refuse = ({ kind }) => {
      if (kind === "ingress") throw new TypeError("a bug");
      return undefined;
    };
    await expect(it.after(1_000)).rejects.toThrow(TypeError);
    it.at.refuse = () => undefined;
    const { sent } = await it.after(1_000);
    expect([it.at.looks, sent]).toEqual([
      ["all", "all"],
      ["create ingress blog.example.com", "create dns blog.example.com"],
    ]);
  });
});
