/** Installs Debian packages that a CI machine lacks. On a person's machine the scripts only print advice. */

import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, lastLines } from "./command.ts";

const LOCK_SECONDS = 300;

/** Whether packages may be installed here: root on Debian or a derivative, without a person at the terminal. */
export async function mayInstall(): Promise<boolean> {
  return process.getuid?.() === 0 && nobodyWatches() && (await debianLike());
}

/**
 * Installs packages with apt, quietly. Waits while another apt or dpkg runs.
 * @throws {Error} with the last lines of apt's output
 */
export async function install(...packages: readonly string[]): Promise<void> {
  process.stderr.write(`installing ${packages.join(", ")} …\n`);
  await apt("update");
  await apt("install", "--yes", "--no-install-recommends", ...packages);
}

function nobodyWatches(): boolean {
  const inCi = process.env.CI !== undefined && process.env.CI !== "" && process.env.CI !== "false";
  return inCi || !(process.stdin.isTTY || process.stdout.isTTY);
}

async function debianLike(): Promise<boolean> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
}

async function apt(...args: readonly string[]): Promise<void> {
  const deadline = Date.now() + LOCK_SECONDS * 1000;
  for (;;) {
    const { code, output } = await attempt(
      "apt-get",
      ["-qq", "-o", `DPkg::Lock::Timeout=${LOCK_SECONDS}`, ...args],
      {
        env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
      },
    );
    if (code === 0) return;
    // DPkg::Lock::Timeout covers dpkg's lock but not that of the package lists.
    if (!output.includes("Could not get lock") || Date.now() > deadline) {
      throw new Error(`apt-get ${args.join(" ")} ended with ${code}:\n${lastLines(output)}`);
    }
    await sleep(3000);
  }
}
