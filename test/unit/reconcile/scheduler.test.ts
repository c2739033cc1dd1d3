import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createScheduler, type Scheduler } from "../../../src/reconcile/scheduler.ts";

const HOUR = 3_600_000;

describe("when the next look is taken", () => {
  /** When each look began, in milliseconds after the start. */
  let looks: number[];
  /** How long a look takes, and when it says that the next is due. */
  let takesMs: number;
  let nextMs: number;
  /** Whether looks lead to changes. */
  let changed: boolean;
  /** How long they hold up events. */
  let holdMs: number;
  /** Whether the next look may wait for events. */
  let patient: boolean;
  let trigger: Scheduler;
  let began: number;

  beforeEach(() => {
    vi.useFakeTimers();
    [looks, takesMs, nextMs, changed, holdMs, patient, began] = [
      [],
      0,
      HOUR,
      true,
      0,
      false,
      performance.now(),
    ];
    trigger = createScheduler({
      gather: [
        { quietMs: 500, maxWaitMs: 5_000 },
        { quietMs: 1_500, maxWaitMs: 30_000 },
        { quietMs: 4_500, maxWaitMs: 30_000 },
      ],
      run: async () => {
        looks.push(performance.now() - began);
        if (takesMs > 0) await new Promise((done) => setTimeout(done, takesMs));
        return { nextMs, changed, holdMs, patient };
      },
    });
  });
  afterEach(async () => {
    const closed = trigger.close();
    await vi.advanceTimersByTimeAsync(HOUR);
    await closed;
    vi.useRealTimers();
  });

  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  /** An event every so often, for so long. */
  const events = async (everyMs: number, forMs: number): Promise<void> => {
    for (let at = 0; at < forMs; at += everyMs) {
      trigger.requestRun();
      await pass(everyMs);
    }
  };

  it("the first event is answered at once", async () => {
    trigger.requestRun();
    await pass(0);
    expect(looks).toEqual([0]);
  });

  it("a look at the tunnel's rules waits while events are gathered, and any other that is due does not", async () => {
    nextMs = 2_000;
    patient = true;
    trigger.requestRun();
    await events(300, 4_000);
    expect(looks).toEqual([0]);
    await pass(600);
    expect(looks).toHaveLength(2);
    await pass(2_000);
    expect(looks).toHaveLength(3);
    patient = false;
    await pass(2_000);
    const before = looks.length;
    await events(300, 3_000);
    expect(looks.length - before).toBeGreaterThan(0);
  });

  it("a hundred events at once are two looks: the first, and one when it is quiet", async () => {
    for (let event = 0; event < 100; event++) trigger.requestRun();
    await pass(10_000);
    expect(looks).toEqual([0, 500]);
  });

  it("a burst is looked at half a second after its last event", async () => {
    await events(100, 2_000);
    await pass(10_000);
    expect(looks).toEqual([0, 2_400]);
  });

  it("bursts that follow one another are waited out longer", async () => {
    await events(1_000, 4_000);
    await pass(20_000);
    expect(looks).toEqual([0, 1_500, 4_500]);
  });

  it("events without end are looked at all the same, the first time after five seconds, then every half a minute", async () => {
    await events(100, 95_000);
    expect(looks).toEqual([0, 5_100, 35_100, 65_100]);
  });

  it("other people's containers, coming and going without end, hold up nobody", async () => {
    changed = false;
    await events(200, 10_000);
    const before = looks.length;
    trigger.requestRun();
    await pass(500);
    expect([before <= 21, looks.length > before]).toEqual([true, true]);
  });

  it("events without end do not hurry a look that has to wait, and one that waits is not forgotten", async () => {
    [changed, holdMs] = [false, 10_000];
    await events(100, 25_000);
    holdMs = 0;
    await pass(20_000);
    expect(looks).toEqual([0, 10_000, 20_000, 30_000]);
  });

  it("an event during a look that holds events up waits as well", async () => {
    [changed, takesMs, holdMs] = [false, 2_000, 10_000];
    trigger.requestRun();
    await pass(100);
    trigger.requestRun();
    await pass(1_000);
    trigger.requestRun();
    await pass(20_000);
    expect(looks).toEqual([0, 12_000]);
  });

  it("an event after a calm is answered at once again", async () => {
    await events(100, 1_000);
    await pass(20_000);
    trigger.requestRun();
    await pass(0);
    expect(looks).toEqual([0, 1_400, 21_000]);
  });

  it("an event during a look makes exactly one more, after it", async () => {
    takesMs = 5_000;
    trigger.requestRun();
    await pass(1_000);
    for (let event = 0; event < 10; event++) trigger.requestRun();
    await pass(60_000);
    expect(looks).toEqual([0, 5_000]);
  });

  it("looks do not run beside each other, and at most one waits", async () => {
    takesMs = 20_000;
    await events(2_000, 30_000);
    await pass(60_000);
    expect(looks).toEqual([0, 20_000, 40_000]);
  });

  it("without events the next look is taken when it is due", async () => {
    nextMs = 300_000;
    trigger.requestRun();
    await pass(700_000);
    expect(looks).toEqual([0, 300_000, 600_000]);
  });

  it("a look for an event puts off the one that was due", async () => {
    nextMs = 60_000;
    trigger.requestRun();
    await pass(50_000);
    trigger.requestRun();
    await pass(100_000);
    expect(looks).toEqual([0, 50_000, 110_000]);
  });

  it("a look that comes due while another runs is not taken again after it", async () => {
    nextMs = 60_000;
    trigger.requestRun();
    await pass(50_000);
    takesMs = 20_000;
    trigger.requestRun();
    await pass(79_000);
    expect(looks).toEqual([0, 50_000]);
  });

  it("a look that is due at once is taken again at once, after the one before", async () => {
    [nextMs, takesMs] = [0, 1_000];
    trigger.requestRun();
    await pass(2_500);
    expect(looks.map(Math.round)).toEqual([0, 1_001, 2_002]);
  });

  it("a wait beyond what a timer can count does not become none at all", async () => {
    nextMs = 60 * 24 * HOUR;
    trigger.requestRun();
    await pass(1_000);
    expect(looks).toEqual([0]);
  });

  it("who asks for a look now is answered when it is over", async () => {
    takesMs = 3_000;
    let answered = Number.NaN;
    void trigger.now().then(() => (answered = performance.now() - began));
    await pass(10_000);
    expect([looks, answered]).toEqual([[0], 3_000]);
  });

  it("closing waits for the look under way, and no other follows", async () => {
    takesMs = 3_000;
    trigger.requestRun();
    await pass(1_000);
    trigger.requestRun();
    let closed = Number.NaN;
    void trigger.close().then(() => (closed = performance.now() - began));
    await pass(HOUR);
    trigger.requestRun();
    await pass(HOUR);
    expect([looks, closed]).toEqual([[0], 3_000]);
  });
});
