import { type RouteKey, routeKey } from "../../core/domain/route.ts";
import { isBare, isMarked, loginCheckOf, originFingerprint, pathFor, routeOf } from "./rules.ts";
import { NO_TRIAL, type Trial } from "./trial.ts";
import type { DesiredRule, IngressRuleChange, ObservedIngressRules, RawRule } from "./types.ts";

/** The document as Cloudflare has it, without what this process remembers of it. */
export type RuleDocument = Pick<ObservedIngressRules, "version" | "rules" | "catchAll" | "rest">;

/**
 * What this process remembers of the tunnel's document: what it saw or wrote last, what others did to it, and which of its own
 * writes cloudflared does not run yet. It is a cache: without it nothing is unsafe, a restart only judges later.
 */
export interface Journal {
  /** The version last seen or written; undefined before the first look. */
  readonly version: number | undefined;
  /** Our marked rules as last seen or written, as one text. */
  readonly own: string;
  /**
   * Rules without mark and audience that stood beside a marked rule of ours for the same route, as texts: others made them. Without ours
   * they look like rules of an earlier version.
   */
  readonly strangers: ReadonlySet<string>;
  /** When others changed or removed rules of ours, in milliseconds of a clock that only grows. */
  readonly undone: readonly number[];
  /** The writes that no connector is known to run yet, oldest first. */
  readonly writes: readonly Write[];
  /** Since when a connector runs on an older document than the newest; undefined while none does. */
  readonly behindSince: number | undefined;
  /** Since when none of them has come to a newer one, though there is one; undefined while one runs the newest. */
  readonly stuckSince: number | undefined;
  /** What the slowest and the fastest of them were last reported to run. */
  readonly running: { readonly slowest: number; readonly fastest: number } | undefined;
  /** Whether that has lasted longer than the patience. */
  readonly behind: boolean;
  /**
   * How long at most a document that this process wrote was not yet reported to run on any connector, in milliseconds. Undefined while
   * none has been reported at all: then it is not known how soon Cloudflare reports what they run.
   */
  readonly lateMs: number | undefined;
  /** When to look at the document again, soonest first. */
  readonly looks: readonly number[];
  readonly trial: Trial;
}

export interface Write {
  readonly version: number;
  /** In milliseconds of a clock that only grows. */
  readonly at: number;
  /** How long after it no connector was seen to run it, in milliseconds. */
  readonly missedMs: number;
  /** The routes whose rule is new or different, with what cloudflared could refuse of it. */
  readonly opened: ReadonlyMap<RouteKey, Suspect>;
  /** The routes that admit fewer visitors, or none, once cloudflared runs it. */
  readonly closed: readonly RouteKey[];
}

/** What of a rule cloudflared could refuse. */
export interface Suspect {
  readonly print: string;
  /** Whether it names a file that cloudflared may not have. */
  readonly namesFile: boolean;
}

/** A move of the version that is not this process's own step by one. */
export interface VersionJump {
  readonly from: number;
  readonly to: number;
  /** Whether it was found while looking, or another write came between our read and our write. */
  readonly during: "look" | "write";
}

export const EMPTY_JOURNAL: Journal = {
  version: undefined,
  own: "",
  strangers: new Set(),
  undone: [],
  writes: [],
  behindSince: undefined,
  stuckSince: undefined,
  running: undefined,
  behind: false,
  lateMs: undefined,
  looks: [],
  trial: NO_TRIAL,
};

/** When to look at the document after a write of ours, in milliseconds: another writer with an old copy is mostly that late. */
const LOOKS_AFTER_MS = [2_000, 12_000];
/** No look for one of these reasons waits longer than this, in milliseconds. */
export const LONGEST_LOOK_MS = 300_000;
/** So many times within this window others undo rules of ours before cfauth reports a second writer. */
const CONTESTED_TIMES = 4;
const CONTESTED_WINDOW_MS = 600_000;

/** @param now - milliseconds of a clock that only grows */
export function afterLook(
  journal: Journal,
  seen: RuleDocument,
  mark: string,
  now: number,
): { readonly journal: Journal; readonly jump: VersionJump | undefined } {
  const own = ownText(seen, mark);
  const from = journal.version;
  const moved = from !== undefined && from !== seen.version;
  const undone =
    moved && own !== journal.own
      ? [...recent(journal.undone, now), now]
      : recent(journal.undone, now);
  const behindSince = moved ? (journal.behindSince ?? now) : journal.behindSince;
  const trial = moved ? { ...journal.trial, futile: false } : journal.trial;
  return {
    journal: {
      ...journal,
      version: seen.version,
      own,
      strangers: strangersIn(journal, seen, mark),
      undone,
      behindSince,
      trial,
      looks: journal.looks.filter((at) => at > now),
    },
    jump: moved ? { from, to: seen.version, during: "look" } : undefined,
  };
}

