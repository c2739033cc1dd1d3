import { describe, expect, it } from "vitest";
import type { Problem } from "../../../src/core/domain/problem.ts";
import { routeKey } from "../../../src/core/domain/route.ts";
import { type DesiredState, NOTHING_DESIRED } from "../../../src/core/plan/types.ts";
import { isAllowedHost } from "../../../src/http/allowed-hosts.ts";
import { buildReport, livenessFailure } from "../../../src/status/build-report.ts";
import type { Status } from "../../../src/status/collector.ts";
import { reportedRoutes, sinceNow, stateKey } from "../../../src/status/report.ts";
import { routeStatuses } from "../../../src/status/route-states.ts";
import { anybody, deployed, exposure, key } from "../../support/builders.ts";

const NOW = Date.parse("2026-11-23T10:42:00Z");

const problem = (more: Partial<Problem> = {}): Problem => ({
  code: "CFA-CONFLICT-DNS",
  severity: "error",
  container: "app",
  label: "cfauth.hostname",
  route: key("app.example.com"),
  message: "a DNS record is there",
  effect: "closed",
  fix: "delete it",
  ...more,
});

const desired = (more: Partial<DesiredState> = {}): DesiredState => ({
  ...NOTHING_DESIRED,
  exposures: new Map([[key("app.example.com"), exposure("app.example.com")]]),
  ...more,
});

const nobody = desired({ exposures: new Map() });

const status = (more: Partial<Status> = {}): Status => ({
  routes: [],
  problems: [],
  since: new Map(),
  last: undefined,
  tracked: { found: [], met: new Map() },
  failing: new Set(),
  tunnel: true,
  converged: true,
  ...more,
});

const plan = { changes: [], pending: [], problems: [], live: [] };

const only = (found: ReturnType<typeof routeStatuses>) => {
  expect(found).toHaveLength(1);
  return found[0];
};

describe("a route in the report", () => {
  it("a route in its desired state is live, with its container, origin and who may enter", () => {
    const found = only(
      routeStatuses(
        { ...plan, live: [key("app.example.com")] },
        desired(),
        [deployed("app.example.com")],
        new Map(),
        NOW,
      ),
    );
    expect(found).toEqual({
      key: "app.example.com",
      container: "app",
      origin: "http://app:80",
      access: "authentik",
      state: "live",
      reason: undefined,
    });
  });

  it("only a protected path inside a public host of the same container has a note about that", () => {
    const exposures = [
      exposure("app.example.com", { protection: anybody }),
      exposure("app.example.com/admin"),
      exposure("app.example.com/other", {
        workload: "other",
        origin: { service: "http://other:80", options: {} },
      }),
      exposure("wiki.example.com"),
      exposure("wiki.example.com/api"),
    ];
    const desiredNow = desired({
      exposures: new Map(exposures.map((exposure) => [key(routeKey(exposure.route)), exposure])),
    });
    const routes = reportedRoutes(
      routeStatuses(plan, desiredNow, [], new Map(), NOW),
      new Map(),
      NOW,
    );
    expect(routes.filter(({ note }) => note !== undefined)).toMatchObject([
      {
        hostname: "app.example.com",
        path: "/admin",
        note: expect.stringContaining("A separate hostname is safer"),
      },
    ]);
  });

  it("a pending route says what it waits for", () => {
    const found = only(
      routeStatuses(
        {
          ...plan,
          pending: [
            {
              route: key("app.example.com"),
              cause: "health",
              reason: "the health check of container app (starting)",
            },
          ],
        },
        desired(),
        [],
        new Map(),
        NOW,
      ),
    );
    expect(found).toMatchObject({
      state: "waiting",
      reason: "waiting for the health check of container app (starting)",
    });
  });

  it("a route with a problem of its own names the problem", () => {
    expect(
      only(routeStatuses({ ...plan, problems: [problem()] }, desired(), [], new Map(), NOW)),
    ).toMatchObject({
      state: "problem",
      reason: "a DNS record is there",
    });
  });

  it("a route stays live when another container that also wants it has a problem", () => {
    const takenHostname = problem({ code: "CFA-HOST-TAKEN", container: "other" });
    const faulty = problem({ code: "CFA-PORT-MANY", container: "third" });
    expect(
      only(
        routeStatuses(
          { ...plan, live: [key("app.example.com")], problems: [takenHostname, faulty] },
          desired(),
          [deployed("app.example.com")],
          new Map(),
          NOW,
        ),
      ),
    ).toMatchObject({ state: "live", container: "app" });
  });

  it("a route with a warning stays live", () => {
    expect(
      only(
        routeStatuses(
          { ...plan, live: [key("app.example.com")], problems: [problem({ severity: "warning" })] },
          desired(),
          [],
          new Map(),
          NOW,
        ),
      )?.state,
    ).toBe("live");
  });

  it("a route of a missing container says how long it is kept, counted from the time of the request", () => {
    const routes = routeStatuses(
      plan,
      desired({
        exposures: new Map(),
        graceDeadlines: new Map([[key("app.example.com"), NOW + 60_000]]),
        frozen: new Set([key("app.example.com")]),
      }),
      [deployed("app.example.com")],
      new Map(),
      NOW,
    );
    const desiredNow = (now: number) =>
      buildReport({
        owner: undefined,
        dryRun: false,
        status: status({ routes }),
        dockerUp: true,
        now,
      }).routes[0];
    expect(desiredNow(NOW)).toMatchObject({
      state: "closing",
      reason: "Container stopped; closes in 60 s unless it comes back.",
    });
    expect(desiredNow(NOW + 18_000)?.reason).toBe(
      "Container stopped; closes in 42 s unless it comes back.",
    );
    expect(desiredNow(NOW + 61_000)?.reason).toBe("Closing now.");
  });

  it("a route that is neither desired nor frozen is closing", () => {
    expect(
      only(
        routeStatuses(
          plan,
          nobody,
          [deployed("app.example.com", { public: true })],
          new Map(),
          NOW,
        ),
      ),
    ).toMatchObject({
      state: "closing",
      access: "public",
      reason: "Closing now.",
    });
  });

  it("a route with faulty labels stays as it was and has a problem", () => {
    expect(
      only(
        routeStatuses(
          plan,
          desired({ exposures: new Map(), frozen: new Set([key("app.example.com")]) }),
          [deployed("app.example.com")],
          new Map(),
          NOW,
        ),
      ),
    ).toMatchObject({
      state: "problem",
      reason: "its labels cannot be read; the route stays as it was",
    });
  });

  it("a public route says that anyone may enter", () => {
    const exposures = new Map([
      [key("app.example.com"), exposure("app.example.com", { protection: anybody })],
    ]);
    expect(
      only(
        routeStatuses(
          { ...plan, live: [key("app.example.com")] },
          desired({ exposures }),
          [],
          new Map(),
          NOW,
        ),
      )?.access,
    ).toBe("public");
  });
});

