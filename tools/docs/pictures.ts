/** `npm run pictures`: takes the screenshots of the documentation from the running product. Needs Docker and Chromium. */

import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { seedRecord } from "../../test/sandbox/cloudflare/seed.ts";
import { ensureChromium } from "../ci/chromium.ts";
import { ensureEngine } from "../ci/engine.ts";
import { type Household, moveIn } from "./pictures/scene.ts";

const FOLDER = resolve(import.meta.dirname, "../../docs/pictures");

/** Pixels: the width that GitHub shows without scrolling, and a narrow phone. */
const WIDE = 1040;
const PHONE = 360;

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-lcd-text",
  "--hide-scrollbars",
  "--no-first-run",
];

async function main(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const engine = await ensureEngine();
  const left = new AsyncDisposableStack();
  try {
    const executablePath = await ensureChromium();
    const browser = await chromium.launch({
      args: FLAGS,
      ...(executablePath !== undefined && { executablePath }),
    });
    left.defer(() => browser.close());
    await story(browser, await moveIn(left, new AbortController().signal));
  } finally {
    await left.disposeAsync();
    await engine.stop();
  }
}

async function story(browser: Browser, home: Household): Promise<void> {
  const host = (name: string): string => `${name}.${home.setup.sandbox.zone}`;
  await picture(browser, home, "status-empty", WIDE, "light");

  await home.run("wiki", { hostname: host("wiki"), "access.groups": "family" });
  await home.run("grafana", {
    hostname: host("grafana"),
    "access.groups": "admins",
    "access.emails": "ann@example.com",
  });
  await home.run("library", {
    hostname: host("library"),
    "access.groups": "family",
    "access.bypass": "/hooks",
  });
  await home.run("blog", { hostname: host("blog"), access: "public" });
  await home.stand({ wiki: "live", grafana: "live", library: "live", blog: "live" });
  await picture(browser, home, "status", WIDE, "light");
  await picture(browser, home, "status-dark", WIDE, "dark");
  await picture(browser, home, "status-phone", PHONE, "light");

  seedRecord(home.setup.sandbox.cloudflare.state, {
    name: host("photos"),
    type: "A",
    content: "203.0.113.7",
  });
  await home.run("immich", { hostname: host("photos"), "access.groups": "family" });
  await home.run("gitea", { hostname: host("git"), acess: "public" });
  const starting = { Test: ["CMD", "/bin/busybox", "false"], Interval: 1e9, StartPeriod: 3600e9 };
  await home.run(
    "paperless",
    { hostname: host("paperless"), "access.groups": "family" },
    { Healthcheck: starting },
  );
  const old = await home.run("old", { hostname: host("old") });
  await home.stand({ old: "live", photos: "problem", paperless: "waiting" });
  await old.stop();
  await home.stand({ old: "closing" });
  await picture(browser, home, "status-problems", WIDE, "light");
  await picture(browser, home, "status-problems-phone", PHONE, "dark");
}

async function picture(
  browser: Browser,
  { url, honest }: Household,
  name: string,
  width: number,
  colorScheme: "light" | "dark",
): Promise<void> {
  const context = await browser.newContext({ viewport: { width, height: 320 }, colorScheme });
  const page = await context.newPage();
  await page.route(url, async (asked) => {
    const answer = await asked.fetch();
    await asked.fulfill({ response: answer, body: honest(await answer.text()) });
  });
  await page.goto(url);
  const png = await page.screenshot({ fullPage: true });
  await writeFile(join(FOLDER, `${name}.png`), png);
  process.stdout.write(`docs/pictures/${name}.png  ${Math.round(png.length / 1024)} kB\n`);
  await context.close();
}

await main();
