import { type RouteKey, routeKey } from "../../core/domain/route.ts";
import {
  type Journal,
  LONGEST_LOOK_MS,
  type RuleDocument,
  type Suspect,
  suspect,
} from "./journal.ts";
import { isMarked, isPlaceholderRule, routeOf } from "./rules.ts";
import { judgeTrial, nextTried, type Trial } from "./trial.ts";
import type { RawRule } from "./types.ts";

/** How long a connector may take to run a new document before that is a problem, in milliseconds. */
const BEHIND_PATIENCE_MS = 15_000;
/** How long all of them may run an older one before rules of ours are taken back, in milliseconds: that closes what people use. */
const TAKE_BACK_MS = 30_000;
/** The same where it is not known that Cloudflare reports in time what they run, or known that it does not, in milliseconds. */
const LONGEST_TAKE_BACK_MS = 600_000;
/** How soon to look once more while rules that were taken back are still to be tried, in milliseconds. */
const TRIAL_LOOK_MS = 8_000;

/**
 * What follows from the answer of the connectors.
 *
 * @param running - the version of each connector that reports it; if it is empty, no visitor is served or nothing is known
 * @param now - milliseconds of a clock that only grows
 */
export function afterAsking(
  journal: Journal,
  seen: RuleDocument,
  running: readonly number[],
  mark: string,
  now: number,
): Journal {
  const slowest = Math.min(...running, seen.version);
  const fastest = Math.max(...running);
  const writes = journal.writes
    .filter(({ version }) => version > slowest)
    .map((write) => (write.version > fastest ? { ...write, missedMs: now - write.at } : write));
  const asked = {
    ...journal,
    writes,
    running: { slowest, fastest },
    lateMs: lateBy(journal, fastest),
  };
  if (slowest >= seen.version) {
    const trial = { ...journal.trial, futile: false };
    const calm = {
      ...asked,
      writes: [],
      trial,
      behindSince: undefined,
      stuckSince: undefined,
      behind: false,
    };
    if (journal.looks.length > 0 || journal.trial.groups.length === 0) return calm;
    return { ...calm, trial: nextTried(trial), looks: [now + TRIAL_LOOK_MS] };
  }
  const behindSince = lasting(
    journal,
    journal.behindSince,
    { before: journal.running?.slowest, version: slowest },
    now,
  );
  const waitedMs = now - behindSince;
  const late = waitedMs >= BEHIND_PATIENCE_MS;
  // First when the patience is over, then after twice as long each time.
  const next = now + Math.min(LONGEST_LOOK_MS, late ? waitedMs : BEHIND_PATIENCE_MS - waitedMs);
  const looks = journal.looks.length === 0 ? [next] : journal.looks;
  const waiting = {
    ...asked,
    behindSince,
    stuckSince: undefined,
    behind: journal.behind || late,
    looks,
  };
  // One connector of several that hangs refuses nothing: what the others run is no reason to take anything back.
  if (fastest >= seen.version) return waiting;
  const stuckSince = lasting(
    journal,
    journal.stuckSince,
    { before: journal.running?.fastest, version: fastest },
    now,
  );
  const trial = tried(waiting, seen, mark, now - stuckSince);
  // What is taken back is written, and cloudflared has to take that over in its turn.
  return trial === journal.trial
    ? { ...waiting, stuckSince }
    : { ...waiting, trial, behindSince: now, stuckSince: now };
}

/** Since when the next document is awaited: for a connector that has moved on, since the first write that it does not run yet. */
function lasting(
  { writes }: Journal,
  since: number | undefined,
  { before, version }: { readonly before: number | undefined; readonly version: number },
  now: number,
): number {
  const moved = before !== undefined && version > before;
  return since !== undefined && !moved
    ? since
    : (writes.find((write) => write.version > version)?.at ?? now);
}

const lateBy = ({ writes, lateMs }: Journal, fastest: number): number | undefined => {
  const reached = writes.find(({ version }) => version === fastest);
  return reached === undefined ? lateMs : Math.max(reached.missedMs, lateMs ?? 0);
};

/**
 * While no document of this process has been reported to run, the report may just be late: then a rule that can do no harm is no
 * suspect. A CA file that cloudflared does not have is what it is known to refuse a document for.
 */
function tried(
  { trial, writes, lateMs }: Journal,
  { rules }: RuleDocument,
  mark: string,
  waitedMs: number,
): Trial {
  if (waitedMs < Math.min(LONGEST_TAKE_BACK_MS, Math.max(TAKE_BACK_MS, 2 * (lateMs ?? 0))))
    return trial;
  const opened = new Map(writes.flatMap((write) => [...write.opened]));
  const suspects = opened.size > 0 ? opened : withTexts(rules, mark);
  const wary = lateMs === undefined && waitedMs < LONGEST_TAKE_BACK_MS;
  return judgeTrial(
    trial,
    new Map([...suspects].flatMap(([key, it]) => (it.namesFile || !wary ? [[key, it.print]] : []))),
  );
}

/** Of a process that has just started: only texts from labels can be wrong in a way that cfauth cannot check beforehand. */
function withTexts(rules: readonly RawRule[], mark: string): ReadonlyMap<RouteKey, Suspect> {
  return new Map(
    rules.flatMap((rule) => {
      const route =
        isMarked(rule, mark) && !isPlaceholderRule(rule, mark) ? routeOf(rule) : undefined;
      const { access: _, ...options } = rule.originRequest ?? {};
      if (route === undefined || !Object.values(options).some((value) => typeof value === "string"))
        return [];
      return [[routeKey(route), suspect({ service: rule.service, options })] as const];
    }),
  );
}
