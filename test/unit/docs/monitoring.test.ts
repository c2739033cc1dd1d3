import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { docsUrl } from "../../../src/core/links.ts";
import { METRICS, type MetricRow } from "../../../src/metrics/catalogue.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import { buildReport } from "../../../src/status/build-report.ts";
import { createStatusCollector } from "../../../src/status/collector.ts";
import type { ReportedRoute } from "../../../src/status/report.ts";
import { withMetrics } from "../../../tools/docs/metrics.ts";
import { type Scrape, scraped } from "../metrics/exposition.ts";
import { spoken } from "./promql.ts";

const read = (path: string): string =>
  readFileSync(resolve(import.meta.dirname, "../../..", path), "utf8");
const PAGE = read("docs/monitoring.md");

/** Every value as text. */
const yaml = (text: string): unknown => parse(text, { schema: "failsafe" });

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
const { groups } = yaml(read("contrib/prometheus/cfauth.rules.yml")) as {
  groups: readonly { name: string; rules: readonly Rule[] }[];
};
const RULES = groups.flatMap(({ rules }) => rules);

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly datasource: unknown;
  readonly targets: readonly {
    readonly expr: string;
    readonly datasource: unknown;
    readonly legendFormat: string;
  }[];
}
const DASHBOARD = JSON.parse(read("contrib/grafana/cfauth.json")) as {
  readonly id: unknown;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly definition?: string;
    }[];
  };
};
const TARGETS = DASHBOARD.panels.flatMap(({ targets }) => targets);

/** A daemon that has just started. */
const REPORT = buildReport({
  owner: undefined,
  dryRun: false,
  status: createStatusCollector([]).status(),
  dockerUp: true,
  now: 0,
});
const SCRAPE: Scrape = scraped(
  (await createMetrics({ version: "1.2.3", resyncMs: 1 }).exposition(REPORT)).text,
);

/** Metrics that Prometheus itself has for each target. */
const ITS_OWN = ["job", "instance"];
/**
 * Metrics of others: cloudflared's connection/metrics.go, checked 2026-11, and Prometheus's own.
 */
const OTHERS = ["up", "cloudflared_tunnel_ha_connections"];

const families = new Map(SCRAPE.families.map(({ name, type }) => [name, type]));
const familyOf = (metric: string): string => {
  const whole = metric.replace(/_(bucket|sum|count)$/, "");
  return families.get(whole) === "histogram" ? whole : metric;
};
const labelsOf = (metric: string): readonly string[] => {
  const row: MetricRow | undefined = Object.entries(METRICS).find(
    ([name]) => name === familyOf(metric),
  )?.[1];
  return [
    ...ITS_OWN,
    ...Object.keys(row?.labels ?? {}),
    ...(metric.endsWith("_bucket") ? ["le"] : []),
  ];
};

/** What an expression refers to that does not exist. */
function missing(expression: string): readonly string[] {
  const { metrics, matched, grouped } = spoken(expression);
  const known = metrics.flatMap(labelsOf);
  return [
    ...(metrics.length === 0 ? ["no metric"] : []),
    ...metrics.filter((metric) => !families.has(familyOf(metric)) && !OTHERS.includes(metric)),
    ...matched
      .filter(({ metric, label }) => !labelsOf(metric).includes(label))
      .map(({ metric, label }) => `${metric}{${label}}`),
    ...grouped.filter((label) => !known.includes(label)),
  ];
}

it.each([
  { name: "an unknown metric", expression: "cfauth_rutes > 0", is: ["cfauth_rutes"] },
  {
    name: "a label that its metric does not have",
    expression: 'cfauth_up{service="docker"}',
    is: ["cfauth_up{service}"],
  },
  {
    name: "a grouping by a label that no metric has",
    expression: "sum by (host) (cfauth_routes)",
    is: ["host"],
  },
  {
    name: "a bucket of a metric that is no histogram",
    expression: "rate(cfauth_routes_bucket[5m])",
    is: ["cfauth_routes_bucket"],
  },
])("the check of expressions detects $name", ({ expression, is }) => {
  expect(missing(expression)).toEqual(is);
});

it.each(["sum(cfauth_routes", "summ(cfauth_routes)", 'cfauth_up{api="x"', "cfauth_up ~ 1"])(
  "the check of expressions detects an invalid one: %s",
  (bad) => {
    expect(() => spoken(bad)).toThrow();
  },
);

