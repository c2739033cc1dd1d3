import { request } from "node:http";
import { describe, expect, it } from "vitest";
import type { RunningServer, ServerDeps } from "../../../src/http/server.ts";
import { METRICS, pageOf, reportedRoute, reportOf } from "../../unit/http/reports.ts";

const REPORT = reportOf({
  routes: [
    reportedRoute("status.example.com", { container: "cfauth", origin: "http://cfauth:8080" }),
  ],
});

const open = (parts: Partial<ServerDeps> = {}): Promise<RunningServer & AsyncDisposable> =>
  pageOf(() => REPORT, parts).then((page) => ({
    ...page,
    [Symbol.asyncDispose]: () => page.close(),
  }));

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function ask(
  { port }: RunningServer,
  path: string,
  { method = "GET", ...headers }: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: "127.0.0.1", port, path, method, headers, agent: false },
      (answer) => {
        let body = "";
        answer.setEncoding("utf8").on("data", (text: string) => {
          body += text;
        });
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
        );
      },
    );
    asked.on("error", reject).end();
  });
}

describe("the status page", () => {
  it("the page returns the daemon's report as JSON for programs", async () => {
    await using page = await open();
    const { status, headers, body } = await ask(page, "/api/routes");
    expect({ status, type: headers["content-type"], store: headers["cache-control"] }).toEqual({
      status: 200,
      type: "application/json; charset=utf-8",
      store: "no-store",
    });
    expect(JSON.parse(body)).toEqual(REPORT);
  });

  it("a page that cannot be rendered is answered with an error and logged", async () => {
    const faults: unknown[] = [];
    const fault = new Error("unforeseen");
    await using page = await open({
      report: () => {
        throw fault;
      },
      failed: (error) => void faults.push(error),
    });
    const { status, body } = await ask(page, "/");
    expect([status, JSON.parse(body).error, faults]).toEqual([
      500,
      "cfauth could not render this page",
      [fault],
    ]);
  });

  it("the page answers 304 if nothing has changed", async () => {
    await using page = await open();
    const { etag } = (await ask(page, "/api/routes")).headers;
    expect(etag).toMatch(/^W\/"/);
    expect(await ask(page, "/api/routes", { "if-none-match": String(etag) })).toMatchObject({
      status: 304,
      body: "",
    });
    expect((await ask(page, "/api/routes", { "if-none-match": 'W/"another"' })).status).toBe(200);
  });

  it("the page answers HEAD without a body", async () => {
    await using page = await open();
    expect(await ask(page, "/api/routes", { method: "HEAD" })).toMatchObject({
      status: 200,
      body: "",
    });
  });

  it("the metrics are current and in Prometheus's format", async () => {
    const reported: unknown[] = [];
    await using page = await open({
      metrics: async (report) => {
        reported.push(report);
        return METRICS;
      },
    });
    const { status, headers, body } = await ask(page, "/metrics");
    expect({ status, type: headers["content-type"], body }).toEqual({
      status: 200,
      type: METRICS.contentType,
      body: METRICS.text,
    });
    expect(reported).toEqual([REPORT]);
    expect(await ask(page, "/metrics", { method: "HEAD" })).toMatchObject({
      status: 200,
      body: "",
    });
  });

  it("metrics that cannot be read are answered with an error, and the page keeps working", async () => {
    await using page = await open({ metrics: () => Promise.reject(new Error("no")) });
    expect((await ask(page, "/metrics")).status).toBe(500);
    expect((await ask(page, "/api/routes")).status).toBe(200);
  });

  it("the page for people has no inline script and loads nothing from elsewhere", async () => {
    await using page = await open();
    const { status, headers, body } = await ask(page, "/");
    expect({ status, type: headers["content-type"] }).toEqual({
      status: 200,
      type: "text/html; charset=utf-8",
    });
    expect(body).toContain("status.<wbr>example.<wbr>com");
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
  });

  it("every link within the page leads to something that exists", async () => {
    await using page = await open();
    const { body } = await ask(page, "/");
    const near = [...body.matchAll(/(?:href|src)="([^"#:]+)"/g)].map(([, path]) => `/${path}`);
    expect(near.toSorted()).toEqual(["/api/routes", "/favicon.svg", "/page.js", "/style.css"]);
    for (const path of near) expect((await ask(page, path)).status).toBe(200);
  });

  it.each([
    ["/style.css", "text/css; charset=utf-8"],
    ["/page.js", "text/javascript; charset=utf-8"],
    ["/favicon.svg", "image/svg+xml"],
  ])("sends %s once, and asks each time whether it is still the same", async (path, type) => {
    await using page = await open();
    const { headers } = await ask(page, path);
    expect({ type: headers["content-type"], cache: headers["cache-control"] }).toEqual({
      type,
      cache: "no-cache",
    });
    expect((await ask(page, path, { "if-none-match": String(headers["etag"]) })).status).toBe(304);
  });

  it("the page is sent again only when something has changed, not because time passes", async () => {
    let report = REPORT;
    await using page = await open({ report: () => report });
    const { etag } = (await ask(page, "/")).headers;
    expect(await ask(page, "/", { "if-none-match": `"other", ${etag}` })).toMatchObject({
      status: 304,
      body: "",
    });
    report = {
      ...REPORT,
      routes: REPORT.routes.map((it) => ({ ...it, who: "Members of family" })),
    };
    expect((await ask(page, "/", { "if-none-match": String(etag) })).status).toBe(200);
  });

  it.each(["/nothing?x=1", "/api/", "/style.css/"])(
    "the answer for %s, which does not exist, says where to go",
    async (path) => {
      await using page = await open();
      const { status, body } = await ask(page, path);
      expect(status).toBe(404);
      expect(JSON.parse(body).see).toEqual(["/", "/api/routes", "/metrics", "/healthz", "/readyz"]);
    },
  );

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])(
    "the page refuses %s everywhere, because it is read-only",
    async (method) => {
      await using page = await open();
      for (const path of ["/", "/api/routes", "/healthz", "/metrics"])
        expect(await ask(page, path, { method })).toMatchObject({
          status: 405,
          headers: { allow: "GET, HEAD" },
        });
    },
  );

  it.each(["/", "/style.css", "/page.js", "/api/routes", "/healthz", "/metrics", "/nothing"])(
    "the headers of %s forbid browsers to run scripts, frame the page or guess types",
    async (path) => {
      await using page = await open();
      const { headers } = await ask(page, path);
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect({
        sniff: headers["x-content-type-options"],
        referrer: headers["referrer-policy"],
      }).toEqual({
        sniff: "nosniff",
        referrer: "no-referrer",
      });
    },
  );
});

describe("a foreign page in the visitor's browser (DNS rebinding)", () => {
  it("a foreign hostname gets no data while no route is known, and the answer says why", async () => {
    await using page = await open({
      report: () => reportOf({ lastPass: null }),
      ready: () => false,
    });
    const { status, body } = await ask(page, "/", { host: "status.example.com" });
    expect({ status, fix: JSON.parse(body).fix }).toEqual({
      status: 421,
      fix: expect.stringContaining("not known before the first convergence"),
    });
  });

  it("a hostname that a label requests without success gets no data, because any image can have labels", async () => {
    const vain = reportedRoute("evil.example.org", { state: "problem", effect: "closed" });
    const kept = reportedRoute("kept.example.com", { state: "problem", effect: "unchanged" });
    await using page = await open({ report: () => reportOf({ routes: [vain, kept] }) });
    const answers = ["evil.example.org", "kept.example.com"].map((host) =>
      ask(page, "/api/routes", { host }),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([421, 200]);
  });

  it.each([
    "evil.example.org",
    "evil.example.org:8080",
    "127.0.0.1.evil.org",
    "localhost.evil.org",
    "status.example.com.evil.org",
    "EVIL.example.org",
  ])("a request for the foreign hostname %s gets no data", async (host) => {
    await using page = await open();
    for (const path of ["/", "/api/routes", "/page.js", "/metrics", "/nothing"]) {
      const { status, body } = await ask(page, path, { host });
      expect(status).toBe(421);
      expect(body).not.toContain("status");
      expect(JSON.parse(body).fix).toContain("IP address");
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
  ])("a request for the allowed hostname %s gets the report", async (host) => {
    await using page = await open();
    expect((await ask(page, "/api/routes", { host })).status).toBe(200);
  });

  it("the health check answers under any hostname, because health is not secret", async () => {
    await using page = await open();
    expect((await ask(page, "/healthz", { host: "evil.example.org" })).status).toBe(200);
    expect((await ask(page, "/readyz", { host: "evil.example.org" })).status).toBe(200);
  });
});

describe("the health endpoints", () => {
  it("the health endpoint answers 200, or says why not", async () => {
    await using page = await open();
    expect(await ask(page, "/healthz")).toMatchObject({ status: 200 });
    await using ill = await open({ livenessFailure: () => "the last pass ended 900 s ago" });
    const { status, body } = await ask(ill, "/healthz");
    expect({ status, body: JSON.parse(body) }).toEqual({
      status: 503,
      body: { status: "the last pass ended 900 s ago" },
    });
  });

  it("the daemon is healthy before the first convergence and ready only after it", async () => {
    await using page = await open({ ready: () => false });
    expect([(await ask(page, "/healthz")).status, (await ask(page, "/readyz")).status]).toEqual([
      200, 503,
    ]);
  });
});

it("the daemon is not ready while cloudflared runs older rules, and says so", async () => {
  await using page = await open({ notInForce: () => "a cloudflared still runs older rules" });
  const { status, body } = await ask(page, "/readyz");
  expect([status, JSON.parse(body)]).toEqual([
    503,
    { status: "a cloudflared still runs older rules" },
  ]);
});
