import { describe, expect, it } from "vitest";
import type { Exposure, Protection } from "../../../src/core/domain/exposure.ts";
import type { Hostname } from "../../../src/core/domain/hostname.ts";
import { singleContainer } from "../../../src/core/domain/party.ts";
import type { Problem } from "../../../src/core/domain/problem.ts";
import type { RouteKey } from "../../../src/core/domain/route.ts";
import { ServiceError } from "../../../src/core/errors.ts";
import {
  EMPTY_MEMORY,
  type ReconcileMemory,
  resolveDesired,
} from "../../../src/core/plan/desired-state.ts";
import { planChanges } from "../../../src/core/plan/planner.ts";
import type { FaultyRoute } from "../../../src/core/plan/types.ts";
import { createLog } from "../../../src/log/log.ts";
import type { PassOutcome } from "../../../src/reconcile/controller.ts";
import { resourceModel } from "../../../src/resources/model.ts";
import type { ObservedState } from "../../../src/resources/observed.ts";
import { deployedRoutes } from "../../../src/resources/route/deployed.ts";
import { buildReport, livenessFailure } from "../../../src/status/build-report.ts";
import { createStatusCollector } from "../../../src/status/collector.ts";
import { createLogSink } from "../../../src/status/log-sink.ts";
import { banners } from "../../../src/status/wording.ts";
import { faultyRoute, knowing, members, only, plain, running } from "../../support/builders.ts";
import { carryOut, emptyWorld, OWNER } from "../core/plan/model.ts";

const exposure: Exposure = {
  route: { hostname: "app.example.com" as Hostname, path: undefined },
  origin: { service: "http://app:80", options: {} },
  protection: members,
  display: plain,
  adopt: false,
  adoptHint: 'set cfauth.adopt: "true" on container app',
  party: singleContainer("app"),
  shareWith: [],
  shareLabel: "cfauth.share-with",
  workload: "app",
  created: 0,
  label: "cfauth.hostname",
  notReadyReason: undefined,
};

/** What stands once these are open. */
function opened(exposures: readonly Exposure[]): ObservedState {
  for (let observed = emptyWorld(); ; ) {
    const { changes } = planChanges(
      resourceModel(OWNER),
      decided(exposures, observed, knowing(exposures), 0).desired,
      observed,
    );
    if (changes.length === 0) return observed;
    observed = changes.reduce(carryOut, observed);
  }
}

const decided = (
  exposures: readonly Exposure[],
  observed: ObservedState,
  memory: ReconcileMemory,
  at: number,
  problems: readonly Problem[] = [],
  faulty: readonly FaultyRoute[] = [],
) =>
  resolveDesired(
    [{ exposures, faulty, problems }],
    deployedRoutes(observed),
    running(exposures),
    memory,
    { graceMs: 60_000, startupGraceMs: 60_000 },
    at,
  );

