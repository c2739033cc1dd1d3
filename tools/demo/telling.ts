/** What the chapters share: the paper, the stage, the daemon, and how to speak of calls. */

import type { Daemon } from "../../test/e2e/daemon.ts";
import type { Seen } from "../../test/sandbox/edge/visit.ts";
import type { Deed } from "./deeds.ts";
import type { Journal } from "./journal.ts";
import type { Paper } from "./paper.ts";
import type { Stage } from "./stage.ts";
import { until } from "./until.ts";

export interface Telling {
  readonly paper: Paper;
  readonly stage: Stage;
  /** Aborted when the demo is to end before its end. */
  readonly signal: AbortSignal;
}

export interface Running extends Telling {
  readonly daemon: Daemon;
  readonly journal: Journal;
  /** Begins a new count of calls, and the clock that stands before each deed. */
  readonly begin: () => void;
  /** Milliseconds since `begin`. */
  readonly clock: () => number;
  /** Yes. @throws {Error} when the daemon has ended */
  readonly alive: () => true;
  /** How many changes the daemon's log has told of since `begin`. */
  readonly logged: () => number;
}

/** Who may enter, in the sandbox; the other is not in the family. */
export const USER = "alice";
export const FRIEND = "bob";
export const passwordOf = (user: string): string => `${user}-password`;

/** Whether these were done, in this order and nothing else, and the daemon's log tells of as many. */
export async function didJust(running: Running, expected: readonly string[]): Promise<boolean> {
  const whole = await asTold(running, expected);
  const { journal } = running;
  return (
    whole &&
    changes(running)
      .map(({ what }) => what)
      .join() === expected.join() &&
    journal.writes() === journal.deeds().length
  );
}

/** Whether each of these was done, and the daemon's log tells of as many changes as were made. */
export function asTold(running: Running, expected: readonly string[]): Promise<boolean> {
  const { logged, signal } = running;
  const did = (what: string): boolean => changes(running).some((deed) => deed.what === what);
  return until(
    "all is done, and the log tells of it",
    () => expected.every(did) && logged() === changes(running).length,
    signal,
  ).then(
    () => true,
    () => false,
  );
}

const changes = ({ journal }: Running): readonly Deed[] =>
  journal.deeds().filter(({ more }) => more !== true);

/** What the daemon last complained of; it keeps its secrets to itself. */
export function lastWords({ daemon }: Running): string | undefined {
  const line = daemon.lines.findLast(({ level }) => level !== "info" && level !== "debug");
  const err = line?.["err"] as { readonly message?: string } | undefined;
  return (
    line &&
    [line.msg, line["problem"], err?.message].filter((part) => typeof part === "string").join(": ")
  );
}

export const counted = (journal: Journal): string => {
  const [cloudflare, authentik] = [journal.calls("cloudflare"), journal.calls("authentik")];
  return `${cloudflare === 1 ? "1 call" : `${cloudflare} calls`} to Cloudflare and ${authentik === 0 ? "none" : authentik} to Authentik`;
};

/** Whether a request came as far as a container. */
export const reached = (seen: readonly Seen[], host: string): boolean =>
  seen.some(({ decision, host: at }) => decision === "origin" && at === host);

export const teamHost = ({ sandbox }: Stage): string =>
  `${sandbox.cloudflare.state.team}.cloudflareaccess.localhost`;

export const authHost = ({ sandbox }: Stage): string => `auth.${sandbox.zone}`;
