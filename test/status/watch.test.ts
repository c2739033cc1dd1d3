import { describe, expect, it } from "vitest";
import type { Exposure } from "../../src/domain/exposure.ts";
import type { Hostname } from "../../src/domain/hostname.ts";
import type { RouteKey } from "../../src/domain/route.ts";
import { WorldError } from "../../src/errors.ts";
import { house } from "../../src/kinds/index.ts";
import { standing } from "../../src/kinds/standing.ts";
import type { World } from "../../src/kinds/world.ts";
import { createLog } from "../../src/log.ts";
import type { Outcome } from "../../src/loop/loop.ts";
import { decide, type Memory, noMemory } from "../../src/plan/decide.ts";
import { plan } from "../../src/plan/plan.ts";
import { logTeller } from "../../src/status/log-lines.ts";
import { ailment, report } from "../../src/status/page.ts";
import { createWatch } from "../../src/status/watch.ts";
import { members, only, plain } from "../builders.ts";
import { carryOut, emptyWorld, OWNER } from "../plan/model.ts";

const wish: Exposure = {
  route: { hostname: "app.example.com" as Hostname, path: undefined },
  origin: { service: "http://app:80", options: {} },
  protection: members,
  shown: plain,
  adopt: false,
  workload: "app",
  created: 0,
  label: "cfauth.hostname",
  gate: undefined,
};

/** A daemon that only watches: passes are made by hand, what it logs is kept. */
function daemon() {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ level: "info", format: "json", secrets: [], stream: { write: (text: string) => lines.push(JSON.parse(text)) } });
  const watch = createWatch([logTeller(log)]);
  let world: World = emptyWorld();
  let memory: Memory = noMemory;
  let at = 0;
  const pass = (wishes: readonly Exposure[], errors: readonly WorldError[] = []): void => {
    at += 1_000;
    for (;;) {
      const decision = decide(
        [{ exposures: wishes, faulty: [], problems: [] }],
        standing(world),
        () => false,
        memory,
        { graceMs: 60_000, startupGraceMs: 60_000 },
        at,
      );
      memory = decision.memory;
      const planned = plan(house(OWNER), decision.desired, world);
      watch.planned(planned, decision, world);
      if (planned.changes.length === 0) return watch.passed(outcome({ world, decision, plan: planned, failures: [] }, errors));
      world = planned.changes.reduce(carryOut, world);
    }
  };
  const outcome = (end: Outcome["end"], errors: readonly WorldError[]): Outcome => ({
    at,
    ms: 1,
    result: errors.length === 0 ? "settled" : "failed",
    applied: 0,
    failures: errors.length,
    errors,
    end,
  });
  const blind = (error: WorldError): void => {
    at += 1_000;
    watch.passed(outcome(undefined, [error]));
  };
  const told = () => lines.map(({ msg, hostname, code }) => [msg, hostname ?? code].filter((it) => it !== undefined).join(" "));
  const shown = () => report({ owner: OWNER, dryRun: false, status: watch.status(), dockerUp: true, now: at });
  return { pass, blind, told, shown, watch, later: (ms: number) => (at += ms) };
}

const unreachable = new WorldError({
  service: "cloudflare",
  code: "CFA-CF-UNREACHABLE",
  message: "no answer",
  fix: "wait",
  transient: true,
});

