import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pageHtml } from "../../../../src/http/page/page.ts";
import { SCRIPT } from "../../../../src/http/page/script.ts";
import { STYLE } from "../../../../src/http/page/style.ts";
import { INSIDE_PUBLIC, type Report } from "../../../../src/status/report.ts";
import { LIVE, reportedProblem, reportedRoute, reportOf, TROUBLE } from "../reports.ts";

const page = (report: Report): string => pageHtml(report, "b1");

/** The visible text of the page in order, without extra spaces. */
const read = (markup: string): string =>
  markup
    .replace(/<head>.*<\/head>/s, "")
    .replace(/<[^>]*>/g, " ")
    .replace(
      /&(lt|gt|amp|quot|#39);/g,
      (_, name: string) => ({ lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'" })[name] ?? "",
    )
    .replace(/\s+/g, " ")
    .replace(/\. (?=[a-z])/g, ".")
    .replace(/(?<=\.com) (?=\/)/g, "")
    .trim();

/** The row of that hostname with the text beneath it. */
const rows = (report: Report, hostname: string): string =>
  read(
    [...page(report).matchAll(/<tbody.*?<\/tbody>/gs)]
      .map(([row]) => row)
      .find((row) => read(row).includes(hostname)) ?? "",
  );

const title = (report: Report): string => /<title>(.*)<\/title>/.exec(page(report))?.[1] ?? "";

const headline = (report: Report): string =>
  read(/<p role="status".*?<\/p>/.exec(page(report))?.[0] ?? "");

const links = (markup: string): readonly string[] =>
  [...markup.matchAll(/href="(https?:[^"]*)"/g)].map(([, url = ""]) => url);

describe("a route on the page", () => {
  it("a live route shows its URL, container, who may enter and since when", () => {
    expect(rows(LIVE, "wiki.example.com")).toBe(
      "✓ Live wiki.example.com wiki http://wiki:8080 Members of family 2026-11-20 08:12 UTC Access Authentik",
    );
  });

  it("a route that leads to its container by the id says why, and is live", () => {
    const note = "Reached by its id: another container also answers to the name wiki.tunnel";
    const pageText = rows(
      reportOf({ routes: [reportedRoute("wiki.example.com", { note })] }),
      "wiki.example.com",
    );
    expect(pageText).toMatch(
      /^✓ Live .* Reached by its id: another container also answers to the name wiki\.tunnel\.$/,
    );
  });

  it("a protected path inside a public host recommends a separate hostname", () => {
    const route = reportedRoute("app.example.com", {
      path: "/admin",
      who: "Members of family",
      note: INSIDE_PUBLIC,
    });
    expect(rows(reportOf({ routes: [route] }), "app.example.com/admin")).toContain(
      "A separate hostname is safer.",
    );
  });

  it("Authentik's own route explains its access in the column of who may enter, and only there", () => {
    expect(rows(LIVE, "auth.example.com")).not.toContain("stand behind itself");
  });

  it("a public route says first that anyone may enter", () => {
    expect(rows(LIVE, "library.example.com/hooks")).toContain("Public Anyone, without a login");
  });

  it("a route with a problem shows the problem, the fix, the effect for visitors and the code", () => {
    expect(rows(TROUBLE, "photos.example.com")).toBe(
      "! Problem photos.example.com immich http://immich:2283 Nobody 2026-11-23 10:31 UTC " +
        "A DNS record A 203.0.113.7 is at photos.example.com and is not cfauth's. " +
        '→ Delete it in Cloudflare, or set cfauth.adopt: "true" on container immich to take it over. ' +
        "Closed: nobody can reach it. CFA-CONFLICT-DNS",
    );
  });

  it("a route that is still open despite a problem says so, and who may enter", () => {
    const route = reportedRoute("app.example.com", {
      state: "problem",
      effect: "unchanged",
      reason: "its labels cannot be read",
      who: "Members of family",
    });
    const pageText = rows(reportOf({ routes: [route] }), "app.example.com");
    expect(pageText).toContain("Members of family");
    expect(pageText).toContain(
      "Its labels cannot be read. Still open as before; the change was not applied.",
    );
  });

  it("a pending route says what it waits for", () => {
    expect(rows(TROUBLE, "paperless.example.com")).toContain("… Waiting paperless.example.com");
    expect(rows(TROUBLE, "paperless.example.com")).toContain(
      "Waiting for the health check of container paperless (starting).",
    );
  });

  it("a closing route says when it closes", () => {
    expect(rows(TROUBLE, "old.example.com")).toContain(
      "Container stopped; closes in 42 s unless it comes back.",
    );
  });

  it("a route with a warning shows it beneath and is live", () => {
    expect(rows(TROUBLE, "grafana.example.com")).toMatch(
      /^✓ Live .* Cloudflare's free certificate does not cover .* CFA-HOST-TOO-DEEP$/,
    );
  });

  it("a route shows all of its problems, each once", () => {
    const [route] = TROUBLE.routes;
    const problems = ["CFA-CONFLICT-ACCESS", "CFA-CONFLICT-DNS"].map((code) =>
      reportedProblem({ code, message: `${code} is there` }),
    );
    const markup = page(reportOf({ routes: route === undefined ? [] : [route], problems }));
    for (const { message } of problems) expect(markup.split(message)).toHaveLength(2);
  });

  it("a failed change is shown once, at its route and not above as well", () => {
    const failed = {
      code: "CFA-CF-REFUSED",
      message: "Cloudflare refused to write the record: 81058",
    };
    const route = reportedRoute("app.example.com", {
      state: "problem",
      effect: "closed",
      reason: failed.message,
      code: failed.code,
    });
    const report = reportOf({
      routes: [route],
      problems: [reportedProblem({ ...failed, hostname: null, container: null, label: null })],
    });
    expect(page(report).split(failed.message)).toHaveLength(2);
    expect(headline(report)).toBe("1 problem");
  });

  it("a route stays live when another container also wants its hostname, and the problem is shown above", () => {
    const taken = reportedProblem({
      code: "CFA-HOST-TAKEN",
      container: "other",
      hostname: "wiki.example.com",
      message: "container wiki already has it",
    });
    const report = reportOf({ routes: [reportedRoute("wiki.example.com")], problems: [taken] });
    expect(rows(report, "wiki.example.com")).not.toContain("already has it");
    expect(read(page(report))).toContain(
      "wiki.example.com · other · cfauth.hostname Container wiki already has it.",
    );
    expect(headline(report)).toBe("1 problem · 1 live");
  });

  it.each([
    { name: "is pending", state: "waiting" as const, reason: "waiting for Docker" },
    { name: "is closed by a problem", state: "problem" as const, effect: "closed" as const },
  ])(
    "a route is no link while it $name, because a browser would remember that nothing is there",
    (more) => {
      expect(
        links(
          page(reportOf({ routes: [reportedRoute("app.example.com", { ...more, links: {} })] })),
        ).filter((it) => it.includes("//app.")),
      ).toEqual([]);
    },
  );
});

describe("the page as a whole", () => {
  it.each([
    { name: "everything is fine", report: LIVE, says: "All 5 routes are live", titled: "cfauth" },
    {
      name: "there is one problem",
      report: reportOf({ routes: [reportedRoute("a.example.com")] }),
      says: "The only route is live",
      titled: "cfauth",
    },
    {
      name: "there is an error",
      report: TROUBLE,
      says: "3 problems · 1 warning · 1 waiting · 1 closing · 5 live",
      titled: "(3) cfauth",
    },
    {
      name: "nobody asks for a route",
      report: reportOf(),
      says: "No routes yet",
      titled: "cfauth",
    },
    {
      name: "cfauth has just started",
      report: reportOf({ lastPass: null }),
      says: "Starting",
      titled: "cfauth",
    },
  ])("the headline and the tab title say that $name", ({ report, says, titled }) => {
    expect([headline(report), title(report)]).toEqual([says, titled]);
  });

  it("the page shows routes that need attention first", () => {
    const pageText = read(page(TROUBLE));
    const order = [
      "Cloudflare has not answered",
      "gitea",
      "! Problem",
      "… Waiting",
      "– Closing",
      "✓ Live",
    ].map((text) => pageText.indexOf(text));
    expect(order.toSorted((a, b) => a - b)).toEqual(order);
    expect(order[0]).toBeGreaterThan(0);
  });

  it("the page says since when Cloudflare has not answered, and what that means", () => {
    const pageText = read(page(TROUBLE));
    expect(pageText).toContain(
      "Cloudflare has not answered since 2026-11-23 10:42 UTC . Nothing changes until it does; open routes stay open.",
    );
    expect(pageText.split("CFA-CF-UNREACHABLE")).toHaveLength(2);
    expect(pageText).toContain("Cloudflare ! failing");
  });

  it.each([
    {
      name: "Docker is down",
      more: {
        outages: [{ service: "docker", passing: true, since: "2026-11-23T10:42:00.000Z" }],
      } as const,
      says: "Docker has been unreachable since 2026-11-23 10:42 UTC . Nothing is removed.",
    },
    {
      name: "a token is refused",
      more: {
        outages: [{ service: "authentik", passing: false, since: "2026-11-23T10:42:00.000Z" }],
      } as const,
      says: "Authentik has been rejecting cfauth since 2026-11-23 10:42 UTC . Nothing changes until that is fixed; open routes stay open.",
    },
    {
      name: "Docker's event stream is down",
      more: { checks: { ...LIVE.checks, docker: "failing" } } as const,
      says: "Docker's event stream is down: cfauth notices minutes later when a container starts or stops.",
    },
    { name: "nothing is written", more: { dryRun: true }, says: "Dry run: nothing is written." },
    {
      name: "cfauth is starting",
      more: { lastPass: null },
      says: "Starting: reading Docker, Cloudflare and Authentik for the first time.",
    },
  ])("a banner says that $name", ({ more, says }) => {
    expect(read(page({ ...LIVE, ...more }))).toContain(says);
  });

  it("an empty page explains the one label, with the configured prefix", () => {
    expect(read(page(reportOf({ labelPrefix: "edge" })))).toContain(
      "No container has a cfauth label yet. Add one: labels: edge.hostname: whoami.example.com",
    );
    expect(read(page(LIVE))).not.toContain("No container");
    expect(
      read(
        page(
          reportOf({ lastPass: { at: "2026-11-23T10:42:05.000Z", result: "failed", applied: 0 } }),
        ),
      ),
    ).not.toContain("No container");
  });

  it("the page links to cfauth's objects, to the documentation, and nowhere else", () => {
    const hosts = new Set(links(page(TROUBLE)).map((url) => new URL(url).host));
    expect([...hosts].toSorted()).toEqual([
      "auth.example.com",
      "dash.cloudflare.com",
      "github.com",
      "grafana.example.com",
      "library.example.com",
      "old.example.com",
      "wiki.example.com",
    ]);
  });

  it("the page loads nothing from elsewhere and contains no script or style", () => {
    const markup = page(TROUBLE);
    expect(markup).not.toMatch(
      /\bsrc="(?!page\.js")|<style|\bstyle=|\bon[a-z]+="|<script(?! src="page\.js" defer><\/script>)/,
    );
    expect(STYLE).not.toMatch(/url\(|@import/);
    expect(SCRIPT.length).toBeLessThan(2_300);
  });

  it("the page is the same for the same report, however late it is requested", () => {
    expect(page(TROUBLE)).toBe(page(structuredClone(TROUBLE)));
  });
});

describe("foreign text on the page", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "<script>alert(1)</script>",
      '"><img src=x onerror=alert(1)>',
      "' onmouseover='alert(1)",
      '" autofocus onfocus="alert(1)',
      "</td></tr></table><h1>gone</h1>",
      "<!--",
      "&lt;b&gt;",
      "{at}",
      "\u202egnp.exe",
    ),
  );

  /** A page in which every text that can come from outside is this one. */
  const full = (text: string): string => {
    const texts = {
      reason: text,
      code: text,
      fix: text,
      who: text,
      container: text,
      origin: text,
      hostname: text,
      url: text,
      note: text,
    };
    const links = { access: text, authentik: text };
    const routes = (["problem", "waiting", "closing", "live"] as const).map((state) => ({
      ...reportedRoute("app.example.com", { state, effect: "unchanged", links }),
      ...texts,
    }));
    const problem = {
      code: text,
      message: text,
      fix: text,
      container: text,
      label: text,
      docs: text,
    };
    const problems = [
      reportedProblem({ ...problem, hostname: null }),
      reportedProblem({ ...problem, hostname: text }),
    ];
    return page(
      reportOf({
        owner: text,
        labelPrefix: text,
        version: text,
        routes,
        problems,
        links: { tunnel: text, authentik: text },
      }),
    );
  };

  /** Every tag with the names of its attributes, in order. */
  const tags = (markup: string): readonly string[] =>
    [...markup.matchAll(/<(\/?[a-z0-9]+)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*>/g)]
      .map(([, name, attributes = ""]) =>
        [name, ...[...attributes.matchAll(/([a-z-]+)(?:="[^"]*")?/g)].map(([, it]) => it)].join(
          " ",
        ),
      )
      .filter((tag) => tag !== "wbr");

  it("foreign text is text on the page and does not change its markup", () => {
    const harmless = tags(full("x"));
    fc.assert(
      fc.property(hostile, (text) => {
        const markup = full(`x${text}`);
        expect(tags(markup)).toEqual(harmless);
        expect(
          markup.replace(/<!doctype html>|<\/?[a-z0-9]+(\s+[a-z-]+(="[^"]*")?)*\s*>/g, ""),
        ).not.toMatch(/[<>"'\u0000\u001b\u202e]/);
      }),
    );
  });

  it.each([
    "javascript:alert(1)",
    "data:text/html,<script>",
    " https://example.com",
    "//example.com",
    "",
  ])("the URL %j from a label is no link", (url) => {
    const markup = page(
      reportOf({
        routes: [reportedRoute("app.example.com", { url, links: { access: url, authentik: url } })],
        links: {},
      }),
    );
    expect([...markup.matchAll(/<a href="([^"]*)"/g)].map(([, href]) => href)).toEqual([
      "",
      "api/routes",
    ]);
  });
});
