import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { RawSettings } from "../../../src/config/settings.ts";
import { backoff } from "../../../src/reconcile/backoff.ts";
import { streamRetryMs } from "../../../src/sources/docker/watch.ts";
import { livenessFailure } from "../../../src/status/build-report.ts";
import { withLimits } from "../../../tools/docs/limits.ts";

const read = (path: string): string =>
  readFileSync(resolve(import.meta.dirname, "../../..", path), "utf8");
const PAGE = read("docs/reliability.md").replace(/\s+/g, " ");
const BUDGET = read("test/e2e/budget.test.ts");

const fallback = (
  name: "CFAUTH_GRACE_PERIOD" | "CFAUTH_STARTUP_GRACE_PERIOD" | "CFAUTH_RESYNC_INTERVAL",
): string => String(RawSettings.shape[name].def.defaultValue);

it("docs/reliability.md has the limits of the code (npm run docs)", () => {
  const page = read("docs/reliability.md");
  expect(withLimits(page)).toBe(page);
});

describe("the numbers in docs/reliability.md", () => {
  it("the settings in docs/reliability.md are the defaults", () => {
    expect([
      fallback("CFAUTH_GRACE_PERIOD"),
      fallback("CFAUTH_STARTUP_GRACE_PERIOD"),
      fallback("CFAUTH_RESYNC_INTERVAL"),
    ]).toEqual(["60s", "5m", "5m"]);
    expect(PAGE).toContain("`CFAUTH_GRACE_PERIOD`, 60 s");
    expect(PAGE).toContain("`CFAUTH_STARTUP_GRACE_PERIOD`, 5 min");
    expect(PAGE).toContain("`CFAUTH_RESYNC_INTERVAL`, 5 min");
  });

  it("the numbers of calls in docs/reliability.md are those of the budget", () => {
    expect(BUDGET).toContain(
      'test("a new hostname costs four calls to Cloudflare and, for its tile, one to Authentik"',
    );
    expect(BUDGET).toContain("GATHERED_MS = 30_000;");
    expect(BUDGET).toContain(
      "const updates = 3 + Math.ceil(Math.max(0, startedMs - GATHERED_MS) / PAUSE_MS);",
    );
    expect(BUDGET).toContain(
      "expect(opening.calls().length).toBeLessThanOrEqual(101 + 3 * updates);",
    );
    expect(BUDGET).toContain("expect(each).toBeLessThanOrEqual(6);");
    expect(PAGE).toContain("| 4, and one to Authentik for its tile |");
    expect(PAGE).toContain(
      "| a hundred containers that start within half a minute | at most 110, of these at most 3 updates of the tunnel |",
    );
    expect(PAGE).toContain(
      "| a resync of a hundred routes | 6 at most: one of them reads what cloudflared runs |",
    );
  });

  it("the delays in docs/reliability.md are those of the code", () => {
    expect([backoff(1, 1), backoff(50, 1), streamRetryMs(50, 1)]).toEqual([1_000, 300_000, 30_000]);
    expect(PAGE).toContain("| 1 s at first, 5 min at most |");
    expect(PAGE).toContain("at most 30 s between two tries");
    expect(read("src/cli/commands/run.ts")).toContain("SHUTDOWN_TIMEOUT_MS = 4_000");
    expect(PAGE).toContain("ends within 5 seconds");
    expect(read("src/clients/cloudflare/rate-limiter.ts")).toContain(
      "intervalCap: 1_100, interval: 300_000",
    );
    expect(PAGE).toContain("1,100 requests in 5 minutes");
  });
});

it("docs/troubleshooting.md says when the daemon counts as unhealthy", () => {
  const status = { last: { at: 0 } } as Parameters<typeof livenessFailure>[0];
  const minutes = (count: number) => livenessFailure(status, 300_000, count * 60_000);
  expect([minutes(12), minutes(13)]).toEqual([undefined, "the last pass ended 13 min ago"]);
  expect(read("docs/troubleshooting.md").replace(/\s+/g, " ")).toContain(
    "more than 12 minutes without one, with the default settings",
  );
});
