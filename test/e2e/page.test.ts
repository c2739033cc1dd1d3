/** The status page in a real browser, rendered from reports as a daemon builds them. */
import axe from "axe-core";
import type { Page as Tab } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunningServer } from "../../src/http/server.ts";
import type { Report } from "../../src/status/report.ts";
import { LIVE, pageOf, reportedRoute, reportOf, TROUBLE } from "../unit/http/reports.ts";
import { type Browsing, inBrowser, startBrowsing } from "./browsing.ts";

const many = reportOf({
  routes: Array.from({ length: 25 }, (_, n) => reportedRoute(`app-${n}.example.com`)),
});

/** The longest possible hostname, container name and path. */
const long = reportOf({
  routes: [
    reportedRoute(`${"a".repeat(63)}.${"b".repeat(63)}.example.com`, {
      path: `/${"long".repeat(30)}`,
      container: "c".repeat(120),
      origin: `http://${"c".repeat(120)}:8080`,
      who: `Members of ${"g".repeat(100)}`,
    }),
  ],
});

inBrowser("the status page", () => {
  let browsing: Browsing;
  let page: RunningServer;
  let report: Report;
  let closed: Promise<void> | undefined;

  const close = () => (closed ??= page.close());
  const open = async (): Promise<void> => {
    page = await pageOf(() => report);
    closed = undefined;
  };
  beforeAll(async () => {
    browsing = await startBrowsing();
    await open();
  });
  afterAll(async () => {
    await browsing[Symbol.asyncDispose]();
    await close();
  });

  const load = async (tab: Tab, shown: Report): Promise<void> => {
    report = shown;
    await tab.goto(`http://127.0.0.1:${page.port}/`);
  };
  /** The browser's errors and warnings, including refused styles and scripts. */
  const complaints = (tab: Tab): readonly string[] => {
    const heard: string[] = [];
    tab.on("console", (message) => message.type() !== "log" && heard.push(message.text()));
    tab.on("pageerror", (error) => heard.push(error.message));
    return heard;
  };
  /** Lets the time pass until an open page reloads. */
  const look = (tab: Tab): Promise<void> => tab.clock.runFor(5_000);
  const status = (tab: Tab) => tab.getByRole("status").innerText();

  test.each([
    ["nothing to show", reportOf()],
    ["live routes", LIVE],
    ["problems", TROUBLE],
    ["long names", long],
  ] as const)(
    "the page with %s is accessible in light mode, in dark mode and on a phone",
    async (title, shown) => {
      await browsing.visiting(
        `axe-${title.replaceAll(" ", "-")}`,
        async (tab) => {
          await load(tab, shown);
          await tab.evaluate(axe.source);
          const judged = async () =>
            (await tab.evaluate(
              `axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
              .then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" ")))`,
            )) as readonly string[];
          const views = [
            { width: 1100, colorScheme: "light" },
            { width: 1100, colorScheme: "dark" },
            { width: 720, colorScheme: "light" },
            { width: 360, colorScheme: "light" },
          ] as const;
          for (const { width, colorScheme } of views) {
            await tab.setViewportSize({ width, height: 800 });
            await tab.emulateMedia({ colorScheme });
            expect(await judged(), `${width} ${colorScheme}`).toEqual([]);
            expect(
              await tab.evaluate("document.documentElement.scrollWidth"),
              "nothing sticks out",
            ).toBeLessThanOrEqual(width);
          }
        },
        // The accessibility checker is not part of the page.
        { bypassCSP: true },
      );
    },
  );

  test("the page is complete without its script", async () => {
    await browsing.visiting(
      "no-script",
      async (tab) => {
        await load(tab, TROUBLE);
        const shown = await tab.locator("body").innerText();
        for (const text of [
          "3 problems",
          "photos.example.com",
          "Delete it in Cloudflare",
          "2026-11-23 10:31 UTC",
        ])
          expect(shown).toContain(text);
        expect(shown).not.toContain("cfauth has not answered since");
        expect(await tab.getByRole("searchbox").count()).toBe(0);
        expect(await tab.getByRole("row").count()).toBe(1 + TROUBLE.routes.length + 4);
      },
      { javaScriptEnabled: false },
    );
  });

  test("the page shows changes within seconds without moving the focus and without browser errors", async () => {
    await browsing.visiting("update", async (tab) => {
      const heard = complaints(tab);
      await tab.clock.install({ time: new Date("2026-11-23T10:45:00Z") });
      await load(tab, LIVE);
      expect([await status(tab), await tab.title()]).toEqual(["All 5 routes are live", "cfauth"]);
      const wiki = tab.getByRole("link", { name: "wiki.example.com", exact: true });
      await wiki.focus();
      await tab.evaluate("document.querySelector('tbody').marked = true");

      report = TROUBLE;
      await look(tab);
      await tab.getByText("Delete it in Cloudflare").waitFor();
      expect([await status(tab), await tab.title()]).toEqual([
        "3 problems · 1 warning · 1 waiting · 1 closing · 5 live",
        "(3) cfauth",
      ]);
      expect(await tab.evaluate("document.activeElement.textContent")).toBe("wiki.example.com");
      expect(
        await tab.evaluate(
          "[...document.querySelectorAll('tbody')].findIndex((row) => row.marked)",
        ),
        "it is still the same row",
      ).toBe(3);

      // The row itself changes.
      report = { ...LIVE, routes: LIVE.routes.map((it) => ({ ...it, who: "Members of friends" })) };
      await look(tab);
      await tab.getByText("Members of friends").last().waitFor();
      expect(await tab.evaluate("document.activeElement.textContent")).toBe("wiki.example.com");
      expect(heard).toEqual([]);
    });
  });

  test("the page is not sent again without a change, not requested while hidden, and shows times in the reader's zone", async () => {
    await browsing.visiting(
      "quiet",
      async (tab) => {
        await tab.clock.install({ time: new Date("2026-11-23T10:45:00Z") });
        await load(tab, TROUBLE);
        expect(await tab.getByText("Cloudflare has not answered since").innerText()).toContain(
          "since 11:42.",
        );
        expect(await tab.getByRole("cell", { name: "14 minutes ago" }).count()).toBe(1);
        const answers: number[] = [];
        tab.on("response", (answer) => answers.push(answer.status()));
        for (const count of [1, 2, 3]) {
          await look(tab);
          await expect.poll(() => answers.length).toBe(count);
        }
        expect(answers).toEqual([200, 304, 304]);
        await tab.evaluate(
          "Object.defineProperty(document, 'hidden', { value: true, configurable: true })",
        );
        await look(tab);
        await tab.evaluate("fetch('api/routes').then((answer) => answer.text())");
        expect(answers, "only what the test itself has asked for").toHaveLength(4);
      },
      { timezoneId: "Europe/Vienna" },
    );
  });

  test("the page with many routes has a search box that also filters new routes", async () => {
    await browsing.visiting("filter", async (tab) => {
      await tab.clock.install();
      await load(tab, many);
      await tab.getByRole("searchbox", { name: "Filter" }).fill("APP-2");
      const shown = () => tab.locator("tbody:visible").count();
      expect(await shown()).toBe(6);
      report = {
        ...many,
        routes: [
          ...many.routes,
          reportedRoute("app-26.example.com"),
          reportedRoute("other.example.com"),
        ],
      };
      await look(tab);
      await expect.poll(shown).toBe(7);
      expect(await tab.getByRole("searchbox").inputValue()).toBe("APP-2");
    });
  });

  test("the page shows its age while cfauth does not answer, and continues when it does", async () => {
    await browsing.visiting(
      "stale",
      async (tab) => {
        await tab.clock.install({ time: new Date("2026-11-23T10:45:00Z") });
        await load(tab, LIVE);
        const told = tab.getByText("cfauth has not answered since");
        expect(await told.isVisible()).toBe(false);
        await tab.route("**", (asked) => asked.abort());
        await look(tab);
        await told.waitFor();
        expect(await told.innerText()).toContain("This page shows the state at 10:45");
        await tab.unroute("**");
        await look(tab);
        await told.waitFor({ state: "hidden" });
      },
      { timezoneId: "UTC" },
    );
  });
});