describe("the report", () => {
  const known = (at: string, state: "live" | "waiting" | "problem" | "closing") => ({
    key: key(at),
    container: undefined,
    origin: undefined,
    access: undefined,
    state,
    reason: undefined,
  });

  it("the report shows no e-mail address, neither from a label nor in its problem", () => {
    const faulty = problem({
      message: 'Authentik has no group "bob@example.com"',
      fix: "write ann@example.com",
    });
    const routes = routeStatuses({ ...plan, problems: [faulty] }, desired(), [], new Map(), NOW);
    const reportNow = buildReport({
      owner: undefined,
      dryRun: false,
      status: status({ routes, problems: [faulty] }),
      dockerUp: true,
      now: NOW,
    });
    expect(reportNow.problems[0]?.message).toBe('Authentik has no group "(an e-mail address)"');
    expect(reportNow.routes[0]?.reason).toBe(reportNow.problems[0]?.message);
    expect(JSON.stringify(reportNow)).not.toContain("@example.com");
  });

  it("the report counts routes by state and lists first what needs attention", () => {
    const routes = [
      known("b.example.com", "live"),
      known("c.example.com", "problem"),
      known("a.example.com", "live"),
      known("d.example.com/api", "waiting"),
      known("e.example.com", "closing"),
    ];
    const reportOf = buildReport({
      owner: undefined,
      dryRun: false,
      status: status({ routes }),
      dockerUp: true,
      now: NOW,
    });
    expect(reportOf.summary).toEqual({ live: 2, waiting: 1, problem: 1, closing: 1 });
    expect(reportOf.routes.map(({ hostname, path }) => hostname + (path ?? ""))).toEqual([
      "c.example.com",
      "d.example.com/api",
      "e.example.com",
      "a.example.com",
      "b.example.com",
    ]);
  });

  it("the report keeps since when a route has its state, until the state changes", () => {
    const [live, waiting] = [known("a.example.com", "live"), known("a.example.com", "waiting")];
    const first = sinceNow(new Map(), [stateKey(live)], NOW);
    const later = sinceNow(first, [stateKey(live)], NOW + 5_000);
    const since = (kept: typeof first, route: typeof live) =>
      buildReport({
        owner: undefined,
        dryRun: false,
        status: status({ routes: [route], since: kept }),
        dockerUp: true,
        now: NOW + 9_000,
      }).routes[0]?.since;
    expect(since(later, live)).toBe("2026-11-23T10:42:00.000Z");
    expect(since(sinceNow(later, [stateKey(waiting)], NOW + 9_000), waiting)).toBe(
      "2026-11-23T10:42:09.000Z",
    );
  });

  it("the report names the host and path of a problem, and where the documentation describes it", () => {
    expect(
      buildReport({
        owner: undefined,
        dryRun: false,
        status: status({ problems: [problem({ route: key("app.example.com/api") })] }),
        dockerUp: true,
        now: NOW,
      }).problems,
    ).toEqual([
      {
        code: "CFA-CONFLICT-DNS",
        severity: "error",
        container: "app",
        label: "cfauth.hostname",
        hostname: "app.example.com",
        path: "/api",
        message: "a DNS record is there",
        effect: "closed",
        fix: "delete it",
        docs: "https://github.com/cfauth/cfauth/blob/main/docs/troubleshooting.md#cfa-conflict-dns",
        since: "2026-11-23T10:42:00.000Z",
      },
    ]);
  });

  it("the report is the same for the same input", () => {
    const reportOf = () =>
      JSON.stringify(
        buildReport({
          owner: undefined,
          dryRun: false,
          status: status({
            routes: [known("a.example.com", "live")],
            problems: [problem()],
            since: new Map(),
          }),
          dockerUp: true,
          now: NOW,
        }),
      );
    expect(reportOf()).toBe(reportOf());
  });
});