/** A daemon that only watches: passes are made by hand, what it logs is kept. @param before - what is open when it starts */
function daemon(before: readonly Exposure[] = []) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({
    level: "info",
    format: "json",
    secrets: [],
    stream: { write: (text: string) => lines.push(JSON.parse(text)) },
  });
  const watch = createStatusCollector([createLogSink(log)]);
  let world: ObservedState = opened(before);
  let memory: ReconcileMemory = EMPTY_MEMORY;
  let at = 0;
  const pass = (
    exposures: readonly Exposure[],
    problems: readonly Problem[] = [],
    faulty: readonly FaultyRoute[] = [],
  ): void => {
    at += 1_000;
    for (;;) {
      const decision = decided(exposures, world, memory, at, problems, faulty);
      memory = decision.memory;
      const planned = planChanges(resourceModel(OWNER), decision.desired, world);
      watch.planned(planned, decision, world);
      if (planned.changes.length === 0)
        return watch.passed(
          outcome({ observed: world, decision, plan: planned, failures: [] }, []),
        );
      world = planned.changes.reduce(carryOut, world);
      for (const change of planned.changes) watch.changed(change, undefined);
    }
  };
  /** A pass whose changes all fail. */
  const refused = (exposures: readonly Exposure[], error: ServiceError): void => {
    at += 1_000;
    const decision = decided(exposures, world, memory, at);
    const planned = planChanges(resourceModel(OWNER), decision.desired, world);
    watch.planned(planned, decision, world);
    for (const change of planned.changes) watch.changed(change, error);
    const failures = planned.changes.map((change) => ({ change, error }));
    watch.passed(outcome({ observed: world, decision, plan: planned, failures }, [error]));
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
  const blind = (error: ServiceError): void => {
    at += 1_000;
    watch.passed(outcome(undefined, [error]));
  };
  /** All but the changes themselves. */
  const told = () =>
    lines
      .filter(({ msg }) => msg !== "applied")
      .map(({ msg, hostname, code }) =>
        [msg, hostname ?? code].filter((it) => it !== undefined).join(" "),
      );
  const meddle = (how: (observed: ObservedState) => ObservedState): void => {
    world = how(world);
  };
  const shown = () =>
    buildReport({ owner: OWNER, dryRun: false, status: watch.status(), dockerUp: true, now: at });
  return {
    pass,
    refused,
    blind,
    told,
    lines,
    meddle,
    shown,
    watch,
    later: (ms: number) => (at += ms),
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

const silent = (service: "docker" | "cloudflare" | "authentik"): ServiceError => {
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

describe("what the daemon says of itself", () => {
  it("says once that a route has opened, is closing and has closed", () => {
    const it = daemon();
    it.pass([]);
    it.pass([exposure]);
    it.pass([exposure]);
    it.pass([]);
    it.pass([]);
    it.later(60_000);
    it.pass([]);
    expect(it.told()).toEqual([
      "route opened app.example.com",
      "route closing app.example.com",
      "route closed app.example.com",
    ]);
  });

  it("says nothing of what stood open when it started", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    expect(it.told()).toEqual([]);
  });

  it("says of a container that comes back in time that its route stays, and nothing more", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.pass([]);
    it.pass([exposure]);
    it.pass([exposure]);
    expect(it.told()).toEqual(["route closing app.example.com", "route stays app.example.com"]);
  });

  it("says of a container that was gone before it started that its route has closed", () => {
    const it = daemon([exposure]);
    it.pass([]);
    it.later(60_000);
    it.pass([]);
    expect(it.told()).toEqual(["route closing app.example.com", "route closed app.example.com"]);
  });

  it("says what changed of a route that stays open", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    const moved = { ...exposure, origin: { service: "http://app:81", options: {} } };
    it.pass([moved]);
    it.pass([{ ...moved, protection: grouped(["family"], ["ann@example.com"]) }]);
    it.pass([{ ...moved, protection: grouped(["family"], ["bob@example.com"]) }]);
    expect(it.told()).toEqual(Array(3).fill("route changed app.example.com"));
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

  it("says who has a route that changed hands, once it is open again, and once", () => {
    const rival: Exposure = {
      ...exposure,
      party: singleContainer("shop"),
      workload: "shop",
      origin: { service: "http://shop:80", options: {} },
    };
    const it = daemon([exposure]);
    it.pass([exposure]);
    // The one that had the route is missing, and nothing runs where its rule leads.
    it.pass([]);
    it.later(61_000);
    it.refused([rival], unreachable());
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

  it("says aloud that anyone may enter, where that was otherwise before", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.pass([{ ...exposure, protection: { kind: "public" } }]);
    it.pass([{ ...exposure, protection: { kind: "public" } }]);
    expect(it.told()).toEqual(["route changed app.example.com", "route public app.example.com"]);
  });

  it("says aloud that anyone may enter also where the label changed while it was not running", () => {
    const it = daemon([exposure]);
    it.pass([{ ...exposure, protection: { kind: "public" } }]);
    expect(it.told()).toEqual(["route public app.example.com"]);
  });

  it("says nothing of what was public when it started", () => {
    const open: Exposure = { ...exposure, protection: { kind: "public" } };
    const it = daemon([open]);
    it.pass([open]);
    expect(it.told()).toEqual([]);
  });

  it("shows a live route with its container, origin and who may enter", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
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
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.pass([]);
    it.later(20_000);
    it.pass([]);
    expect(it.shown().routes[0]).toMatchObject({
      state: "closing",
      reason: "Container stopped; closes in 39 s unless it comes back.",
    });
    expect(it.told()).toEqual(["route closing app.example.com"]);
  });

  it("says what a route waits for", () => {
    const it = daemon();
    it.pass([{ ...exposure, notReadyReason: "the health check of container app (starting)" }]);
    expect(it.shown().routes[0]).toMatchObject({
      state: "waiting",
      reason: "waiting for the health check of container app (starting)",
    });
    expect(it.told()).toEqual(["route waiting app.example.com"]);
  });

  it("says each reason of a route that waits once, though it counts down or comes back", () => {
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

  it("reports an outage of Cloudflare once when it lasts and once when it is over, whatever was requested, and keeps showing the routes", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    for (let tries = 0; tries < 60; tries++)
      it.blind(
        unreachable(`no answer when asked to ${tries % 2 === 0 ? "list zones" : "read a tunnel"}`),
      );
    expect(it.shown()).toMatchObject({
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
    expect(it.shown()).toMatchObject({ checks: { cloudflare: "ok" }, outages: [], problems: [] });
    expect(it.told()).toEqual([
      "cloudflare unreachable CFA-CF-UNREACHABLE",
      "cloudflare reachable CFA-CF-UNREACHABLE",
    ]);
    expect(it.lines.at(-1)).toMatchObject({ level: "info" });
  });

  it("says nothing of an outage of less than half a minute", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.blind(unreachable());
    it.later(20_000);
    it.blind(unreachable());
    it.pass([exposure]);
    expect(it.told()).toEqual([]);
  });

  it("says sooner that Cloudflare does not answer while it starts, since somebody is watching", () => {
    const it = daemon();
    it.blind(unreachable());
    it.later(5_000);
    it.blind(unreachable());
    expect(it.told()).toEqual(["cloudflare unreachable CFA-CF-UNREACHABLE"]);
  });

  it("tells a token that is refused at once, as something that somebody must mend", () => {
    const it = daemon();
    it.blind(
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

  it("tells what is refused once for each object, whatever Cloudflare says this time, and each failed change once", () => {
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
    it.refused([exposure, other], refusal("ray 1"));
    it.refused([exposure, other], refusal("ray 2"));
    expect(it.told()).toEqual(["change failed b.example.com", "problem CFA-CF-REFUSED"]);
    it.pass([exposure, other]);
    expect(it.told().slice(2)).toEqual([
      "route opened b.example.com",
      "problem solved CFA-CF-REFUSED",
    ]);
  });

  it("takes no problem for solved because a pass could not see, whoever was silent", () => {
    const it = daemon([exposure]);
    const shared = typo({ code: "CFA-AK-BEHIND-ACCESS", container: undefined, label: undefined });
    it.pass([exposure], [shared]);
    for (const service of ["docker", "cloudflare", "authentik"] as const) {
      it.blind(silent(service));
      it.pass([exposure], [shared]);
    }
    expect(it.told()).toEqual(["problem CFA-AK-BEHIND-ACCESS"]);
    it.pass([exposure]);
    expect(it.told().slice(1)).toEqual(["problem solved CFA-AK-BEHIND-ACCESS"]);
  });

  it("takes nothing for solved because the tunnel could not be found before a pass", () => {
    const it = daemon();
    it.pass([], [typo()]);
    it.watch.failed(unreachable(), 2_000);
    expect(it.shown().problems.map(({ code }) => code)).toContain("CFA-LABEL-UNKNOWN");
    it.pass([], [typo()]);
    expect(it.told()).toEqual(["problem CFA-LABEL-UNKNOWN"]);
  });

  it("tells what was refused as before once an outage is over, and does not call the outage a refusal", () => {
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
    it.refused(both, refusal);
    for (let tries = 0; tries < 60; tries++) it.blind(unreachable());
    expect(it.shown().outages).toMatchObject([{ service: "cloudflare", passing: true }]);
    expect(banners(it.shown()).flatMap(({ problems }) => problems.map(({ code }) => code))).toEqual(
      ["CFA-CF-UNREACHABLE"],
    );
    it.refused(both, refusal);
    expect(it.told().filter((line) => line.includes("REFUSED"))).toEqual([
      "problem CFA-CF-REFUSED",
    ]);
  });

  it("does not say that a neighbour is back that nobody has asked", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    for (const service of ["authentik", "cloudflare", "docker"] as const) {
      it.blind(silent(service));
      it.later(30_000);
      it.blind(silent(service));
    }
    expect(it.told()).toEqual([
      "authentik unreachable CFA-AK-UNREACHABLE",
      "cloudflare unreachable CFA-CF-UNREACHABLE",
      "docker connection lost CFA-DOCKER-UNREACHABLE",
    ]);
    // Docker is asked first, then Cloudflare.
    it.blind(silent("authentik"));
    expect(it.told().slice(3)).toEqual([
      "cloudflare reachable CFA-CF-UNREACHABLE",
      "connected to docker CFA-DOCKER-UNREACHABLE",
    ]);
    expect(it.shown().checks).toMatchObject({
      docker: "ok",
      cloudflare: "ok",
      authentik: "failing",
    });
  });

  it("shows and logs no e-mail address that a label or the name of a policy has", () => {
    const it = daemon();
    const policies = {
      theirs: [{ id: "p-1", name: "Ann <ann@example.com>", decision: "allow" }],
    } as const;
    it.meddle((observed) => ({ ...observed, policy: { ...observed.policy, ...policies } }));
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
    const { routes, problems } = it.shown();
    it.refused(
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
    expect(it.told()).toEqual(
      expect.arrayContaining(["route waiting app.example.com", "problem solved CFA-LABEL-UNKNOWN"]),
    );
    expect(JSON.stringify([it.lines, routes, problems])).not.toContain("ann@");
  });

  it("tells a label's problem once when it comes and once when it goes, and that its open route is as it was all the time", () => {
    const it = daemon([exposure]);
    const faulty = [faultyRoute(exposure.route)];
    it.pass([exposure]);
    it.pass([], [typo()], faulty);
    it.pass([], [typo()], faulty);
    expect(it.lines).toMatchObject([
      { level: "error", msg: "problem", code: "CFA-LABEL-UNKNOWN", effect: "unchanged" },
    ]);
    it.pass([exposure]);
    expect(it.told()).toEqual(["problem CFA-LABEL-UNKNOWN", "problem solved CFA-LABEL-UNKNOWN"]);
  });

  it("tells that the route of a faulty label is closed where it was not open before", () => {
    const it = daemon();
    it.pass([], [typo()], [faultyRoute(exposure.route)]);
    expect(it.lines).toMatchObject([{ msg: "problem", effect: "closed" }]);
  });

  it("tells two problems of one container and label apart, and the same label with another mistake anew", () => {
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

  it("does not take a record of somebody else's that moves for another conflict", () => {
    const it = daemon();
    const at = (address: string) =>
      typo({ code: "CFA-CONFLICT-DNS", message: `a DNS record A ${address} is there`, about: "" });
    it.pass([], [at("203.0.113.7")]);
    it.pass([], [at("203.0.113.8")]);
    expect(it.told()).toEqual(["problem CFA-CONFLICT-DNS"]);
    expect(it.shown().problems).toMatchObject([{ message: "a DNS record A 203.0.113.8 is there" }]);
  });

  it("tells what is the same to a person in one line, and shows each on the page", () => {
    const it = daemon();
    const refused = (operation: string) =>
      typo({ code: "CFA-AK-REFUSED", message: `Authentik refused to ${operation}`, about: "tile" });
    it.pass([], [refused("make a tile"), refused("bind a tile")]);
    expect([it.told(), it.shown().problems.length]).toEqual([["problem CFA-AK-REFUSED"], 2]);
  });

  it("says that it put back what somebody else took away", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.meddle((observed) => ({
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

  it("does not take its own work for somebody else's", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    const moved = { ...exposure, origin: { service: "http://app:81", options: {} } };
    it.refused([moved], unreachable());
    it.pass([moved]);
    it.pass([
      moved,
      { ...exposure, route: { hostname: "b.example.com" as Hostname, path: undefined } },
    ]);
    expect(it.told().filter((line) => line.startsWith("drift"))).toEqual([]);
  });

  it("does not call drift what a change of its own has left half done", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.refused([{ ...exposure, origin: { service: "http://app:81", options: {} } }], unreachable());
    it.meddle((observed) => ({ ...observed, dns: { ...observed.dns, mine: new Map() } }));
    it.pass([exposure]);
    expect(it.told().filter((line) => line.startsWith("drift"))).toEqual([]);
  });

  it("does not show a blip on the page: who is back within half a minute was never away", () => {
    const it = daemon();
    it.pass([exposure]);
    it.blind(unreachable());
    it.later(28_000);
    // Another sentence each time, for another call: it is the same silence all the same.
    it.blind(unreachable("no answer either"));
    expect(it.shown()).toMatchObject({
      checks: { cloudflare: "failing" },
      outages: [],
      problems: [],
    });
    it.later(1_000);
    expect(it.shown()).toMatchObject({
      outages: [{ passing: true }],
      problems: [{ message: "no answer either" }],
    });
  });

  it("shows a silence at once when nothing was well yet: whoever starts it wants to know what it waits for", () => {
    const it = daemon();
    it.blind(unreachable());
    expect(it.shown()).toMatchObject({
      outages: [{ passing: true }],
      problems: [{ code: "CFA-CF-UNREACHABLE" }],
    });
  });

  it("says of nobody that it is well before the first pass", () => {
    expect(daemon().shown().checks).toEqual({
      docker: "unknown",
      cloudflare: "unknown",
      authentik: "unknown",
      tunnel: "unknown",
    });
  });

  it("knows of each neighbour whether it is well once a pass has seen it, though one change is refused from the start", () => {
    const it = daemon([exposure]);
    const other = {
      ...exposure,
      route: { hostname: "b.example.com" as Hostname, path: undefined },
    };
    it.refused(
      [exposure, other],
      new ServiceError({
        service: "cloudflare",
        code: "CFA-CF-REFUSED",
        message: "refused",
        fix: "look",
        transient: false,
      }),
    );
    expect(it.shown().checks).toEqual({
      docker: "ok",
      cloudflare: "ok",
      authentik: "ok",
      tunnel: "ok",
    });
  });

  it("shows at once what somebody has to mend", () => {
    const it = daemon();
    it.blind(
      new ServiceError({
        service: "cloudflare",
        code: "CFA-CF-TOKEN",
        message: "no",
        fix: "make one",
        transient: false,
      }),
    );
    expect(it.shown()).toMatchObject({
      outages: [{ service: "cloudflare", passing: false }],
      problems: [{ code: "CFA-CF-TOKEN" }],
    });
  });

  it("says who may enter as it stands, where that is not what is wished", () => {
    const it = daemon();
    it.pass([
      {
        ...exposure,
        protection: only({ groups: ["family"], emails: ["ann@example.com", "@example.org"] }),
      },
    ]);
    expect(it.shown().routes[0]?.who).toBe(
      "Members of family, 1 e-mail address or 1 e-mail domain",
    );
    it.pass([]);
    const [closing] = it.shown().routes;
    expect(closing).toMatchObject({
      state: "closing",
      container: "app",
      who: "Members of family and 2 e-mail addresses",
    });
    expect(JSON.stringify(it.shown())).not.toContain("ann@");
  });

  it("says how a route is mended that has a problem, and that nobody gets in", () => {
    const it = daemon();
    it.pass([
      { ...exposure, route: { hostname: "theirs.example.com" as Hostname, path: undefined } },
    ]);
    expect(it.shown().routes[0]).toMatchObject({
      code: "CFA-CONFLICT-DNS",
      fix: expect.stringContaining("adopt"),
      effect: "closed",
      who: null,
    });
  });

  it("names the conflict at the route it concerns", () => {
    const it = daemon();
    it.pass([
      { ...exposure, route: { hostname: "theirs.example.com" as Hostname, path: undefined } },
    ]);
    expect(it.shown().routes).toMatchObject([{ hostname: "theirs.example.com", state: "problem" }]);
    expect(
      it.shown().problems.map(({ code, container, hostname }) => [code, container, hostname]),
    ).toEqual([
      ["CFA-CONFLICT-ACCESS", "app", "theirs.example.com" as RouteKey],
      // The rule's hostname is written with capitals: cloudflared takes it for lower case all the same.
      ["CFA-CONFLICT-INGRESS", "app", "theirs.example.com" as RouteKey],
      ["CFA-CONFLICT-DNS", "app", "theirs.example.com" as RouteKey],
    ]);
  });

  it("is well while passes end, and not when none has ended for long", () => {
    const it = daemon();
    it.pass([]);
    expect(livenessFailure(it.watch.status(), 300_000, 600_000)).toBeUndefined();
    expect(livenessFailure(it.watch.status(), 300_000, 900_000)).toBe(
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

  it("leaves a closed route closing, with the reason, and it is reported as closed once it is in force", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.pass([]);
    it.later(60_000);
    it.meddle(unconfirmed("app.example.com"));
    it.pass([]);
    expect(it.shown().routes).toMatchObject([
      {
        hostname: "app.example.com",
        state: "closing",
        reason: "Waiting for cloudflared to run the rules without it.",
      },
    ]);
    expect(it.told()).not.toContain("route closed app.example.com");
    it.meddle(unconfirmed());
    it.pass([]);
    expect(it.shown().routes).toEqual([]);
    expect(it.told().filter((line) => line === "route closed app.example.com")).toHaveLength(1);
  });

  it("leaves a narrowed route waiting until it is in force, and does not report it as opened again", () => {
    const it = daemon([exposure]);
    it.pass([exposure]);
    it.meddle(unconfirmed("app.example.com"));
    it.pass([exposure]);
    expect(it.shown().routes).toMatchObject([
      { state: "waiting", reason: "waiting for cloudflared to run the narrower rule" },
    ]);
    it.meddle(unconfirmed());
    it.pass([exposure]);
    expect(it.shown().routes).toMatchObject([{ state: "live" }]);
    expect(it.told()).toEqual(["route waiting app.example.com"]);
  });

  it("is an error on the page and in the log once it has lasted too long", () => {
    const it = daemon([exposure]);
    it.meddle((observed) => ({ ...observed, ingress: { ...observed.ingress, behind: true } }));
    it.pass([exposure]);
    expect(it.shown().problems).toMatchObject([
      { code: "CFA-TUNNEL-BEHIND", severity: "error", hostname: null },
    ]);
    expect(it.told()).toEqual(["problem CFA-TUNNEL-BEHIND"]);
  });
});
