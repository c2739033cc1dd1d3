/** What the chapters share: output, setup, daemon, and texts about calls. */

import type { Daemon } from "../../test/e2e/daemon.ts";
import type { Seen } from "../../test/sandbox/edge/visit.ts";
import type { Journal } from "./journal.ts";
import type { JournalEntry } from "./journal-entry.ts";
import type { Output } from "./output.ts";
import type { Setup } from "./setup.ts";
import { until } from "./until.ts";

export interface DemoContext {
  readonly output: Output;
  readonly setup: Setup;
  /** Aborted if the demo has to end early. */
  readonly signal: AbortSignal;
}

export interface RunningDemo extends DemoContext {
  readonly daemon: Daemon;
  readonly journal: Journal;
  /** Resets the count of calls, and the clock in front of each entry. */
  readonly begin: () => void;
  /** Milliseconds since `begin`. */
  readonly clock: () => number;
  /** Always true. @throws {Error} if the daemon has exited */
  readonly alive: () => true;
  /** How many changes the daemon has logged since `begin`. */
  readonly logged: () => number;
}

/** Users of the sandbox. Alice is in the group family, Bob is not. */
export const USER = "alice";
export const FRIEND = "bob";
export const passwordOf = (user: string): string => `${user}-password`;

/** Whether exactly these changes happened, in this order, and the daemon logged as many. */
export async function didExactly(
  running: RunningDemo,
  expected: readonly string[],
): Promise<boolean> {
  const whole = await didAll(running, expected);
  const { journal } = running;
  return (
    whole &&
    changes(running)
      .map(({ what }) => what)
      .join() === expected.join() &&
    journal.writes() === journal.entries().length
  );
}

/** Whether each of these changes happened, and the daemon logged as many changes as happened. */
export function didAll(running: RunningDemo, expected: readonly string[]): Promise<boolean> {
  const { logged, signal } = running;
  const did = (what: string): boolean => changes(running).some((entry) => entry.what === what);
  return until(
    "every change is made and logged",
    () => expected.every(did) && logged() === changes(running).length,
    signal,
  ).then(
    () => true,
    () => false,
  );
}

const changes = ({ journal }: RunningDemo): readonly JournalEntry[] =>
  journal.entries().filter(({ more }) => more !== true);

/** The daemon's last warning or error. Its log contains no secrets. */
export function lastWarning({ daemon }: RunningDemo): string | undefined {
  const line = daemon.lines.findLast(({ level }) => level !== "info" && level !== "debug");
  const err = line?.["err"] as { readonly message?: string } | undefined;
  return (
    line &&
    [line.msg, line["problem"], err?.message].filter((part) => typeof part === "string").join(": ")
  );
}

export const countCalls = (journal: Journal): string => {
  const [cloudflare, authentik] = [journal.calls("cloudflare"), journal.calls("authentik")];
  return `${cloudflare === 1 ? "1 call" : `${cloudflare} calls`} to Cloudflare and ${authentik === 0 ? "none" : authentik} to Authentik`;
};

/** Whether a request reached a container. */
export const hasReached = (seen: readonly Seen[], host: string): boolean =>
  seen.some(({ decision, host: at }) => decision === "origin" && at === host);

export const teamHost = ({ sandbox }: Setup): string =>
  `${sandbox.cloudflare.state.team}.cloudflareaccess.localhost`;

export const authHost = ({ sandbox }: Setup): string => `auth.${sandbox.zone}`;
