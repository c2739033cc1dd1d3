import { describe, expect, it } from "vitest";
import { ServiceError } from "../../../src/core/errors.ts";
import { METRICS, type MetricName, type MetricRow } from "../../../src/metrics/catalogue.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import type { ReportedMetrics } from "../../../src/metrics/report-metrics.ts";
import type { PassOutcome } from "../../../src/reconcile/controller.ts";
import type { AnyChange } from "../../../src/resources/registry.ts";
import type { ChangeTarget } from "../../../src/status/change-target.ts";
import { news } from "../notify/builders.ts";
import { type Scrape, scraped } from "./exposition.ts";

const ROWS: readonly (readonly [string, MetricRow])[] = Object.entries(METRICS);

type Route = ReportedMetrics["routes"][number];
type Problem = ReportedMetrics["problems"][number];

const route = (hostname: string, more: Partial<Route> = {}): Route => ({
  hostname,
  path: null,
  access: "authentik",
  state: "live",
  ...more,
});

/** A report with every field that Prometheus must not get. */
const problem = (code: string, severity: Problem["severity"] = "error"): Problem =>
  Object.assign(
    { code, severity },
    { container: "app", message: "ann@example.com is not an address" },
  );

const report = (more: Partial<ReportedMetrics> = {}): ReportedMetrics => ({
  routes: [],
  problems: [],
  checks: { docker: "ok", cloudflare: "ok", authentik: "ok" },
  ...more,
});

const outcome = (more: Partial<PassOutcome> = {}): PassOutcome => ({
  at: 1_700_000_000_500,
  ms: 400,
  result: "settled",
  applied: 0,
  failures: 0,
  errors: [],
  end: undefined,
  ...more,
});

const fault = new ServiceError({
  service: "cloudflare",
  code: "CFA-CF-REFUSED",
  message: "no",
  fix: "wait",
  transient: false,
});
const tunnel: AnyChange = { kind: "tunnel", action: "create", key: "tunnel", subject: "cfauth" };
const place: ChangeTarget = { name: "cfauth" };

function daemon() {
  const metrics = createMetrics({ version: "1.2.3", resyncMs: 300_000 });
  const scrape = async (more: Partial<ReportedMetrics> = {}): Promise<Scrape> =>
    scraped((await metrics.exposition(report(more))).text);
  return { ...metrics, scrape };
}

/** The values other than 0, because every possible series exists from the start. */
const counted = (scrape: Scrape, name: MetricName) =>
  Object.fromEntries(Object.entries(scrape.of(name)).filter(([, value]) => value !== 0));

describe("the exposition", () => {
  it("the exposition matches the catalogue, each metric once with its type and help", async () => {
    const { families } = await daemon().scrape();
    const ours = families.filter(({ name }) => name.startsWith("cfauth_"));
    const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
      a.name.localeCompare(b.name);
    expect(ours.toSorted(byName)).toEqual(
      ROWS.map(([name, { type, help }]) => ({ name, type, help })).toSorted(byName),
    );
  });

  it("the exposition has the metrics of every Node process, without those that would wake it 100 times a second", async () => {
    const names = (await daemon().scrape()).families.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "nodejs_heap_size_used_bytes",
      ]),
    );
    expect(names).not.toContain("nodejs_eventloop_lag_p99_seconds");
  });

  it("metric names follow Prometheus's rules: _total at the end of counters only, base units, and our own prefix", async () => {
    const { families } = await daemon().scrape();
    const counters = families.filter(({ name }) => name.endsWith("_total")).map(({ name }) => name);
    expect(counters).toEqual(
      families.filter(({ type }) => type === "counter").map(({ name }) => name),
    );
    expect(
      families.filter(
        ({ name }) =>
          !/^(cfauth|process|nodejs)_/.test(name) ||
          /_(ms|milliseconds|minutes|kb|mb|percent)\b/.test(name),
      ),
    ).toEqual([]);
  });

  it("every series exists from the start, so that the first failure is an increase", async () => {
    const scrape = await daemon().scrape();
    expect(scrape.of("cfauth_passes_total")).toEqual({
      '{result="settled"}': 0,
      '{result="failed"}': 0,
    });
    expect(Object.keys(scrape.of("cfauth_changes_total"))).toHaveLength(38);
    expect(Object.keys(scrape.of("cfauth_routes"))).toHaveLength(12);
    expect(Object.keys(scrape.of("cfauth_drift_corrected_total"))).toHaveLength(7);
    expect(scrape.of("cfauth_api_requests_total")).toMatchObject({
      '{api="cloudflare",method="PUT",status="429"}': 0,
      '{api="authentik",method="PATCH",status="none"}': 0,
      '{api="docker",method="GET",status="2xx"}': 0,
    });
    expect(Object.keys(scrape.of("cfauth_api_request_duration_seconds_count"))).toHaveLength(3);
    expect(scrape.of("cfauth_last_pass_success_timestamp_seconds")).toEqual({ "": 0 });
  });

  it("the metrics show the version that runs and how long a quiet day may be without a pass", async () => {
    const scrape = await daemon().scrape();
    expect(scrape.of("cfauth_build_info")).toEqual({ '{version="1.2.3"}': 1 });
    expect(scrape.of("cfauth_resync_interval_seconds")).toEqual({ "": 300 });
  });

  it("the metrics are of this daemon alone", async () => {
    const [one, other] = [daemon(), daemon()];
    one.passed(outcome());
    expect(counted(await one.scrape(), "cfauth_passes_total")).toEqual({ '{result="settled"}': 1 });
    expect(counted(await other.scrape(), "cfauth_passes_total")).toEqual({});
  });
});

