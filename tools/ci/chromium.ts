/** The browser for the end-to-end tests and the pictures. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { install, mayInstall } from "./apt.ts";
import { installed } from "./command.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The path of the program; undefined, after printing advice, if there is none. `CHROMIUM_PATH` wins over installed programs. */
export async function ensureChromium(): Promise<string | undefined> {
  const found = await findChromium();
  if (found !== undefined) return found;
  if (process.env.CHROMIUM_PATH === undefined && (await mayInstall())) {
    await install("chromium");
    return findChromium();
  }
  process.stderr.write(`${advice()}\n`);
  return undefined;
}

async function findChromium(): Promise<string | undefined> {
  const asked = process.env.CHROMIUM_PATH;
  for (const name of asked === undefined ? NAMES : [asked]) {
    if (await installed(name)) return pathOf(name);
  }
  return undefined;
}

/** Playwright needs a path, not a name. */
function pathOf(name: string): string {
  const paths = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name));
  return name.includes("/") ? name : (paths.find((path) => existsSync(path)) ?? name);
}

function advice(): string {
  const asked = process.env.CHROMIUM_PATH;
  if (asked !== undefined)
    return `CHROMIUM_PATH is ${asked}, which cannot be started.\n→ correct it, or unset it.`;
  return (
    "Chromium is not installed, so the browser tests cannot run.\n→ Debian, Ubuntu:  sudo apt-get install chromium\n" +
    "→ elsewhere: set CHROMIUM_PATH to the program of any Chrome or Chromium."
  );
}