export interface Written {
  readonly before: RuleDocument;
  readonly after: RuleDocument;
  readonly changes: readonly IngressRuleChange[];
}

export function afterWrite(
  journal: Journal,
  { before, after, changes }: Written,
  mark: string,
  now: number,
): { readonly journal: Journal; readonly jump: VersionJump | undefined } {
  const write: Write = {
    version: after.version,
    at: now,
    missedMs: 0,
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
      strangers: strangersIn(journal, after, mark),
      writes: [...journal.writes, write],
      behindSince: journal.behindSince ?? now,
      looks: LOOKS_AFTER_MS.map((ms) => now + Math.min(LONGEST_LOOK_MS, ms * slower)),
    },
    jump:
      before.version > 0 && after.version !== before.version + 1
        ? { from: before.version, to: after.version, during: "write" }
        : undefined,
  };
}

const openedBy = (change: IngressRuleChange): [RouteKey, Suspect][] =>
  "desired" in change ? [[routeKey(change.desired.route), suspect(change.desired.origin)]] : [];

export const suspect = (origin: {
  readonly service: string;
  readonly options: object;
}): Suspect => ({
  print: originFingerprint(origin),
  namesFile: "caPool" in origin.options,
});

/** What of it the planner and the page are shown. */
export const journalFacts = (
  journal: Journal,
  now: number,
): Pick<
  ObservedIngressRules,
  "strangers" | "behind" | "unconfirmed" | "withheld" | "contested" | "observeAgainAt"
> => ({
  strangers: journal.strangers,
  behind: journal.behind,
  unconfirmed: [...new Set(journal.writes.flatMap(({ closed }) => closed))],
  withheld: journal.trial.withheld,
  contested: recent(journal.undone, now).length >= CONTESTED_TIMES,
  observeAgainAt: journal.looks[0],
});

/**
 * Whether it is worth a call to ask the connectors what they run: at once where something was closed, since that is not done before
 * they run it; else with the last look after a write.
 */
export function isUnsure({ behindSince, behind, looks, writes, trial }: Journal): boolean {
  if (trial.groups.length > 0 || behind) return true;
  return (
    behindSince !== undefined &&
    (looks.length === 0 || writes.some(({ closed }) => closed.length > 0))
  );
}

function strangersIn(
  { strangers }: Journal,
  { rules }: RuleDocument,
  mark: string,
): ReadonlySet<string> {
  const ours = new Set(rules.filter((rule) => isMarked(rule, mark)).map(placeOf));
  const bare = rules.filter(isBare).map((rule) => [JSON.stringify(rule), placeOf(rule)] as const);
  return new Set(
    bare.flatMap(([text, place]) =>
      strangers.has(text) || (place !== undefined && ours.has(place)) ? [text] : [],
    ),
  );
}

function placeOf(rule: RawRule): RouteKey | undefined {
  const route = routeOf(rule);
  return route === undefined ? undefined : routeKey(route);
}

const recent = (times: readonly number[], now: number): readonly number[] =>
  times.filter((at) => at > now - CONTESTED_WINDOW_MS);

const ownText = ({ rules }: RuleDocument, mark: string): string =>
  JSON.stringify(rules.filter((rule) => isMarked(rule, mark)));

/** Of a change that replaces a rule by another: only where the new one asks for a login, or for clean paths, and the old did not. */
function closedBy(change: IngressRuleChange): readonly RouteKey[] {
  if ("unmarked" in change || "reroute" in change) return [];
  const narrowed = change.existing
    .filter((rule) => !("desired" in change) || isNarrower(change.desired, rule))
    .flatMap((rule) => routeOf(rule) ?? []);
  return [...new Set(narrowed.map(routeKey))];
}

const isNarrower = (desired: DesiredRule, rule: RawRule): boolean =>
  (desired.check !== undefined && loginCheckOf(rule)?.required !== true) ||
  (desired.cleanPathsOnly && (rule.path || undefined) !== pathFor(desired));
