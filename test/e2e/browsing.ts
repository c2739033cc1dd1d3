/** Visitors with browsers. Each visit begins without cookies. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { describe } from "vitest";
import { ensureChromium } from "../../tools/ci/chromium.ts";
import { RUN_ID } from "./docker/run.ts";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** How long a page may take on a slow machine, in milliseconds. */
const PATIENCE_MS = 20_000;

const program = await ensureChromium();

/** Skips the tests and says so if there is no browser. */
export const inBrowser = (title: string, tests: () => void): void =>
  void describe.skipIf(program === undefined)(
    program === undefined ? `${title} (skipped: no Chromium here)` : title,
    tests,
  );

export interface Browsing extends AsyncDisposable {
  /** Each visit has its own cookies and cache. On failure the error says where the screenshot is. */
  visiting(
    title: string,
    visit: (page: Page) => Promise<void>,
    options?: BrowserContextOptions,
  ): Promise<void>;
}

export async function startBrowsing(): Promise<Browsing> {
  const browser = await chromium.launch({
    ...(program !== undefined && { executablePath: program }),
    args: FLAGS,
    timeout: 60_000,
  });
  return {
    visiting: async (title, visit, options = {}) => {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      try {
        await visit(page);
      } catch (error) {
        throw new Error(`at ${page.url()}; picture: ${await pictureOf(page, title)}`, {
          cause: error,
        });
      } finally {
        await context.close();
      }
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** @returns the path of the screenshot */
async function pictureOf(page: Page, title: string): Promise<string> {
  const path = join(tmpdir(), `cfauth-browser-${title}-${RUN_ID}.png`);
  return page.screenshot({ path, fullPage: true }).then(
    () => path,
    () => "none could be taken",
  );
}

/** Fills in Authentik's login page and sends it, without checking the result. */
export async function logIn(
  page: Page,
  username: string,
  password = `${username}-password`,
): Promise<void> {
  await page.locator("#username").fill(username);
  await page.locator("#password").fill(password);
  await page.locator("#log-in").click();
}

export const shown = async (page: Page): Promise<string> =>
  (await page.locator("body").innerText()).trim();