describe("metrics of passes", () => {
  it("passes are counted by result, with their duration and when one last settled", async () => {
    const it = daemon();
    it.passed(outcome());
    it.passed(outcome({ at: 1_700_000_060_000, ms: 3_000, result: "failed" }));
    const scrape = await it.scrape();
    expect(scrape.of("cfauth_passes_total")).toEqual({
      '{result="settled"}': 1,
      '{result="failed"}': 1,
    });
    expect(scrape.of("cfauth_pass_duration_seconds_sum")).toEqual({ "": 3.4 });
    expect(scrape.of("cfauth_pass_duration_seconds_bucket")).toMatchObject({
      '{le="0.25"}': 0,
      '{le="0.5"}': 1,
      '{le="5"}': 2,
    });
    expect(scrape.of("cfauth_last_pass_success_timestamp_seconds")).toEqual({
      "": 1_700_000_000.5,
    });
  });

  it("a pass that changes nothing leaves the time of the last change as it was", async () => {
    const it = daemon();
    it.passed(outcome({ applied: 2 }));
    it.passed(outcome({ at: 1_700_000_900_000 }));
    expect((await it.scrape()).of("cfauth_last_change_timestamp_seconds")).toEqual({
      "": 1_700_000_000.5,
    });
  });

  it("each change is counted, applied or failed", async () => {
    const it = daemon();
    it.changed(tunnel, place, undefined);
    it.changed(tunnel, place, fault);
    expect(counted(await it.scrape(), "cfauth_changes_total")).toEqual({
      '{kind="tunnel",action="create",result="ok"}': 1,
      '{kind="tunnel",action="create",result="failed"}': 1,
    });
  });
});

it("a drift correction is counted by its kind", async () => {
  const it = daemon();
  it.transitions(news({ corrected: [{ target: place, kinds: ["dns", "access"] }] }), 0);
  it.transitions(news(), 0);
  expect(counted(await it.scrape(), "cfauth_drift_corrected_total")).toEqual({
    '{kind="dns"}': 1,
    '{kind="access"}': 1,
  });
});

it("notifications are counted by whether they were delivered", async () => {
  const it = daemon();
  it.notified("ok");
  it.notified("failed");
  it.notified("failed");
  expect((await it.scrape()).of("cfauth_notifications_total")).toEqual({
    '{result="ok"}': 1,
    '{result="failed"}': 2,
  });
});

describe("metrics of requests", () => {
  it.each([
    { name: "that succeeded", status: 204, as: "2xx" },
    { name: "that was redirected", status: 302, as: "3xx" },
    { name: "that was refused", status: 403, as: "4xx" },
    { name: "that met the limit", status: 429, as: "429" },
    { name: "with a server error", status: 502, as: "5xx" },
    { name: "without an answer", status: undefined, as: "none" },
  ])("a request $name is counted as $as", async ({ status, as }) => {
    const it = daemon();
    it.called("authentik", { method: "PATCH", operation: "providers.update", status, ms: 20 });
    expect(counted(await it.scrape(), "cfauth_api_requests_total")).toEqual({
      [`{api="authentik",method="PATCH",status="${as}"}`]: 1,
    });
  });

  it("requests are measured with their duration, their waiting time and what is left of the limit", async () => {
    const it = daemon();
    expect((await it.scrape()).of("cfauth_api_rate_limit_remaining")).toEqual({});
    it.called("cloudflare", {
      method: "GET",
      operation: "tags.list",
      status: 200,
      ms: 250,
      waitedMs: 1_500,
      remaining: 41,
    });
    it.called("cloudflare", {
      method: "GET",
      operation: "tags.list",
      status: undefined,
      ms: 30_000,
      waitedMs: 500,
    });
    const scrape = await it.scrape();
    expect(scrape.of("cfauth_api_request_duration_seconds_sum")).toMatchObject({
      '{api="cloudflare"}': 30.25,
      '{api="docker"}': 0,
    });
    expect(scrape.of("cfauth_api_wait_seconds_total")).toEqual({ '{api="cloudflare"}': 2 });
    expect(scrape.of("cfauth_api_rate_limit_remaining")).toEqual({ '{api="cloudflare"}': 41 });
  });
});

