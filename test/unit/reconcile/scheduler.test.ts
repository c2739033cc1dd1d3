import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createScheduler, type Scheduler } from "../../../src/reconcile/scheduler.ts";

const HOUR = 3_600_000;

describe("the scheduler", () => {
  /** The start of each run, in milliseconds after the start. */
  let runs: number[];
  /** How long a run takes, and when it says that the next one is due. */
  let takesMs: number;
  let nextMs: number;
  /** Whether runs lead to changes. */
  let changed: boolean;
  /** How long the runs hold events back. */
  let holdMs: number;
  /** Whether the next run may wait for events. */
  let patient: boolean;
  let scheduler: Scheduler;
  let startedAt: number;

  beforeEach(() => {
    vi.useFakeTimers();
    [runs, takesMs, nextMs, changed, holdMs, patient, startedAt] = [
      [],
      0,
      HOUR,
      true,
      0,
      false,
      performance.now(),
    ];
    scheduler = createScheduler({
      gather: [
        { quietMs: 500, maxWaitMs: 5_000 },
        { quietMs: 1_500, maxWaitMs: 30_000 },
        { quietMs: 4_500, maxWaitMs: 30_000 },
      ],
      run: async () => {
        runs.push(performance.now() - startedAt);
        if (takesMs > 0) await new Promise((done) => setTimeout(done, takesMs));
        return { nextMs, changed, holdMs, patient };
      },
    });
  });
  afterEach(async () => {
    const closed = scheduler.close();
    await vi.advanceTimersByTimeAsync(HOUR);
    await closed;
    vi.useRealTimers();
  });

  const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  /** Events at this interval, for this long. */
  const sendEvents = async (everyMs: number, forMs: number): Promise<void> => {
    for (let at = 0; at < forMs; at += everyMs) {
      scheduler.requestRun();
      await advance(everyMs);
    }
  };

  it("the first event starts a run at once", async () => {
    scheduler.requestRun();
    await advance(0);
    expect(runs).toEqual([0]);
  });

  it("a run for the tunnel's rules alone waits while events are gathered, and other runs do not", async () => {
    nextMs = 2_000;
    patient = true;
    scheduler.requestRun();
    await sendEvents(300, 4_000);
    expect(runs).toEqual([0]);
    await advance(600);
    expect(runs).toHaveLength(2);
    await advance(2_000);
    expect(runs).toHaveLength(3);
    patient = false;
    await advance(2_000);
    const before = runs.length;
    await sendEvents(300, 3_000);
    expect(runs.length - before).toBeGreaterThan(0);
  });

  it("a hundred simultaneous events cause two runs: the first, and one when it is quiet", async () => {
    for (let event = 0; event < 100; event++) scheduler.requestRun();
    await advance(10_000);
    expect(runs).toEqual([0, 500]);
  });

  it("a burst of events causes a run half a second after its last event", async () => {
    await sendEvents(100, 2_000);
    await advance(10_000);
    expect(runs).toEqual([0, 2_400]);
  });

  it("consecutive bursts of events lead to longer waits", async () => {
    await sendEvents(1_000, 4_000);
    await advance(20_000);
    expect(runs).toEqual([0, 1_500, 4_500]);
  });

  it("endless events still cause runs, first after five seconds and then every half minute", async () => {
    await sendEvents(100, 95_000);
    expect(runs).toEqual([0, 5_100, 35_100, 65_100]);
  });

  it("endless starts and stops of unrelated containers delay nobody", async () => {
    changed = false;
    await sendEvents(200, 10_000);
    const before = runs.length;
    scheduler.requestRun();
    await advance(500);
    expect([before <= 21, runs.length > before]).toEqual([true, true]);
  });

  it("endless events do not hurry a run that has to wait, and that run is not forgotten", async () => {
    [changed, holdMs] = [false, 10_000];
    await sendEvents(100, 25_000);
    holdMs = 0;
    await advance(20_000);
    expect(runs).toEqual([0, 10_000, 20_000, 30_000]);
  });

  it("an event during a run that holds events back waits as well", async () => {
    [changed, takesMs, holdMs] = [false, 2_000, 10_000];
    scheduler.requestRun();
    await advance(100);
    scheduler.requestRun();
    await advance(1_000);
    scheduler.requestRun();
    await advance(20_000);
    expect(runs).toEqual([0, 12_000]);
  });

  it("an event after a quiet time starts a run at once again", async () => {
    await sendEvents(100, 1_000);
    await advance(20_000);
    scheduler.requestRun();
    await advance(0);
    expect(runs).toEqual([0, 1_400, 21_000]);
  });

  it("an event during a run causes exactly one more run after it", async () => {
    takesMs = 5_000;
    scheduler.requestRun();
    await advance(1_000);
    for (let event = 0; event < 10; event++) scheduler.requestRun();
    await advance(60_000);
    expect(runs).toEqual([0, 5_000]);
  });

  it("runs never overlap, and at most one waits", async () => {
    takesMs = 20_000;
    await sendEvents(2_000, 30_000);
    await advance(60_000);
    expect(runs).toEqual([0, 20_000, 40_000]);
  });

  it("without events the next run starts when it is due", async () => {
    nextMs = 300_000;
    scheduler.requestRun();
    await advance(700_000);
    expect(runs).toEqual([0, 300_000, 600_000]);
  });

  it("a run for an event postpones the one that was due", async () => {
    nextMs = 60_000;
    scheduler.requestRun();
    await advance(50_000);
    scheduler.requestRun();
    await advance(100_000);
    expect(runs).toEqual([0, 50_000, 110_000]);
  });

  it("a run that becomes due during another run does not follow it", async () => {
    nextMs = 60_000;
    scheduler.requestRun();
    await advance(50_000);
    takesMs = 20_000;
    scheduler.requestRun();
    await advance(79_000);
    expect(runs).toEqual([0, 50_000]);
  });

  it("a run that is due at once follows the one before at once", async () => {
    [nextMs, takesMs] = [0, 1_000];
    scheduler.requestRun();
    await advance(2_500);
    expect(runs.map(Math.round)).toEqual([0, 1_001, 2_002]);
  });

  it("a delay longer than a timer can count does not become zero", async () => {
    nextMs = 60 * 24 * HOUR;
    scheduler.requestRun();
    await advance(1_000);
    expect(runs).toEqual([0]);
  });

  it("a caller that requests a run is answered when the run is over", async () => {
    takesMs = 3_000;
    let answered = Number.NaN;
    void scheduler.now().then(() => (answered = performance.now() - startedAt));
    await advance(10_000);
    expect([runs, answered]).toEqual([[0], 3_000]);
  });

  it("closing waits for the current run, and no other run follows", async () => {
    takesMs = 3_000;
    scheduler.requestRun();
    await advance(1_000);
    scheduler.requestRun();
    let closed = Number.NaN;
    void scheduler.close().then(() => (closed = performance.now() - startedAt));
    await advance(HOUR);
    scheduler.requestRun();
    await advance(HOUR);
    expect([runs, closed]).toEqual([[0], 3_000]);
  });
});
