/** Starts `dockerd`, on machines that have the program but no init system. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lastLines } from "./command.ts";

const START_MS = 60_000;
const STOP_MS = 20_000;

export interface Daemon {
  stop(): Promise<void>;
}

/**
 * Starts `dockerd` in the background and waits until it answers.
 * @param answers - asks the engine once
 * @throws {Error} with the last lines of its log if it exits or does not answer within a minute
 */
export async function startDaemon(
  answers: () => Promise<boolean>,
  args: readonly string[] = [],
): Promise<Daemon> {
  const logFile = join(mkdtempSync(join(tmpdir(), "cfauth-dockerd-")), "dockerd.log");
  const child = launch(logFile, args);
  const deadline = Date.now() + START_MS;
  while (!(await answers())) {
    if (ended(child) || Date.now() > deadline) {
      await end(child);
      throw new Error(
        `dockerd did not start; the end of ${logFile}:\n${lastLines(readFileSync(logFile, "utf8"))}`,
      );
    }
    await sleep(250);
  }
  return { stop: () => end(child) };
}

function launch(logFile: string, args: readonly string[]): ChildProcess {
  const log = openSync(logFile, "a");
  // Its own process group, so that after Ctrl-C the tests can still remove their containers.
  const child = spawn("dockerd", args, { detached: true, stdio: ["ignore", log, log] });
  // A program that cannot start is treated as one that has exited.
  child.on("error", () => {});
  child.unref();
  closeSync(log);
  return child;
}

function ended(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess): Promise<void> {
  if (ended(child)) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const late = new AbortController();
  const timeout = sleep(STOP_MS, "late", { signal: late.signal }).catch(() => "late");
  if ((await Promise.race([gone, timeout])) === "late") child.kill("SIGKILL");
  late.abort();
}
