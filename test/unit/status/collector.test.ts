import { describe, expect, it } from "vitest";
import type { Exposure, Protection } from "../../../src/core/domain/exposure.ts";
import type { Hostname } from "../../../src/core/domain/hostname.ts";
import { singleContainer } from "../../../src/core/domain/party.ts";
import type { Problem } from "../../../src/core/domain/problem.ts";
import type { RouteKey } from "../../../src/core/domain/route.ts";
import { ServiceError } from "../../../src/core/errors.ts";
import { EMPTY_MEMORY, type ReconcileMemory } from "../../../src/core/plan/desired-state.ts";
import type { FaultyRoute } from "../../../src/core/plan/types.ts";
import { createLog } from "../../../src/log/log.ts";
import type { PassOutcome } from "../../../src/reconcile/controller.ts";
import type { ObservedState } from "../../../src/resources/observed.ts";
import { buildReport, livenessFailure } from "../../../src/status/build-report.ts";
import { createStatusCollector } from "../../../src/status/collector.ts";
import { createLogSink } from "../../../src/status/log-sink.ts";
import { banners } from "../../../src/status/wording.ts";
import { exposure as exposureOf, faultyRoute, only, running } from "../../support/builders.ts";
import { decide, open, planDesired } from "../../support/planner-harness.ts";
import { applyChange, OWNER } from "../core/plan/model.ts";

const exposure = exposureOf("app.example.com");

/**
 * A daemon without a controller: the test runs the passes and collects the log.
 *
 * @param before - the routes that are open at the start
 */
function daemon(before: readonly Exposure[] = []) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({
    level: "info",
    format: "json",
    secrets: [],
    stream: { write: (text: string) => lines.push(JSON.parse(text)) },
  });
  const collector = createStatusCollector([createLogSink(log)]);
  let world: ObservedState = open(...before);
  let memory: ReconcileMemory = EMPTY_MEMORY;
  let at = 0;
  const pass = (
    exposures: readonly Exposure[],
    problems: readonly Problem[] = [],
    faulty: readonly FaultyRoute[] = [],
  ): void => {
    at += 1_000;
    for (;;) {
      const decision = decide(world, exposures, {
        faulty,
        problems,
        engine: running(exposures),
        memory,
        graceMs: 60_000,
        now: at,
      });
      memory = decision.memory;
      const planned = planDesired(world, decision.desired);
      collector.planned(planned, decision, world);
      if (planned.changes.length === 0)
        return collector.passed(
          outcome({ observed: world, decision, plan: planned, failures: [] }, []),
        );
      world = planned.changes.reduce(applyChange, world);
      for (const change of planned.changes) collector.changed(change, undefined);
    }
  };
  /** A pass whose changes all fail. */
  const failChanges = (exposures: readonly Exposure[], error: ServiceError): void => {
    at += 1_000;
    const decision = decide(world, exposures, { memory, graceMs: 60_000, now: at });
    const planned = planDesired(world, decision.desired);
    collector.planned(planned, decision, world);
    for (const change of planned.changes) collector.changed(change, error);
    const failures = planned.changes.map((change) => ({ change, error }));
    collector.passed(outcome({ observed: world, decision, plan: planned, failures }, [error]));
  };
  const outcome = (end: PassOutcome["end"], errors: readonly ServiceError[]): PassOutcome => ({
    at,
    ms: 1,
    result: errors.length === 0 ? "settled" : "failed",
    applied: 0,
    failures: errors.length,
    errors,
    end,
  });
  const failObservation = (error: ServiceError): void => {
    at += 1_000;
    collector.passed(outcome(undefined, [error]));
  };
  /** All log lines except those of single changes. */
  const logged = () =>
    lines
      .filter(({ msg }) => msg !== "applied")
      .map(({ msg, hostname, code }) =>
        [msg, hostname ?? code].filter((it) => it !== undefined).join(" "),
      );
  const editObserved = (how: (observed: ObservedState) => ObservedState): void => {
    world = how(world);
  };
  const report = () =>
    buildReport({
      owner: OWNER,
      dryRun: false,
      status: collector.status(),
      dockerUp: true,
      now: at,
    });
  return {
    pass,
    failChanges,
    failObservation,
    logged,
    lines,
    editObserved,
    report,
    collector,
    advance: (ms: number) => (at += ms),
  };
}

