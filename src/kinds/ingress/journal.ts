import { type RouteKey, routeKey } from "../../domain/route.ts";
import { checkOf, fingerprint, isMarked, pathFor, routeOf } from "./rules.ts";
import type { IngressChange, IngressSeen, RawRule, RuleWish } from "./seen.ts";
import { judged, nextTried, noTrial, type Trial } from "./trial.ts";

/** The document as Cloudflare has it, without what this process remembers of it. */
export type RuleDocument = Pick<IngressSeen, "version" | "rules" | "catchAll" | "rest">;

/**
 * What this process remembers of the tunnel's document: what it saw or wrote last, what others did to it, and which of its own
 * writes cloudflared does not run yet. It is a cache: without it nothing is unsafe, a restart only judges later.
 */
export interface Journal {
  /** The version last seen or written; undefined before the first look. */
  readonly version: number | undefined;
  /** Our marked rules as last seen or written, as one text. */
  readonly own: string;
  /** When others changed or removed rules of ours, in milliseconds of a clock that only grows. */
  readonly undone: readonly number[];
  /** The writes that no connector is known to run yet, oldest first. */
  readonly writes: readonly Write[];
  /** Since when a connector runs on an older document than the newest; undefined while none does. */
  readonly behindSince: number | undefined;
  /** Whether that has lasted longer than the patience. */
  readonly behind: boolean;
  /** When to look at the document again, soonest first. */
  readonly looks: readonly number[];
  readonly trial: Trial;
}

export interface Write {
  readonly version: number;
  /** The routes whose rule is new or different, with what cloudflared could refuse of it. */
  readonly opened: ReadonlyMap<RouteKey, string>;
  /** The routes that admit fewer visitors, or none, once cloudflared runs it. */
  readonly closed: readonly RouteKey[];
}

/** A move of the version that is not this process's own step by one. */
export interface Jump {
  readonly from: number;
  readonly to: number;
  /** Whether it was found while looking, or another write came between our read and our write. */
  readonly during: "look" | "write";
}

export const noJournal: Journal = {
  version: undefined,
  own: "",
  undone: [],
  writes: [],
  behindSince: undefined,
  behind: false,
  looks: [],
  trial: noTrial,
};

/** When to look at the document after a write of ours, in milliseconds: another writer with an old copy is mostly that late. */
const LOOKS_AFTER_MS = [2_000, 12_000];
/** How long a connector may take to run a new document before that is a problem, in milliseconds. */
const BEHIND_PATIENCE_MS = 15_000;
/** How long all of them may run an older one before rules of ours are taken back, in milliseconds: that closes what people use. */
const TAKE_BACK_MS = 30_000;
/** How soon to look once more while rules that were taken back are still to be tried, in milliseconds. */
const TRIAL_LOOK_MS = 8_000;
/** No look for one of these reasons waits longer than this, in milliseconds. */
const LONGEST_LOOK_MS = 300_000;
/** So many times within this window others undo rules of ours before cfauth reports a second writer. */
const CONTESTED_TIMES = 4;
const CONTESTED_WINDOW_MS = 600_000;

/** @param now - milliseconds of a clock that only grows */
export function afterLook(
  journal: Journal,
  seen: RuleDocument,
  mark: string,
  now: number,
): { readonly journal: Journal; readonly jump: Jump | undefined } {
  const own = ownText(seen, mark);
  const from = journal.version;
  const moved = from !== undefined && from !== seen.version;
  const undone = moved && own !== journal.own ? [...recent(journal.undone, now), now] : recent(journal.undone, now);
  const behindSince = moved ? (journal.behindSince ?? now) : journal.behindSince;
  const trial = moved ? { ...journal.trial, futile: false } : journal.trial;
  return {
    journal: { ...journal, version: seen.version, own, undone, behindSince, trial, looks: journal.looks.filter((at) => at > now) },
    jump: moved ? { from, to: seen.version, during: "look" } : undefined,
  };
}

export interface Written {
  readonly before: RuleDocument;
  readonly after: RuleDocument;
  readonly changes: readonly IngressChange[];
}

export function afterWrite(
  journal: Journal,
  { before, after, changes }: Written,
  mark: string,
  now: number,
): { readonly journal: Journal; readonly jump: Jump | undefined } {
  const write: Write = {
    version: after.version,
    opened: new Map(changes.flatMap(openedBy)),
    closed: changes.flatMap(closedBy),
  };
  // Each time others undo our rules the next look waits twice as long: two writers must not chase each other.
  const slower = 2 ** Math.min(10, recent(journal.undone, now).length);
  return {
    journal: {
      ...journal,
      version: after.version,
      own: ownText(after, mark),
      writes: [...journal.writes, write],
      behindSince: journal.behindSince ?? now,
      looks: LOOKS_AFTER_MS.map((ms) => now + Math.min(LONGEST_LOOK_MS, ms * slower)),
    },
    jump:
      before.version > 0 && after.version !== before.version + 1 ? { from: before.version, to: after.version, during: "write" } : undefined,
  };
}