describe("metrics of routes", () => {
  it("routes are counted by state and access, and a route that is gone is no longer counted", async () => {
    const it = daemon();
    const routes = [
      route("a.example.com"),
      route("b.example.com", { access: "public" }),
      route("c.example.com", { state: "problem", access: null }),
    ];
    expect(counted(await it.scrape({ routes }), "cfauth_routes")).toEqual({
      '{state="live",access="authentik"}': 1,
      '{state="live",access="public"}': 1,
      '{state="problem",access="unknown"}': 1,
    });
    expect(counted(await it.scrape(), "cfauth_routes")).toEqual({});
  });

  it("each route has a series by hostname and path, 1 if it is live", async () => {
    const routes = [
      route("a.example.com", { path: "/api" }),
      route("b.example.com", { state: "waiting" }),
      route("c.example.com", { state: "problem" }),
    ];
    expect((await daemon().scrape({ routes })).of("cfauth_route_live")).toEqual({
      '{hostname="a.example.com",path="/api"}': 1,
      '{hostname="b.example.com",path=""}': 0,
      '{hostname="c.example.com",path=""}': 0,
    });
  });

  it("a closing or closed route has no series, because a stopped container is no alarm", async () => {
    const it = daemon();
    await it.scrape({ routes: [route("a.example.com"), route("b.example.com")] });
    expect(
      (await it.scrape({ routes: [route("a.example.com", { state: "closing" })] })).of(
        "cfauth_route_live",
      ),
    ).toEqual({});
  });

  it("routes are the only metrics with a hostname", () => {
    const withHost = ROWS.filter(([, { labels = {} }]) =>
      ["hostname", "path", "container", "owner"].some((label) => label in labels),
    );
    expect(withHost.map(([name]) => name)).toEqual(["cfauth_route_live"]);
  });
});

describe("metrics of problems", () => {
  it("problems are counted by code, and a solved one goes back to 0", async () => {
    const it = daemon();
    const problems = [
      problem("CFA-PORT-MANY"),
      problem("CFA-PORT-MANY"),
      problem("CFA-HOST-TOO-DEEP", "warning"),
    ];
    expect((await it.scrape({ problems })).of("cfauth_problems")).toEqual({
      '{severity="error",code="CFA-PORT-MANY"}': 2,
      '{severity="warning",code="CFA-HOST-TOO-DEEP"}': 1,
    });
    expect((await it.scrape({ problems: problems.slice(2) })).of("cfauth_problems")).toEqual({
      '{severity="error",code="CFA-PORT-MANY"}': 0,
      '{severity="warning",code="CFA-HOST-TOO-DEEP"}': 1,
    });
  });

  it("problem metrics contain no message, no label value and no address", async () => {
    const { text } = await createMetrics({ version: "1.2.3", resyncMs: 1 }).exposition(
      report({ problems: [problem("CFA-LABEL-VALUE")] }),
    );
    expect(text).not.toMatch(/@|ann|not an address/);
  });
});

describe("metrics of the services that cfauth uses", () => {
  it("a service is up, down, or not known yet", async () => {
    const it = daemon();
    const checks = { docker: "ok", cloudflare: "failing", authentik: "unknown" } as const;
    expect((await it.scrape({ checks })).of("cfauth_up")).toEqual({
      '{api="docker"}': 1,
      '{api="cloudflare"}': 0,
    });
    await it.scrape();
    expect((await it.scrape({ checks })).of("cfauth_up")).toEqual({
      '{api="docker"}': 1,
      '{api="cloudflare"}': 0,
    });
  });

  it("the metrics distinguish whether Docker's event stream is connected", async () => {
    const it = daemon();
    const stream = async () => (await it.scrape()).of("cfauth_docker_event_stream_up")[""];
    expect(await stream()).toBe(0);
    it.heard(true);
    expect(await stream()).toBe(1);
    it.heard(false);
    expect(await stream()).toBe(0);
  });
});

it("the metrics of a thousand routes cost less than a tenth of a second of processor time", async () => {
  const it = daemon();
  const routes = Array.from({ length: 1_000 }, (_, n) => route(`app-${n}.example.com`));
  await it.scrape({ routes });
  const before = process.threadCpuUsage();
  await it.exposition(report({ routes }));
  const { user, system } = process.threadCpuUsage(before);
  expect(user + system).toBeLessThan(100_000);
});
