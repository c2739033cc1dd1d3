import { expect, it } from "vitest";
import { planChanges } from "../../../src/core/plan/planner.ts";
import { createLog } from "../../../src/log/log.ts";
import { createController } from "../../../src/reconcile/controller.ts";
import { computeDesired } from "../../../src/reconcile/desired-state.ts";
import { resourceModel } from "../../../src/resources/model.ts";
import { createStatusCollector } from "../../../src/status/collector.ts";
import { createLogSink } from "../../../src/status/log-sink.ts";
import { workload } from "../../support/builders.ts";
import {
  createInMemoryDrivers,
  referencedNamesOf,
  SETTINGS,
  serviceError,
} from "../../support/in-memory-drivers.ts";
import { OWNER } from "../core/plan/model.ts";

const HOUR = 3_600_000;

/** The controller on containers and a state in memory, with a clock that jumps to the next pass. */
function daemon() {
  const lines: { readonly level: string; readonly msg: string }[] = [];
  const clock = { now: Date.parse("2026-11-23T00:00:00Z") };
  const at = createInMemoryDrivers();
  const APP = workload({ "cfauth.hostname": "app.example.com" });
  const TYPO = workload(
    { "cfauth.hostname": "b.example.com", "cfauth.acess": "public" },
    { name: "b" },
  );
  const log = createLog({
    level: "info",
    format: "json",
    secrets: [],
    stream: { write: (text: string) => lines.push(JSON.parse(text)) },
  });
  const loop = createController({
    list: async () => [APP, TYPO],
    drivers: at.drivers,
    decide: (workloads, observed, before, now) =>
      computeDesired(
        SETTINGS,
        { graceMs: 60_000, startupGraceMs: 60_000 },
        workloads,
        observed,
        before,
        now,
      ),
    referencedNames: referencedNamesOf,
    plan: ({ desired }, observed, failed) =>
      planChanges(resourceModel(OWNER), desired, observed, failed),
    watch: createStatusCollector([createLogSink(log)]),
    resyncMs: 300_000,
    dryRun: false,
    now: () => clock.now,
    uptime: () => clock.now,
    random: () => 1,
    signal: new AbortController().signal,
  });
  const during = async (ms: number): Promise<readonly string[]> => {
    const [from, end] = [lines.length, clock.now + ms];
    while (clock.now < end) clock.now += Math.max(1, await loop.reconcile());
    return lines.slice(from).map((line) => `${line.level} ${line.msg}`);
  };
  return { at, during };
}

it("a quiet day logs nothing, whatever is open and whatever was reported before", async () => {
  const it = daemon();
  await it.during(1);
  expect(await it.during(24 * HOUR)).toEqual([]);
  expect(it.at.observations.length).toBeGreaterThan(250);
});

it("a day with outages of ten minutes logs two lines for each", async () => {
  const it = daemon();
  await it.during(1);
  const logged: string[] = [];
  for (let outage = 0; outage < 24; outage++) {
    it.at.observeError = serviceError("cloudflare");
    logged.push(...(await it.during(600_000)));
    it.at.observeError = undefined;
    logged.push(...(await it.during(3_000_000)));
  }
  expect(logged).toEqual(
    Array(24).fill(["warn cloudflare unreachable", "info cloudflare reachable"]).flat(),
  );
});
