import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { openPage, type Page, type PageParts } from "../../src/http/server.ts";
import type { Report } from "../../src/status/report.ts";

const REPORT: Report = {
  formatVersion: "1.0",
  version: "0.1.0",
  owner: "home-nas",
  dryRun: false,
  summary: { live: 1, waiting: 0, problem: 0, closing: 0 },
  routes: [
    {
      hostname: "status.example.com",
      path: null,
      container: "cfauth",
      origin: "http://cfauth:8080",
      access: "authentik",
      state: "live",
      since: "2026-11-23T10:00:00.000Z",
    },
  ],
  problems: [],
  checks: { docker: "ok", cloudflare: "ok", authentik: "ok", tunnel: "ok" },
  lastPass: null,
};

const METRICS = { contentType: "text/plain; version=0.0.4; charset=utf-8", text: "# TYPE cfauth_up gauge\n" };

const open = (parts: Partial<PageParts> = {}): Promise<Page & AsyncDisposable> =>
  openPage(
    { report: () => REPORT, ailment: () => undefined, ready: () => true, metrics: async () => METRICS, ...parts },
    { host: "127.0.0.1", port: 0 },
  ).then((page) => ({ ...page, [Symbol.asyncDispose]: () => page.close() }));

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function ask({ port }: Page, path: string, { method = "GET", ...headers }: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    asked.on("error", reject).end();
  });
}

describe("the page", () => {
  it("answers with what the daemon knows, for programs", async () => {
    await using page = await open();
    const { status, headers, body } = await ask(page, "/api/routes");
    expect({ status, type: headers["content-type"], store: headers["cache-control"] }).toEqual({
      status: 200,
      type: "application/json; charset=utf-8",
      store: "no-store",
    });
    expect(JSON.parse(body)).toEqual(REPORT);
  });

  it("says that nothing is new where nothing is", async () => {
    await using page = await open();
    const { etag } = (await ask(page, "/api/routes")).headers;
    expect(etag).toMatch(/^W\/"/);
    expect(await ask(page, "/api/routes", { "if-none-match": String(etag) })).toMatchObject({ status: 304, body: "" });
    expect((await ask(page, "/api/routes", { "if-none-match": 'W/"another"' })).status).toBe(200);
  });

  it("answers a question for the head alone without the body", async () => {
    await using page = await open();
    expect(await ask(page, "/api/routes", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  it("answers Prometheus in its own format, with what it reports at that moment", async () => {
    const told: unknown[] = [];
    await using page = await open({ metrics: async (report) => (told.push(report), METRICS) });
    const { status, headers, body } = await ask(page, "/metrics");
    expect({ status, type: headers["content-type"], body }).toEqual({ status: 200, type: METRICS.contentType, body: METRICS.text });
    expect(told).toEqual([REPORT]);
    expect(await ask(page, "/metrics", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  it("says so where the metrics can not be read, and goes on", async () => {
    await using page = await open({ metrics: () => Promise.reject(new Error("no")) });
    expect((await ask(page, "/metrics")).status).toBe(500);
    expect((await ask(page, "/api/routes")).status).toBe(200);
  });

  it("has a first page that says where the rest is", async () => {
    await using page = await open();
    expect((await ask(page, "/")).body).toContain("/api/routes");
  });

  it("says so when there is nothing", async () => {
    await using page = await open();
    expect((await ask(page, "/nothing?x=1")).status).toBe(404);
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("can only be read: %s is refused everywhere", async (method) => {
    await using page = await open();
    for (const path of ["/", "/api/routes", "/healthz", "/metrics"])
      expect(await ask(page, path, { method })).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
  });

  it.each(["/", "/api/routes", "/healthz", "/metrics", "/nothing"])("lets no browser run, frame or guess anything on %s", async (path) => {
    await using page = await open();
    const { headers } = await ask(page, path);
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect({ sniff: headers["x-content-type-options"], referrer: headers["referrer-policy"] }).toEqual({
      sniff: "nosniff",
      referrer: "no-referrer",
    });
  });
});

describe("a page of somebody else's in the visitor's browser", () => {
  it.each([
    "evil.example.org",
    "evil.example.org:8080",
    "127.0.0.1.evil.org",
    "localhost.evil.org",
    "status.example.com.evil.org",
    "EVIL.example.org",
  ])("learns nothing under the name %s", async (host) => {
    await using page = await open();
    for (const path of ["/", "/api/routes", "/metrics"]) {
      const { status, body } = await ask(page, path, { host });
      expect(status).toBe(421);
      expect(body).not.toContain("status.example.com");
    }
  });

  it.each([
    "127.0.0.1:8080",
    "[::1]:8080",
    "192.168.1.4",
    "localhost:8080",
    "cfauth.localhost",
    "cfauth:8080",
    "nas",
    "status.example.com",
    "Status.Example.com:443",
  ])("is not who asks under the name %s", async (host) => {
    await using page = await open();
    expect((await ask(page, "/api/routes", { host })).status).toBe(200);
  });

  it("may ask whether the daemon is well: that is no secret, and health checks come by any name", async () => {
    await using page = await open();
    expect((await ask(page, "/healthz", { host: "evil.example.org" })).status).toBe(200);
    expect((await ask(page, "/readyz", { host: "evil.example.org" })).status).toBe(200);
  });
});

describe("health", () => {
  it("is well, or says why not", async () => {
    await using page = await open();
    expect(await ask(page, "/healthz")).toMatchObject({ status: 200 });
    await using ill = await open({ ailment: () => "the last pass ended 900 s ago" });
    const { status, body } = await ask(ill, "/healthz");
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 503, body: { status: "the last pass ended 900 s ago" } });
  });

  it("is there before the first convergence, readiness only after it", async () => {
    await using page = await open({ ready: () => false });
    expect([(await ask(page, "/healthz")).status, (await ask(page, "/readyz")).status]).toEqual([200, 503]);
  });
});