describe("what the daemon says of itself", () => {
  it("says once that a route has opened, is closing and has closed", () => {
    const it = daemon();
    it.pass([]);
    it.pass([wish]);
    it.pass([wish]);
    it.pass([]);
    it.pass([]);
    it.later(60_000);
    it.pass([]);
    expect(it.told()).toEqual(["route opened app.example.com", "route closing app.example.com", "route closed app.example.com"]);
  });

  it("says nothing of what stood open when it started, nor of a container that comes back in time", () => {
    const it = daemon();
    it.pass([wish]);
    it.pass([]);
    it.pass([wish]);
    expect(it.told()).toEqual(["route closing app.example.com"]);
  });

  it("shows a live route with its container, origin and who may enter", () => {
    const it = daemon();
    it.pass([wish]);
    expect(it.shown().routes).toEqual([
      {
        hostname: "app.example.com",
        path: null,
        container: "app",
        origin: "http://app:80",
        access: "authentik",
        url: "https://app.example.com",
        who: "Everyone who can log in",
        links: {},
        state: "live",
        since: "1970-01-01T00:00:01.000Z",
      },
    ]);
    expect(it.shown().summary).toEqual({ live: 1, waiting: 0, problem: 0, closing: 0 });
  });

  it("counts down for a closing one, and says so in the log only once", () => {
    const it = daemon();
    it.pass([wish]);
    it.pass([]);
    it.later(20_000);
    it.pass([]);
    expect(it.shown().routes[0]).toMatchObject({ state: "closing", reason: "Container stopped; closes in 39 s unless it comes back." });
    expect(it.told()).toEqual(["route closing app.example.com"]);
  });

  it("says what a route waits for", () => {
    const it = daemon();
    it.pass([{ ...wish, gate: "the health check of container app (starting)" }]);
    expect(it.shown().routes[0]).toMatchObject({ state: "waiting", reason: "waiting for the health check of container app (starting)" });
    expect(it.told()).toEqual(["route waiting app.example.com"]);
  });

  it("tells a sick Cloudflare once when it comes and once when it goes, and keeps showing the routes", () => {
    const it = daemon();
    it.pass([wish]);
    it.blind(unreachable);
    it.later(30_000);
    it.blind(unreachable);
    expect(it.shown()).toMatchObject({
      summary: { live: 1 },
      checks: { cloudflare: "failing", authentik: "ok" },
      outages: [{ service: "cloudflare", passing: true, since: "1970-01-01T00:00:02.000Z" }],
      problems: [{ code: "CFA-CF-UNREACHABLE", effect: "unchanged" }],
    });
    it.pass([wish]);
    expect(it.shown()).toMatchObject({ checks: { cloudflare: "ok" }, outages: [], problems: [] });
    expect(it.told()).toEqual(["problem CFA-CF-UNREACHABLE", "problem solved CFA-CF-UNREACHABLE"]);
  });

  it("does not show a blip on the page: who is back within half a minute was never away", () => {
    const it = daemon();
    it.pass([wish]);
    it.blind(unreachable);
    it.later(28_000);
    // Another sentence each time, for another call: it is the same silence all the same.
    it.blind(new WorldError({ ...unreachable, service: "cloudflare", message: "no answer either" }));
    expect(it.shown()).toMatchObject({ checks: { cloudflare: "failing" }, outages: [], problems: [] });
    it.later(1_000);
    expect(it.shown()).toMatchObject({ outages: [{ passing: true }], problems: [{ message: "no answer either" }] });
  });

  it("shows a silence at once when nothing was well yet: whoever starts it wants to know what it waits for", () => {
    const it = daemon();
    it.blind(unreachable);
    expect(it.shown()).toMatchObject({ outages: [{ passing: true }], problems: [{ code: "CFA-CF-UNREACHABLE" }] });
  });

  it("shows at once what somebody has to mend", () => {
    const it = daemon();
    it.blind(new WorldError({ service: "cloudflare", code: "CFA-CF-TOKEN", message: "no", fix: "make one", transient: false }));
    expect(it.shown()).toMatchObject({ outages: [{ service: "cloudflare", passing: false }], problems: [{ code: "CFA-CF-TOKEN" }] });
  });

  it("says who may enter as it stands, where that is not what is wished", () => {
    const it = daemon();
    it.pass([{ ...wish, protection: only({ groups: ["family"], emails: ["ann@example.com", "@example.org"] }) }]);
    expect(it.shown().routes[0]?.who).toBe("Members of family, 1 e-mail address or 1 e-mail domain");
    it.pass([]);
    const [closing] = it.shown().routes;
    expect(closing).toMatchObject({ state: "closing", container: "app", who: "Members of family and 2 e-mail addresses" });
    expect(JSON.stringify(it.shown())).not.toContain("ann@");
  });

  it("says how a route is mended that has a problem, and that nobody gets in", () => {
    const it = daemon();
    it.pass([{ ...wish, route: { hostname: "theirs.example.com" as Hostname, path: undefined } }]);
    expect(it.shown().routes[0]).toMatchObject({
      code: "CFA-CONFLICT-DNS",
      fix: expect.stringContaining("adopt"),
      effect: "closed",
      who: null,
    });
  });

  it("names the conflict at the route it concerns", () => {
    const it = daemon();
    it.pass([{ ...wish, route: { hostname: "theirs.example.com" as Hostname, path: undefined } }]);
    expect(it.shown().routes).toMatchObject([{ hostname: "theirs.example.com", state: "problem" }]);
    expect(it.shown().problems.map(({ code, container, hostname }) => [code, container, hostname])).toEqual([
      ["CFA-CONFLICT-ACCESS", "app", "theirs.example.com" as RouteKey],
      // The rule's hostname is written with capitals: cloudflared takes it for lower case all the same.
      ["CFA-CONFLICT-INGRESS", "app", "theirs.example.com" as RouteKey],
      ["CFA-CONFLICT-DNS", "app", "theirs.example.com" as RouteKey],
    ]);
  });

  it("is well while passes end, and not when none has ended for long", () => {
    const it = daemon();
    it.pass([]);
    expect(ailment(it.watch.status(), 300_000, 600_000)).toBeUndefined();
    expect(ailment(it.watch.status(), 300_000, 900_000)).toBe("the last pass ended 15 min ago");
  });
});