describe("the alerts", () => {
  it.each(RULES)("the alert $alert refers only to what exists", ({ expr }) => {
    expect(missing(expr)).toEqual([]);
  });

  it.each(RULES)(
    "the alert $alert has a severity, a summary and a link",
    ({ alert, labels, annotations }) => {
      expect(alert).toMatch(/^Cfauth[A-Z][A-Za-z]+$/);
      expect(["critical", "warning"]).toContain(labels["severity"]);
      expect(Object.keys(annotations)).toEqual(["summary", "description", "docs"]);
      expect(annotations["docs"]).toBe(`${docsUrl("monitoring.md")}#${alert.toLowerCase()}`);
      expect(PAGE).toContain(`\n### ${alert}\n`);
    },
  );

  it.each(RULES)("the alert $alert uses only labels of its own result", ({ expr, annotations }) => {
    const { metrics, grouped } = spoken(expr);
    const there = grouped.length > 0 ? grouped : metrics.flatMap(labelsOf);
    const used = [
      ...Object.values(annotations)
        .join(" ")
        .matchAll(/\$labels\.(\w+)/g),
    ].map(([, label = ""]) => label);
    expect(used.filter((label) => !there.includes(label))).toEqual([]);
  });

  it("the documentation explains all alerts and no others", () => {
    const [, section = ""] = /^## Alerts$(.*?)^## /ms.exec(PAGE) ?? [];
    expect([...section.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)).toEqual(
      RULES.map(({ alert }) => alert),
    );
  });

  it("the alerts use the job name of the scrape example", () => {
    const { scrape_configs: jobs, rule_files: files } = yaml(
      read("contrib/prometheus/scrape.example.yml"),
    ) as Readonly<Record<string, unknown>>;
    expect(jobs).toEqual([
      { job_name: "cfauth", static_configs: [{ targets: ["cfauth:8080"] }] },
      { job_name: "cloudflared", static_configs: [{ targets: ["cloudflared:20241"] }] },
    ]);
    expect(files).toEqual(["cfauth.rules.yml"]);
    const named = RULES.flatMap(({ expr }) =>
      [...expr.matchAll(/job="(\w+)"/g)].map(([, job]) => job),
    );
    expect(new Set(named)).toEqual(new Set(["cfauth", "cloudflared"]));
  });
});

describe("the dashboard", () => {
  it.each(DASHBOARD.panels.map(({ title, targets }) => ({ title, targets })))(
    "the panel $title refers only to what exists",
    ({ targets }) => {
      expect(targets.flatMap(({ expr }) => missing(expr))).toEqual([]);
      const legends = targets.flatMap(({ expr, legendFormat }) =>
        [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].filter(
          ([, label = ""]) => !new RegExp(`\\b${label}\\b`).test(expr),
        ),
      );
      expect(legends).toEqual([]);
    },
  );

  it("the dashboard works in any Grafana: it has no id, and the data source can be chosen", () => {
    expect(DASHBOARD.id).toBeNull();
    const chosen = /^\{"type":"prometheus","uid":"\$\{datasource\}"\}$/;
    expect(
      [...DASHBOARD.panels, ...TARGETS].filter(
        ({ datasource }) => !chosen.test(JSON.stringify(datasource)),
      ),
    ).toEqual([]);
    expect(DASHBOARD.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ["datasource", "datasource"],
      ["instance", "query"],
    ]);
    expect(TARGETS.filter(({ expr }) => !expr.includes('instance=~"$instance"'))).toEqual([]);
  });

  it("the dashboard has each panel once, and no two overlap", () => {
    expect(new Set(DASHBOARD.panels.map(({ id }) => id)).size).toBe(DASHBOARD.panels.length);
    const places = DASHBOARD.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(places).size).toBe(places.length);
    expect(DASHBOARD.panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  it("the dashboard shows every metric of ours except the one for alerts only", () => {
    const displayed = new Set(TARGETS.flatMap(({ expr }) => spoken(expr).metrics.map(familyOf)));
    expect(Object.keys(METRICS).filter((name) => !displayed.has(name))).toEqual([
      "cfauth_resync_interval_seconds",
    ]);
  });
});

describe("docs/monitoring.md", () => {
  it("docs/monitoring.md lists the metrics of the code (npm run docs)", () => {
    expect(withMetrics(PAGE)).toBe(PAGE);
  });

  it("docs/monitoring.md names no metric that does not exist", () => {
    const named = [...PAGE.matchAll(/`((?:cfauth|cloudflared)_[a-z_]+)/g)].map(
      ([, name = ""]) => name,
    );
    expect(named.filter((name) => !families.has(name) && !OTHERS.includes(name))).toEqual([]);
  });

  const snippets = [...PAGE.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = ""]) => text);

  it("docs/monitoring.md has only valid examples", () => {
    expect(snippets).toHaveLength(5);
    expect(snippets.filter((text) => typeof yaml(text) !== "object")).toEqual([]);
  });

  it("docs/monitoring.md uses only fields of /api/routes for Homepage and Gatus", () => {
    const has = (path: string): boolean =>
      path
        .split(".")
        .reduce<unknown>(
          (value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key],
          REPORT,
        ) !== undefined;
    const text = snippets.join("\n");
    const fields = [...text.matchAll(/(?:field: |\[BODY\]\.|items: )([\w.]+)/g)].map(
      ([, path = ""]) => path,
    );
    const ofRoutes = [...text.matchAll(/^ {12}(?:name|label): (\w+)$|https:\/\/\{(\w+)\}/gm)].map(
      ([, one, other]) => one ?? other ?? "",
    );
    expect(fields).toHaveLength(9);
    expect(fields.filter((path) => !has(path))).toEqual([]);
    expect(ofRoutes).toEqual(["hostname", "state", "hostname"] satisfies (keyof ReportedRoute)[]);
  });
});
