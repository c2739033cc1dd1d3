import { type RouteKey, routeKey } from "../../core/domain/route.ts";
import {
  type Journal,
  MAX_READ_DELAY_MS,
  type RuleDocument,
  type Suspect,
  suspectOf,
} from "./journal.ts";
import { isMarked, isPlaceholderRule, routeOf } from "./rules.ts";
import { judgeTrial, retryNextGroup, type Trial } from "./trial.ts";
import type { RawRule } from "./types.ts";

/** How long a connector may take to run a new document before it is a problem, in milliseconds. */
const BEHIND_THRESHOLD_MS = 15_000;
/**
 * How long all connectors may run an older document before our rules are rolled back, in
 * milliseconds. A rollback closes routes that people use.
 */
const ROLLBACK_AFTER_MS = 30_000;
/**
 * The limit, in milliseconds, if Cloudflare reports late what the connectors run, or if that is
 * unknown.
 */
const MAX_ROLLBACK_AFTER_MS = 600_000;
/** When to read again while rules that were rolled back are still to be tried, in milliseconds. */
const TRIAL_READ_DELAY_MS = 8_000;

/**
 * The journal after the connectors reported what they run.
 *
 * @param running - the version of each connector that reports one; if empty, no visitor is served
 *   or nothing is known
 * @param now - milliseconds of a monotonic clock
 */
export function afterReport(
  journal: Journal,
  document: RuleDocument,
  running: readonly number[],
  mark: string,
  now: number,
): Journal {
  const slowest = Math.min(...running, document.version);
  const fastest = Math.max(...running);
  const writes = journal.writes
    .filter(({ version }) => version > slowest)
    .map((write) => (write.version > fastest ? { ...write, missedMs: now - write.at } : write));
  const reported = {
    ...journal,
    writes,
    running: { slowest, fastest },
    lateMs: reportDelay(journal, fastest),
  };
  if (slowest >= document.version) {
    const trial = { ...journal.trial, futile: false };
    const settled = {
      ...reported,
      writes: [],
      trial,
      behindSince: undefined,
      stuckSince: undefined,
      behind: false,
    };
    if (journal.looks.length > 0 || journal.trial.groups.length === 0) return settled;
    return { ...settled, trial: retryNextGroup(trial), looks: [now + TRIAL_READ_DELAY_MS] };
  }
  const behindSince = pendingSince(
    journal,
    journal.behindSince,
    { before: journal.running?.slowest, version: slowest },
    now,
  );
  const waitedMs = now - behindSince;
  const isBehind = waitedMs >= BEHIND_THRESHOLD_MS;
  // First when the threshold is reached, then after twice as long each time.
  const next =
    now + Math.min(MAX_READ_DELAY_MS, isBehind ? waitedMs : BEHIND_THRESHOLD_MS - waitedMs);
  const looks = journal.looks.length === 0 ? [next] : journal.looks;
  const waiting = {
    ...reported,
    behindSince,
    stuckSince: undefined,
    behind: journal.behind || isBehind,
    looks,
  };
  // If only some connectors hang, cloudflared does not refuse the document: roll nothing back.
  if (fastest >= document.version) return waiting;
  const stuckSince = pendingSince(
    journal,
    journal.stuckSince,
    { before: journal.running?.fastest, version: fastest },
    now,
  );
  const trial = judgeSuspects(waiting, document, mark, now - stuckSince);
  // A rollback is a write too, and cloudflared needs time to run it.
  return trial === journal.trial
    ? { ...waiting, stuckSince }
    : { ...waiting, trial, behindSince: now, stuckSince: now };
}

/**
 * Since when the next document is pending. For a connector that has moved on, since the first write
 * that it does not run yet.
 */
function pendingSince(
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

const reportDelay = ({ writes, lateMs }: Journal, fastest: number): number | undefined => {
  const reached = writes.find(({ version }) => version === fastest);
  return reached === undefined ? lateMs : Math.max(reached.missedMs, lateMs ?? 0);
};

/**
 * While no document of this process has been reported to run, the report may just be late. Then
 * only a rule that names a CA file is a suspect: cloudflared is known to refuse a document for a
 * missing one.
 */
function judgeSuspects(
  { trial, writes, lateMs }: Journal,
  { rules }: RuleDocument,
  mark: string,
  waitedMs: number,
): Trial {
  if (waitedMs < Math.min(MAX_ROLLBACK_AFTER_MS, Math.max(ROLLBACK_AFTER_MS, 2 * (lateMs ?? 0))))
    return trial;
  const opened = new Map(writes.flatMap((write) => [...write.opened]));
  const suspects = opened.size > 0 ? opened : rulesWithTexts(rules, mark);
  const reportMayBeLate = lateMs === undefined && waitedMs < MAX_ROLLBACK_AFTER_MS;
  const likely = [...suspects].filter(([, { namesFile }]) => namesFile || !reportMayBeLate);
  return judgeTrial(trial, new Map(likely.map(([key, { print }]) => [key, print])));
}

/**
 * The suspects of a process that has just started. Only texts from labels can be wrong in a way
 * that cfauth cannot check beforehand.
 */
function rulesWithTexts(rules: readonly RawRule[], mark: string): ReadonlyMap<RouteKey, Suspect> {
  return new Map(
    rules.flatMap((rule) => {
      const route =
        isMarked(rule, mark) && !isPlaceholderRule(rule, mark) ? routeOf(rule) : undefined;
      const { access: _, ...options } = rule.originRequest ?? {};
      if (route === undefined || !Object.values(options).some((value) => typeof value === "string"))
        return [];
      return [[routeKey(route), suspectOf({ service: rule.service, options })] as const];
    }),
  );
}