const openedBy = (change: IngressChange): [RouteKey, string][] =>
  "wish" in change ? [[routeKey(change.wish.route), fingerprint(change.wish.origin)]] : [];

/** @param running - the version of each connector that reports it; if it is empty, no visitor is served or nothing is known */
export function afterAsking(journal: Journal, seen: RuleDocument, running: readonly number[], mark: string, now: number): Journal {
  const oldest = Math.min(...running, seen.version);
  const writes = journal.writes.filter(({ version }) => version > oldest);
  if (oldest >= seen.version) {
    const trial = { ...journal.trial, futile: false };
    const calm = { ...journal, trial, writes: [], behindSince: undefined, behind: false };
    if (journal.looks.length > 0 || journal.trial.groups.length === 0) return calm;
    return { ...calm, trial: nextTried(trial), looks: [now + TRIAL_LOOK_MS] };
  }
  const since = journal.behindSince ?? now;
  const waited = now - since;
  const late = waited >= BEHIND_PATIENCE_MS;
  // First when the patience is over, then after twice as long each time.
  const next = now + Math.min(LONGEST_LOOK_MS, late ? waited : BEHIND_PATIENCE_MS - waited);
  const looks = journal.looks.length === 0 ? [next] : journal.looks;
  const waiting = { ...journal, writes, behindSince: since, behind: journal.behind || late, looks };
  // One connector of several that hangs refuses nothing: what the others run is no reason to take anything back.
  if (waited < TAKE_BACK_MS || Math.max(...running) >= seen.version) return waiting;
  const opened = new Map(writes.flatMap((write) => [...write.opened]));
  const trial = judged(journal.trial, opened.size > 0 ? opened : withTexts(seen.rules, mark));
  // What is taken back is written, and cloudflared has to take that over in its turn.
  return trial === journal.trial ? waiting : { ...waiting, trial, behindSince: now };
}

/** Of a process that has just started: only texts from labels can be wrong in a way that cfauth cannot check beforehand. */
function withTexts(rules: readonly RawRule[], mark: string): ReadonlyMap<RouteKey, string> {
  return new Map(
    rules.flatMap((rule) => {
      const route = isMarked(rule, mark) ? routeOf(rule) : undefined;
      const { access: _, ...options } = rule.originRequest ?? {};
      if (route === undefined || !Object.values(options).some((value) => typeof value === "string")) return [];
      return [[routeKey(route), fingerprint({ service: rule.service, options })] as const];
    }),
  );
}

/** What of it the planner and the page are shown. */
export const seenIn = (
  journal: Journal,
  now: number,
): Pick<IngressSeen, "behind" | "unconfirmed" | "withheld" | "contested" | "lookAt"> => ({
  behind: journal.behind,
  unconfirmed: [...new Set(journal.writes.flatMap(({ closed }) => closed))],
  withheld: journal.trial.withheld,
  contested: recent(journal.undone, now).length >= CONTESTED_TIMES,
  lookAt: journal.looks[0],
});

/**
 * Whether it is worth a call to ask the connectors what they run: at once where something was closed, since that is not done before
 * they run it; else with the last look after a write.
 */
export function isUnsure({ behindSince, behind, looks, writes, trial }: Journal): boolean {
  if (trial.groups.length > 0 || behind) return true;
  return behindSince !== undefined && (looks.length === 0 || writes.some(({ closed }) => closed.length > 0));
}

const recent = (times: readonly number[], now: number): readonly number[] => times.filter((at) => at > now - CONTESTED_WINDOW_MS);

const ownText = ({ rules }: RuleDocument, mark: string): string => JSON.stringify(rules.filter((rule) => isMarked(rule, mark)));

/** Of a change that replaces a rule by another: only where the new one asks for a login, or for clean paths, and the old did not. */
function closedBy(change: IngressChange): readonly RouteKey[] {
  if ("unmarked" in change || "reroute" in change) return [];
  const narrowed = change.at.filter((rule) => !("wish" in change) || isNarrower(change.wish, rule)).flatMap((rule) => routeOf(rule) ?? []);
  return [...new Set(narrowed.map(routeKey))];
}

const isNarrower = (wish: RuleWish, rule: RawRule): boolean =>
  (wish.check !== undefined && checkOf(rule)?.required !== true) || (wish.clean && (rule.path || undefined) !== pathFor(wish));
