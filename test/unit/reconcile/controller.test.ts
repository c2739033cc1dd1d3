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
import {
  createInMemoryDrivers,
  referencedNamesOf,
  SETTINGS,
  serviceError,
} from "../../support/in-memory-drivers.ts";
import { emptyAccount, OWNER } from "../core/plan/model.ts";

const GRACE = { graceMs: 60_000, startupGraceMs: 200_000 };
const RESYNC_MS = 300_000;
const APP = workload({ "cfauth.hostname": "app.example.com" });

function createFixture(more: Partial<ControllerDeps> = {}) {
  const at = createInMemoryDrivers();
  const outcomes: PassOutcome[] = [];
  const engine: { runs: readonly Workload[]; down: ServiceError | undefined } = {
    runs: [APP],
    down: undefined,
  };
  const clock = { now: 1_000_000, up: 5_000 };
  const controller = createController({
    list: async () => {
      if (engine.down !== undefined) throw engine.down;
      return engine.runs;
    },
    drivers: at.drivers,
    decide: (workloads, observed, before, now) =>
      computeDesired(SETTINGS, GRACE, workloads, observed, before, now),
    referencedNames: referencedNamesOf,
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
  /**
   * Runs one pass, this long after the last one. Returns what was sent and when the next pass is
   * due.
   */
  const after = async (
    ms: number,
  ): Promise<{ readonly next: number; readonly sent: readonly string[] }> => {
    clock.now += ms;
    clock.up += ms;
    at.sent.length = 0;
    return { next: await controller.reconcile(), sent: [...at.sent] };
  };
  const open = () => [...at.observed.dns.mine.keys()];
  return { at, engine, clock, outcomes, after, open, last: () => outcomes.at(-1) };
}

const CLOSES = [
  "delete dns app.example.com",
  "delete ingress app.example.com",
  "delete access app.example.com",
];

describe("the controller from pass to pass", () => {
  it("the controller observes once, opens what is desired and is then quiet", async () => {
    const it = createFixture();
    const first = await it.after(0);
    const second = await it.after(10_000);
    expect([it.open(), first.next, second, it.at.observations]).toEqual([
      ["app.example.com"],
      300_000,
      { next: 290_000, sent: [] },
      ["all"],
    ]);
  });

  it("the tunnel's rules are observed alone when due, and everything is still observed at the resync", async () => {
    const it = createFixture();
    await it.after(0);
    it.at.observed = {
      ...it.at.observed,
      ingress: { ...it.at.observed.ingress, observeAgainAt: it.clock.up + 2_000 },
    };
    it.engine.runs = [APP, workload({ "cfauth.hostname": "more.example.com" }, { name: "more" })];
    const { next } = await it.after(0);
    expect(next).toBe(2_000);
    // Another writer has removed a rule meanwhile.
    const { ingress } = it.at.observed;
    it.at.observed = {
      ...it.at.observed,
      ingress: {
        ...ingress,
        observeAgainAt: undefined,
        rules: ingress.rules.filter(({ hostname }) => hostname !== "app.example.com"),
      },
    };
    const { sent, next: after } = await it.after(2_000);
    expect([sent, it.at.observations, after]).toEqual([
      ["create ingress app.example.com"],
      ["all"],
      298_000,
    ]);
    await it.after(298_000);
    expect(it.at.observations).toEqual(["all", "routes"]);
  });

  it("a restart within the grace period costs no write and no observation", async () => {
    const it = createFixture();
    await it.after(0);
    it.engine.runs = [];
    const stopped = await it.after(5_000);
    it.engine.runs = [APP];
    const back = await it.after(30_000);
    expect([stopped, back.sent, it.at.observations]).toEqual([
      { next: 60_000, sent: [] },
      [],
      ["all"],
    ]);
  });

  it("a stopped container's route closes when the grace period ends, and a pass is due then", async () => {
    const it = createFixture();
    await it.after(0);
    it.engine.runs = [];
    const { next } = await it.after(5_000);
    const { sent } = await it.after(next);
    expect([sent.slice(0, 3), it.open()]).toEqual([CLOSES, []]);
  });

  it("a route whose container is missing when cfauth starts closes after the start-up grace period", async () => {
    const before = createFixture();
    await before.after(0);
    const it = createFixture({ drivers: before.at.drivers });
    it.engine.runs = [];
    const { next } = await it.after(0);
    expect([next, before.open()]).toEqual([200_000, ["app.example.com"]]);
    await it.after(next);
    expect(before.open()).toEqual([]);
  });

  it("a container that comes back under its name without labels loses its route at once", async () => {
    const it = createFixture();
    await it.after(0);
    it.engine.runs = [workload({})];
    await it.after(1_000);
    expect(it.open()).toEqual([]);
  });

  it("drift is corrected at the next resync", async () => {
    const it = createFixture();
    await it.after(0);
    const { observed } = it.at;
    it.at.observed = { ...observed, dns: { ...observed.dns, mine: new Map() } };
    const quiet = await it.after(299_999);
    const resync = await it.after(1);
    expect([quiet.sent, resync.sent]).toEqual([[], ["create dns app.example.com"]]);
  });

  it("a resync observes the objects of routes, and every twelfth resync observes everything", async () => {
    const it = createFixture();
    for (let pass = 0; pass <= 24; pass++) await it.after(RESYNC_MS);
    const eleven = Array.from({ length: 11 }, () => "routes");
    expect(it.at.observations).toEqual(["all", ...eleven, "all", ...eleven, "all"]);
  });

  it("every resync observes everything while a foreign record is in the way, because its zone may have nothing of ours yet", async () => {
    const it = createFixture();
    const foreign = { id: "d", zone: "z-1", type: "A", content: "203.0.113.7" };
    const { observed } = it.at;
    it.at.observed = {
      ...observed,
      dns: { ...observed.dns, theirs: new Map([["app.example.com", [foreign]]]) },
    };
    await it.after(0);
    await it.after(RESYNC_MS);
    const contested = it.open();
    it.at.observed = observed;
    await it.after(RESYNC_MS);
    await it.after(RESYNC_MS);
    expect([contested, it.open(), it.at.observations]).toEqual([
      [],
      ["app.example.com"],
      ["all", "all", "all", "routes"],
    ]);
  });

  it("every resync observes everything while a zone is missing, because somebody may be adding it", async () => {
    const it = createFixture();
    const { observed } = it.at;
    it.at.observed = { ...observed, dns: { ...observed.dns, zones: [] } };
    await it.after(0);
    await it.after(RESYNC_MS);
    it.at.observed = observed;
    await it.after(RESYNC_MS);
    await it.after(RESYNC_MS);
    expect([it.open(), it.at.observations]).toEqual([
      ["app.example.com"],
      ["all", "all", "all", "routes"],
    ]);
  });

  it("an unreachable Docker engine does not postpone the full observation", async () => {
    const it = createFixture();
    for (let pass = 0; pass <= 11; pass++) await it.after(RESYNC_MS);
    it.engine.down = serviceError("docker");
    await it.after(RESYNC_MS);
    it.engine.down = undefined;
    await it.after(1_000);
    expect(it.at.observations.slice(-2)).toEqual(["routes", "all"]);
  });

  it.each([
    { name: "another zone has appeared in the account", zones: ["example.com", "example.org"] },
    { name: "no zone is reported", zones: [] },
  ])("the route of a short hostname stays as it is when $name", async ({ zones }) => {
    const it = createFixture();
    it.engine.runs = [workload({ "cfauth.hostname": "app" })];
    await it.after(0);
    const told = it.at.observed.dns;
    it.at.observed = {
      ...it.at.observed,
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

  it("a dry run sends nothing, however long it runs", async () => {
    const it = createFixture({ dryRun: true });
    const sent = [await it.after(0), await it.after(RESYNC_MS)].flatMap((pass) => pass.sent);
    expect([sent, it.last()?.result, it.at.observed]).toEqual([[], "settled", emptyAccount()]);
  });
});

describe("changes of the system clock", () => {
  const HOURS = 3 * 3_600_000;

  it.each([
    { name: "forward", ms: HOURS },
    { name: "back", ms: -HOURS },
  ])("a system clock set $name ends no grace period early or late", async ({ ms }) => {
    const it = createFixture();
    await it.after(0);
    it.engine.runs = [];
    await it.after(5_000);
    it.clock.now += ms;
    const meanwhile = await it.after(50_000);
    const over = await it.after(meanwhile.next);
    expect([meanwhile, over.sent.slice(0, 3)]).toEqual([{ next: 10_000, sent: [] }, CLOSES]);
  });

  it("the start-up grace period keeps its length if the machine gets the time from the network after its start", async () => {
    const before = createFixture();
    await before.after(0);
    const it = createFixture({ drivers: before.at.drivers });
    it.engine.runs = [];
    await it.after(0);
    it.clock.now += HOURS;
    expect((await it.after(100_000)).next).toBe(100_000);
    expect(before.open()).toEqual(["app.example.com"]);
  });

  it("a system clock set back delays no resync, even during a pass", async () => {
    const it = createFixture();
    it.at.errorFor = ({ kind }) => {
      if (kind === "dns") it.clock.now -= HOURS;
      return undefined;
    };
    const first = await it.after(0);
    it.clock.now -= HOURS;
    const quiet = await it.after(200_000);
    await it.after(100_000);
    expect([first.next, quiet.next, it.at.observations]).toEqual([
      RESYNC_MS,
      100_000,
      ["all", "routes"],
    ]);
  });

  it("a changed system clock does not shorten the time that a rival waits for the holder", async () => {
    const it = createFixture();
    const rival = workload(
      { "cfauth.hostname": "app.example.com" },
      { name: "rival", created: 2_000_000 },
    );
    it.engine.runs = [APP, rival];
    await it.after(0);
    it.engine.runs = [rival];
    const stopped = await it.after(1_000);
    it.clock.now += HOURS;
    expect([stopped.next, (await it.after(20_000)).next]).toEqual([60_000, 40_000]);
  });
});

describe("a Docker engine that does not answer", () => {
  it("an unreachable engine causes no teardown and no new observation", async () => {
    const it = createFixture();
    await it.after(0);
    it.engine.down = serviceError("docker");
    const failed = [await it.after(1_000), await it.after(100_000), await it.after(1_000)];
    it.engine.down = undefined;
    const back = await it.after(1_000);
    expect([failed.flatMap(({ sent }) => sent), back.sent, it.open(), it.at.observations]).toEqual([
      [],
      [],
      ["app.example.com"],
      ["all"],
    ]);
  });

  it("a container counts as stopped only from the first list without it, not from an unreachable engine", async () => {
    const it = createFixture();
    await it.after(0);
    it.engine.down = serviceError("docker");
    await it.after(100_000);
    [it.engine.down, it.engine.runs] = [undefined, []];
    expect(await it.after(1_000)).toEqual({ next: 60_000, sent: [] });
  });

  it("the outcome reports an unreachable engine and has no end", async () => {
    const it = createFixture();
    it.engine.down = serviceError("docker");
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

describe("Cloudflare that does not answer", () => {
  it("retries become less and less frequent, and a success resets the delay", async () => {
    const it = createFixture();
    it.at.observeError = serviceError("cloudflare");
    const waits = [
      (await it.after(0)).next,
      (await it.after(1_000)).next,
      (await it.after(2_000)).next,
    ];
    it.at.observeError = undefined;
    await it.after(4_000);
    expect([waits, it.outcomes.map(({ failures }) => failures)]).toEqual([
      [1_000, 2_000, 4_000],
      [1, 2, 3, 0],
    ]);
  });

  it("Cloudflare is left alone for as long as it asks", async () => {
    const it = createFixture();
    it.at.observeError = serviceError("cloudflare", { retryAfterMs: 48_000 });
    expect((await it.after(0)).next).toBe(48_000);
  });

  it("Cloudflare is left alone for as long as its answer to a change asks", async () => {
    const it = createFixture();
    it.at.errorFor = ({ kind }) =>
      kind === "dns" ? serviceError("cloudflare", { retryAfterMs: 20_000 }) : undefined;
    expect((await it.after(0)).next).toBe(20_000);
  });

  it("everything is observed before the next plan once Cloudflare answers again", async () => {
    const it = createFixture();
    await it.after(0);
    it.at.observeError = serviceError("cloudflare");
    await it.after(RESYNC_MS);
    it.at.observeError = undefined;
    await it.after(1_000);
    expect([it.at.observations, it.open()]).toEqual([
      ["all", "routes", "all"],
      ["app.example.com"],
    ]);
  });

  it("everything is observed again after a change that failed", async () => {
    const it = createFixture();
    it.at.errorFor = ({ kind }) => (kind === "dns" ? serviceError("cloudflare") : undefined);
    await it.after(0);
    it.at.errorFor = () => undefined;
    const { sent } = await it.after(1_000);
    expect([it.at.observations, sent, it.open()]).toEqual([
      ["all", "all"],
      ["create dns app.example.com"],
      ["app.example.com"],
    ]);
  });

  it("a change whose answer was lost is not made twice", async () => {
    const it = createFixture();
    it.at.errorFor = ({ key }) =>
      key === "access app.example.com"
        ? serviceError("cloudflare", { outcomeUnknown: true })
        : undefined;
    const sent = [...(await it.after(0)).sent, ...(await it.after(1_000)).sent];
    expect([
      sent.filter((change) => change === "create access app.example.com").length,
      it.open(),
      it.last()?.result,
    ]).toEqual([1, ["app.example.com"], "settled"]);
  });
});

describe("a bug in cfauth itself", () => {
  it("a bug in cfauth is not treated as a service error", async () => {
    const it = createFixture({ list: () => Promise.reject(new TypeError("a bug")) });
    await expect(it.after(0)).rejects.toThrow(TypeError);
  });

  it("a bug in the middle of a pass discards the earlier observation", async () => {
    const it = createFixture();
    await it.after(0);
    it.engine.runs = [APP, workload({ "cfauth.hostname": "blog.example.com" }, { name: "blog" })];
    it.at.errorFor = ({ kind }) => {
      if (kind === "ingress") throw new TypeError("a bug");
      return undefined;
    };
    await expect(it.after(1_000)).rejects.toThrow(TypeError);
    it.at.errorFor = () => undefined;
    const { sent } = await it.after(1_000);
    expect([it.at.observations, sent]).toEqual([
      ["all", "all"],
      ["create ingress blog.example.com", "create dns blog.example.com"],
    ]);
  });
});