describe("links to a route's objects", () => {
  const route = {
    key: key("app.example.com/api"),
    container: "app",
    origin: "http://app:80",
    access: "authentik" as const,
    state: "live" as const,
    reason: undefined,
    objects: { application: "f174e90a", tile: "cfauth-app-example-com-api-12345678" },
  };
  const places = {
    account: "0123",
    authentik: "https://auth.example.com",
    slug: "cf-tunnel-access",
  };
  const reportOf = (more: Partial<typeof route>, at?: typeof places) =>
    buildReport({
      owner: undefined,
      dryRun: false,
      status: status({ routes: [{ ...route, ...more }] }),
      dockerUp: true,
      now: NOW,
      locations: at,
    });

  it("an object has a link to its console, and so do tunnel and login", () => {
    const { routes, links } = reportOf({}, places);
    expect(routes[0]).toMatchObject({
      url: "https://app.example.com/api",
      links: {
        access:
          "https://dash.cloudflare.com/0123/one/access-controls/apps/self-hosted/f174e90a/edit",
        authentik:
          "https://auth.example.com/if/admin/#/core/applications/cfauth-app-example-com-api-12345678",
      },
    });
    expect(links).toEqual({
      tunnel: "https://dash.cloudflare.com/0123/one/networks/connectors/cloudflare-tunnels",
      authentik: "https://auth.example.com/if/admin/#/core/applications/cf-tunnel-access",
    });
  });

  it("an object has no link before the account is known", () => {
    const { routes, links } = reportOf({});
    expect([routes[0]?.links, links]).toEqual([{}, {}]);
  });

  it.each([
    { name: "a wildcard", more: { key: key("*.example.com") } },
    { name: "not a web page", more: { origin: "ssh://app:22" } },
  ])("a route has no URL for a browser if it is $name", ({ more }) => {
    expect(reportOf(more, places).routes[0]?.url).toBeNull();
  });
});

describe("liveness of the daemon", () => {
  const ended = (agoMs: number) =>
    status({ last: { at: NOW - agoMs, result: "failed", applied: 0, failures: 9 } });

  it("the daemon is healthy while passes end, even if each of them fails and the next one is minutes away", () => {
    expect(livenessFailure(ended(400_000), 300_000, NOW)).toBeUndefined();
    expect(livenessFailure(ended(400_000), 10_000, NOW)).toBeUndefined();
  });

  it("the daemon is unhealthy if no pass has ended for a long time", () => {
    expect(livenessFailure(ended(900_000), 300_000, NOW)).toBe("the last pass ended 15 min ago");
  });

  it("the daemon is unhealthy if the first pass never ends", () => {
    expect(livenessFailure(status(), 300_000, NOW, NOW - 60_000)).toBeUndefined();
    expect(livenessFailure(status(), 300_000, NOW, NOW - 900_000)).toBe(
      "no pass has ended in the 15 min since the start",
    );
  });
});

describe("the page behind cfauth's own wildcard route", () => {
  it("the page answers under each name that its wildcard route covers, and no other", () => {
    const routed = new Set(["*.example.com"]);
    expect([
      isAllowedHost("status.example.com", routed),
      isAllowedHost("example.com", routed),
      isAllowedHost("status.example.org", routed),
    ]).toEqual([true, false, false]);
  });
});