const unreachable = (message = "no answer"): ServiceError =>
  new ServiceError({
    service: "cloudflare",
    code: "CFA-CF-UNREACHABLE",
    message,
    fix: "wait",
    transient: true,
  });

const typo = (more: Partial<Problem> = {}): Problem => ({
  code: "CFA-LABEL-UNKNOWN",
  severity: "error",
  container: "app",
  label: "cfauth.acess",
  route: undefined,
  message: "cfauth.acess is not a label of cfauth",
  effect: "closed",
  fix: "write cfauth.access",
  ...more,
});

const unreachableService = (service: "docker" | "cloudflare" | "authentik"): ServiceError => {
  const code = (
    {
      docker: "CFA-DOCKER-UNREACHABLE",
      cloudflare: "CFA-CF-UNREACHABLE",
      authentik: "CFA-AK-UNREACHABLE",
    } as const
  )[service];
  return new ServiceError({ service, code, message: "no answer", fix: "wait", transient: true });
};

const grouped = (groups: readonly string[], emails: readonly string[]): Protection => ({
  kind: "authentik",
  session: "24h",
  audience: { groups, emails, policies: [], tokens: [] },
});

describe("the status collector and its log", () => {
  it("an opening, a pending closing and a closing are logged once each", () => {
    const it = daemon();
    it.pass([]);
    it.pass([exposure]);
    it.pass([exposure]);
    it.pass([]);
    it.pass([]);
    it.advance(60_000);
    it.pass([]);
    expect(it.logged()).toEqual([
      "route opened app.example.com",
      "route closing app.example.com",
      "route closed app.example.com",
    ]);
  });

  it("routes that were open at the start are not logged", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    expect(it.logged()).toEqual([]);
  });

  it("a container that comes back in time is logged once, as a route that stays", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.pass([]);
    it.pass([exposure]);
    it.pass([exposure]);
    expect(it.logged()).toEqual(["route closing app.example.com", "route stays app.example.com"]);
  });

  it("a route whose container was missing at the start is logged as closed", () => {
    const it = daemon([exposure]);
    it.pass([]);
    it.advance(60_000);
    it.pass([]);
    expect(it.logged()).toEqual(["route closing app.example.com", "route closed app.example.com"]);
  });

  it("a change of an open route is logged with the old and the new value", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    const moved = { ...exposure, origin: { service: "http://app:81", options: {} } };
    it.pass([moved]);
    it.pass([{ ...moved, protection: grouped(["family"], ["ann@example.com"]) }]);
    it.pass([{ ...moved, protection: grouped(["family"], ["bob@example.com"]) }]);
    expect(it.logged()).toEqual(Array(3).fill("route changed app.example.com"));
    expect(
      it.lines
        .filter(({ msg }) => msg === "route changed")
        .map(({ origin, entrants }) => origin ?? entrants),
    ).toEqual([
      "http://app:80 → http://app:81",
      "Everyone who can log in → Members of family or 1 e-mail address",
      "Members of family or 1 e-mail address (different ones than before)",
    ]);
  });

  it("a route that changed hands is logged once, when it is open again, with its new party", () => {
    const rival: Exposure = {
      ...exposure,
      party: singleContainer("shop"),
      workload: "shop",
      origin: { service: "http://shop:80", options: {} },
    };
    const it = daemon([exposure]);
    it.pass([exposure]);
    // The holder is missing, and nothing runs where its rule leads.
    it.pass([]);
    it.advance(61_000);
    it.failChanges([rival], unreachable());
    expect(it.lines.filter(({ msg }) => msg === "route changed hands")).toEqual([]);
    it.pass([rival]);
    it.pass([rival]);
    expect(it.lines.filter(({ msg }) => msg === "route changed hands")).toMatchObject([
      {
        hostname: "app.example.com",
        container: "shop",
        from: "container app",
        to: "container shop",
      },
    ]);
  });

  it("a route that becomes public is logged as public", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.pass([{ ...exposure, protection: { kind: "public" } }]);
    it.pass([{ ...exposure, protection: { kind: "public" } }]);
    expect(it.logged()).toEqual(["route changed app.example.com", "route public app.example.com"]);
  });

  it("a route that became public while cfauth was not running is logged as public", () => {
    const it = daemon([exposure]);
    it.pass([{ ...exposure, protection: { kind: "public" } }]);
    expect(it.logged()).toEqual(["route public app.example.com"]);
  });

  it("a route that was public at the start is not logged", () => {
    const open: Exposure = { ...exposure, protection: { kind: "public" } };
    const it = daemon([open]);
    it.pass([open]);
    expect(it.logged()).toEqual([]);
  });

  it("a live route shows its container, origin and who may enter", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    expect(it.report().routes).toEqual([
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
    expect(it.report().summary).toEqual({ live: 1, waiting: 0, problem: 0, closing: 0 });
  });

  it("a closing route counts down, and is logged only once", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.pass([]);
    it.advance(20_000);
    it.pass([]);
    expect(it.report().routes[0]).toMatchObject({
      state: "closing",
      reason: "Container stopped; closes in 39 s unless it comes back.",
    });
    expect(it.logged()).toEqual(["route closing app.example.com"]);
  });

  it("a pending route shows what it waits for", () => {
    const it = daemon();
    it.pass([{ ...exposure, notReadyReason: "the health check of container app (starting)" }]);
    expect(it.report().routes[0]).toMatchObject({
      state: "waiting",
      reason: "waiting for the health check of container app (starting)",
    });
    expect(it.logged()).toEqual(["route waiting app.example.com"]);
  });

  it("each reason of a pending route is logged once, even if it counts down or returns", () => {
    const it = daemon();
    for (const gate of [
      "container b (60 s)",
      "container b (59 s)",
      "its health check",
      "container b (3 s)",
    ])
      it.pass([{ ...exposure, notReadyReason: gate }]);
    expect(it.lines.map(({ msg, reason }) => [msg, reason])).toEqual([
      ["route waiting", "waiting for container b (60 s)"],
      ["route waiting", "waiting for its health check"],
    ]);
  });

  it("an outage of Cloudflare is reported once when it lasts and once when it is over, whatever was requested, and the routes stay visible", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    for (let tries = 0; tries < 60; tries++)
      it.failObservation(
        unreachable(`no answer when asked to ${tries % 2 === 0 ? "list zones" : "read a tunnel"}`),
      );
    expect(it.report()).toMatchObject({
      summary: { live: 1 },
      checks: { cloudflare: "failing", authentik: "ok" },
      outages: [{ service: "cloudflare", passing: true, since: "1970-01-01T00:00:02.000Z" }],
      problems: [
        { code: "CFA-CF-UNREACHABLE", effect: "unchanged", since: "1970-01-01T00:00:02.000Z" },
      ],
    });
    expect(it.lines).toMatchObject([
      { level: "warn", msg: "cloudflare unreachable", time: expect.anything() },
    ]);
    it.pass([exposure]);
    expect(it.report()).toMatchObject({ checks: { cloudflare: "ok" }, outages: [], problems: [] });
    expect(it.logged()).toEqual([
      "cloudflare unreachable CFA-CF-UNREACHABLE",
      "cloudflare reachable CFA-CF-UNREACHABLE",
    ]);
    expect(it.lines.at(-1)).toMatchObject({ level: "info" });
  });

  it("an outage of less than half a minute is not logged", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.failObservation(unreachable());
    it.advance(20_000);
    it.failObservation(unreachable());
    it.pass([exposure]);
    expect(it.logged()).toEqual([]);
  });

  it("an outage during the start is logged sooner, because somebody is watching", () => {
    const it = daemon();
    it.failObservation(unreachable());
    it.advance(5_000);
    it.failObservation(unreachable());
    expect(it.logged()).toEqual(["cloudflare unreachable CFA-CF-UNREACHABLE"]);
  });

  it("a refused token is logged at once as an error that somebody must fix", () => {
    const it = daemon();
    it.failObservation(
      new ServiceError({
        service: "cloudflare",
        code: "CFA-CF-TOKEN",
        message: "refused",
        fix: "make one",
        transient: false,
      }),
    );
    expect(it.lines).toMatchObject([
      { level: "error", msg: "problem", code: "CFA-CF-TOKEN", fix: "make one" },
    ]);
  });

  it("a refusal is logged once per object, whatever Cloudflare's message, and each failed change once", () => {
    const it = daemon([exposure]);
    const other = {
      ...exposure,
      route: { hostname: "b.example.com" as Hostname, path: undefined },
    };
    const refusal = (said: string) =>
      new ServiceError({
        service: "cloudflare",
        code: "CFA-CF-REFUSED",
        message: `refused: ${said}`,
        fix: "look",
        transient: false,
      });
    it.failChanges([exposure, other], refusal("ray 1"));
    it.failChanges([exposure, other], refusal("ray 2"));
    expect(it.logged()).toEqual(["change failed b.example.com", "problem CFA-CF-REFUSED"]);
    it.pass([exposure, other]);
    expect(it.logged().slice(2)).toEqual([
      "route opened b.example.com",
      "problem solved CFA-CF-REFUSED",
    ]);
  });

  it("no problem counts as solved because a pass could not observe, whichever service was unreachable", () => {
    const it = daemon([exposure]);
    const shared = typo({ code: "CFA-AK-BEHIND-ACCESS", container: undefined, label: undefined });
    it.pass([exposure], [shared]);
    for (const service of ["docker", "cloudflare", "authentik"] as const) {
      it.failObservation(unreachableService(service));
      it.pass([exposure], [shared]);
    }
    expect(it.logged()).toEqual(["problem CFA-AK-BEHIND-ACCESS"]);
    it.pass([exposure]);
    expect(it.logged().slice(1)).toEqual(["problem solved CFA-AK-BEHIND-ACCESS"]);
  });

  it("no problem counts as solved because the tunnel could not be found before a pass", () => {
    const it = daemon();
    it.pass([], [typo()]);
    it.collector.failed(unreachable(), 2_000);
    expect(it.report().problems.map(({ code }) => code)).toContain("CFA-LABEL-UNKNOWN");
    it.pass([], [typo()]);
    expect(it.logged()).toEqual(["problem CFA-LABEL-UNKNOWN"]);
  });

  it("a refusal is logged as before once an outage is over, and the outage is not reported as a refusal", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    const both = [
      exposure,
      { ...exposure, route: { hostname: "b.example.com" as Hostname, path: undefined } },
    ];
    const refusal = new ServiceError({
      service: "cloudflare",
      code: "CFA-CF-REFUSED",
      message: "refused",
      fix: "look",
      transient: false,
    });
    it.failChanges(both, refusal);
    for (let tries = 0; tries < 60; tries++) it.failObservation(unreachable());
    expect(it.report().outages).toMatchObject([{ service: "cloudflare", passing: true }]);
    expect(
      banners(it.report()).flatMap(({ problems }) => problems.map(({ code }) => code)),
    ).toEqual(["CFA-CF-UNREACHABLE"]);
    it.failChanges(both, refusal);
    expect(it.logged().filter((line) => line.includes("REFUSED"))).toEqual([
      "problem CFA-CF-REFUSED",
    ]);
  });

  it("a service that was not asked is not reported as reachable again", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    for (const service of ["authentik", "cloudflare", "docker"] as const) {
      it.failObservation(unreachableService(service));
      it.advance(30_000);
      it.failObservation(unreachableService(service));
    }
    expect(it.logged()).toEqual([
      "authentik unreachable CFA-AK-UNREACHABLE",
      "cloudflare unreachable CFA-CF-UNREACHABLE",
      "docker connection lost CFA-DOCKER-UNREACHABLE",
    ]);
    // Docker is asked first, then Cloudflare.
    it.failObservation(unreachableService("authentik"));
    expect(it.logged().slice(3)).toEqual([
      "cloudflare reachable CFA-CF-UNREACHABLE",
      "connected to docker CFA-DOCKER-UNREACHABLE",
    ]);
    expect(it.report().checks).toMatchObject({
      docker: "ok",
      cloudflare: "ok",
      authentik: "failing",
    });
  });

  it("no e-mail address of a label or of a policy's name is shown or logged", () => {
    const it = daemon();
    const policies = {
      theirs: [{ id: "p-1", name: "Ann <ann@example.com>", decision: "allow" }],
    } as const;
    it.editObserved((observed) => ({ ...observed, policy: { ...observed.policy, ...policies } }));
    it.pass([{ ...exposure, notReadyReason: "ann@example.com" }]);
    it.pass([exposure]);
    it.pass([{ ...exposure, protection: only({ policies: ["p-1"] }) }]);
    const mistake = typo({
      label: "cfauth.access.groups",
      message: 'Authentik has no group "ann@example.com"',
      fix: "write ann@example.com",
    });
    const faulty = { hostname: "b.example.com" as Hostname, path: undefined };
    const both = [mistake, { ...mistake, route: "b.example.com" as RouteKey }];
    it.pass([{ ...exposure, protection: only({ policies: ["p-1"] }) }], both, [
      faultyRoute(faulty, { members: [] }),
    ]);
    const { routes, problems } = it.report();
    it.failChanges(
      [exposure],
      new ServiceError({
        service: "cloudflare",
        code: "CFA-CF-REFUSED",
        message: "no ann@example.com",
        fix: "look",
        transient: false,
      }),
    );
    it.pass([exposure]);
    expect(routes.map(({ state }) => state)).toEqual(["problem", "live"]);
    expect(it.logged()).toEqual(
      expect.arrayContaining(["route waiting app.example.com", "problem solved CFA-LABEL-UNKNOWN"]),
    );
    expect(JSON.stringify([it.lines, routes, problems])).not.toContain("ann@");
  });

  it("a label's problem is logged once when it appears and once when it is solved, and says that its open route stayed as it was", () => {
    const it = daemon([exposure]);
    const faulty = [faultyRoute(exposure.route)];
    it.pass([exposure]);
    it.pass([], [typo()], faulty);
    it.pass([], [typo()], faulty);
    expect(it.lines).toMatchObject([
      { level: "error", msg: "problem", code: "CFA-LABEL-UNKNOWN", effect: "unchanged" },
    ]);
    it.pass([exposure]);
    expect(it.logged()).toEqual(["problem CFA-LABEL-UNKNOWN", "problem solved CFA-LABEL-UNKNOWN"]);
  });

  it("the problem of a faulty label says that a route that was not open is closed", () => {
    const it = daemon();
    it.pass([], [typo()], [faultyRoute(exposure.route)]);
    expect(it.lines).toMatchObject([{ msg: "problem", effect: "closed" }]);
  });

  it("two problems of one container and label are distinguished, and a new mistake in the same label is logged again", () => {
    const it = daemon();
    const unknown = (name: string) =>
      typo({
        code: "CFA-GROUP-UNKNOWN",
        label: "cfauth.access.groups",
        message: `no group "${name}"`,
      });
    it.pass([], [unknown("familly"), unknown("admin")]);
    it.pass([], [unknown("familly"), unknown("addmin")]);
    expect(it.lines.map(({ msg, problem }) => [msg, problem])).toEqual([
      ["problem", 'no group "familly"'],
      ["problem", 'no group "admin"'],
      ["problem", 'no group "addmin"'],
      ["problem solved", 'no group "admin"'],
    ]);
  });

  it("a foreign record that moves is still the same conflict", () => {
    const it = daemon();
    const at = (address: string) =>
      typo({ code: "CFA-CONFLICT-DNS", message: `a DNS record A ${address} is there`, about: "" });
    it.pass([], [at("203.0.113.7")]);
    it.pass([], [at("203.0.113.8")]);
    expect(it.logged()).toEqual(["problem CFA-CONFLICT-DNS"]);
    expect(it.report().problems).toMatchObject([
      { message: "a DNS record A 203.0.113.8 is there" },
    ]);
  });

  it("problems that read the same are one log line, and the page shows each", () => {
    const it = daemon();
    const failChanges = (operation: string) =>
      typo({ code: "CFA-AK-REFUSED", message: `Authentik refused to ${operation}`, about: "tile" });
    it.pass([], [failChanges("make a tile"), failChanges("bind a tile")]);
    expect([it.logged(), it.report().problems.length]).toEqual([["problem CFA-AK-REFUSED"], 2]);
  });

  it("a correction of what somebody else deleted is logged", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.editObserved((observed) => ({
      ...observed,
      dns: { ...observed.dns, mine: new Map() },
      ingress: { ...observed.ingress, rules: [] },
    }));
    it.pass([exposure]);
    it.pass([exposure]);
    expect(it.lines.filter(({ msg }) => msg !== "applied")).toMatchObject([
      {
        level: "info",
        msg: "drift corrected",
        hostname: "app.example.com",
        container: "app",
        kinds: "ingress,dns",
      },
    ]);
  });

  it("changes of cfauth itself are not logged as drift", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    const moved = { ...exposure, origin: { service: "http://app:81", options: {} } };
    it.failChanges([moved], unreachable());
    it.pass([moved]);
    it.pass([
      moved,
      { ...exposure, route: { hostname: "b.example.com" as Hostname, path: undefined } },
    ]);
    expect(it.logged().filter((line) => line.startsWith("drift"))).toEqual([]);
  });

  it("the half-done result of a failed change is not logged as drift", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.failChanges(
      [{ ...exposure, origin: { service: "http://app:81", options: {} } }],
      unreachable(),
    );
    it.editObserved((observed) => ({ ...observed, dns: { ...observed.dns, mine: new Map() } }));
    it.pass([exposure]);
    expect(it.logged().filter((line) => line.startsWith("drift"))).toEqual([]);
  });

  it("a service that is back within half a minute is never shown as failing", () => {
    const it = daemon();
    it.pass([exposure]);
    it.failObservation(unreachable());
    it.advance(28_000);
    // Another message each time, for another call. It is still the same outage.
    it.failObservation(unreachable("no answer either"));
    expect(it.report()).toMatchObject({
      checks: { cloudflare: "failing" },
      outages: [],
      problems: [],
    });
    it.advance(1_000);
    expect(it.report()).toMatchObject({
      outages: [{ passing: true }],
      problems: [{ message: "no answer either" }],
    });
  });

  it("an outage is shown at once if no pass has succeeded yet, because the operator is watching", () => {
    const it = daemon();
    it.failObservation(unreachable());
    expect(it.report()).toMatchObject({
      outages: [{ passing: true }],
      problems: [{ code: "CFA-CF-UNREACHABLE" }],
    });
  });

  it("no service is shown as healthy before the first pass", () => {
    expect(daemon().report().checks).toEqual({
      docker: "unknown",
      cloudflare: "unknown",
      authentik: "unknown",
      tunnel: "unknown",
    });
  });

  it("a pass shows which services are healthy even if one change is refused from the start", () => {
    const it = daemon([exposure]);
    const other = {
      ...exposure,
      route: { hostname: "b.example.com" as Hostname, path: undefined },
    };
    it.failChanges(
      [exposure, other],
      new ServiceError({
        service: "cloudflare",
        code: "CFA-CF-REFUSED",
        message: "refused",
        fix: "look",
        transient: false,
      }),
    );
    expect(it.report().checks).toEqual({
      docker: "ok",
      cloudflare: "ok",
      authentik: "ok",
      tunnel: "ok",
    });
  });

  it("a problem that somebody must fix is shown at once", () => {
    const it = daemon();
    it.failObservation(
      new ServiceError({
        service: "cloudflare",
        code: "CFA-CF-TOKEN",
        message: "no",
        fix: "make one",
        transient: false,
      }),
    );
    expect(it.report()).toMatchObject({
      outages: [{ service: "cloudflare", passing: false }],
      problems: [{ code: "CFA-CF-TOKEN" }],
    });
  });

  it("the status shows who may enter now if that differs from the desired access", () => {
    const it = daemon();
    it.pass([
      {
        ...exposure,
        protection: only({ groups: ["family"], emails: ["ann@example.com", "@example.org"] }),
      },
    ]);
    expect(it.report().routes[0]?.who).toBe(
      "Members of family, 1 e-mail address or 1 e-mail domain",
    );
    it.pass([]);
    const [closing] = it.report().routes;
    expect(closing).toMatchObject({
      state: "closing",
      container: "app",
      who: "Members of family and 2 e-mail addresses",
    });
    expect(JSON.stringify(it.report())).not.toContain("ann@");
  });

  it("a route with a problem shows the fix, and that nobody gets in", () => {
    const it = daemon();
    it.pass([
      { ...exposure, route: { hostname: "theirs.example.com" as Hostname, path: undefined } },
    ]);
    expect(it.report().routes[0]).toMatchObject({
      code: "CFA-CONFLICT-DNS",
      fix: expect.stringContaining("adopt"),
      effect: "closed",
      who: null,
    });
  });

  it("a conflict is shown at its route", () => {
    const it = daemon();
    it.pass([
      { ...exposure, route: { hostname: "theirs.example.com" as Hostname, path: undefined } },
    ]);
    expect(it.report().routes).toMatchObject([
      { hostname: "theirs.example.com", state: "problem" },
    ]);
    expect(
      it.report().problems.map(({ code, container, hostname }) => [code, container, hostname]),
    ).toEqual([
      ["CFA-CONFLICT-ACCESS", "app", "theirs.example.com" as RouteKey],
      // The rule's hostname has capitals. cloudflared treats it as lower case.
      ["CFA-CONFLICT-INGRESS", "app", "theirs.example.com" as RouteKey],
      ["CFA-CONFLICT-DNS", "app", "theirs.example.com" as RouteKey],
    ]);
  });

  it("the daemon is healthy while passes end, and unhealthy if none has ended for a long time", () => {
    const it = daemon();
    it.pass([]);
    expect(livenessFailure(it.collector.status(), 300_000, 600_000)).toBeUndefined();
    expect(livenessFailure(it.collector.status(), 300_000, 900_000)).toBe(
      "the last pass ended 15 min ago",
    );
  });
});

describe("a change that cloudflared does not run yet", () => {
  const unconfirmed =
    (...routes: readonly string[]) =>
    (observed: ObservedState): ObservedState => ({
      ...observed,
      ingress: { ...observed.ingress, unconfirmed: routes as readonly RouteKey[] },
    });

  it("a closed route stays closing, with the reason, and is reported as closed once cloudflared runs the change", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.pass([]);
    it.advance(60_000);
    it.editObserved(unconfirmed("app.example.com"));
    it.pass([]);
    expect(it.report().routes).toMatchObject([
      {
        hostname: "app.example.com",
        state: "closing",
        reason: "Waiting for cloudflared to run the rules without it.",
      },
    ]);
    expect(it.logged()).not.toContain("route closed app.example.com");
    it.editObserved(unconfirmed());
    it.pass([]);
    expect(it.report().routes).toEqual([]);
    expect(it.logged().filter((line) => line === "route closed app.example.com")).toHaveLength(1);
  });

  it("a narrowed route is pending until cloudflared runs the change, and is not reported as opened again", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.editObserved(unconfirmed("app.example.com"));
    it.pass([exposure]);
    expect(it.report().routes).toMatchObject([
      { state: "waiting", reason: "waiting for cloudflared to run the narrower rule" },
    ]);
    it.editObserved(unconfirmed());
    it.pass([exposure]);
    expect(it.report().routes).toMatchObject([{ state: "live" }]);
    expect(it.logged()).toEqual(["route waiting app.example.com"]);
  });

  it("a change that cloudflared does not run for too long is an error on the page and in the log", () => {
    const it = daemon([exposure]);
    it.editObserved((observed) => ({
      ...observed,
      ingress: { ...observed.ingress, behind: true },
    }));
    it.pass([exposure]);
    expect(it.report().problems).toMatchObject([
      { code: "CFA-TUNNEL-BEHIND", severity: "error", hostname: null },
    ]);
    expect(it.logged()).toEqual(["problem CFA-TUNNEL-BEHIND"]);
  });
});
