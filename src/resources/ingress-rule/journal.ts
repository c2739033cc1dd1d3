import { type RouteKey, routeKey } from "../../core/domain/route.ts";
import { isBare, isMarked, loginCheckOf, originFingerprint, pathFor, routeOf } from "./rules.ts";
import { NO_TRIAL, type Trial } from "./trial.ts";
import type { DesiredRule, IngressRuleChange, ObservedIngressRules, RawRule } from "./types.ts";

/** The document at Cloudflare, without what this process remembers of it. */
export type RuleDocument = Pick<ObservedIngressRules, "version" | "rules" | "catchAll" | "rest">;

/**
 * What this process remembers of the tunnel's document: what it read or wrote last, what other
 * writers did to it, and which of its own writes cloudflared does not run yet.
 *
 * It is a cache. Losing it in a restart is safe; problems are only noticed later.
 */
export interface Journal {
  /** The version last read or written; undefined before the first read. */
  readonly version: number | undefined;
  /** Our marked rules as last read or written, as one text. */
  readonly own: string;
  /**
   * Foreign rules without mark and audience, as texts. They were seen beside a marked rule of ours
   * for the same route. Without ours, they would look like rules of an earlier version.
   */
  readonly strangers: ReadonlySet<string>;
  /** When other writers changed or removed our rules, in milliseconds of a monotonic clock. */
  readonly undone: readonly number[];
  /** The writes that no connector is known to run yet, oldest first. */
  readonly writes: readonly Write[];
  /** Since when a connector runs an older document than the newest; undefined while none does. */
  readonly behindSince: number | undefined;
  /**
   * Since when no connector has moved to a newer document, although there is one; undefined while
   * one runs the newest.
   */
  readonly stuckSince: number | undefined;
  /** The versions that the slowest and the fastest connector were last reported to run. */
  readonly running: { readonly slowest: number; readonly fastest: number } | undefined;
  /** Whether a connector has been behind for too long. */
  readonly behind: boolean;
  /**
   * The longest time, in milliseconds, that a document of this process was not yet reported to run
   * on any connector. Undefined while no such document has been reported: then it is unknown how
   * soon Cloudflare reports what the connectors run.
   */
  readonly lateMs: number | undefined;
  /** When to read the document again, soonest first. */
  readonly looks: readonly number[];
  readonly trial: Trial;
}

export interface Write {
  readonly version: number;
  /** In milliseconds of a monotonic clock. */
  readonly at: number;
  /** How long after the write no connector was reported to run it, in milliseconds. */
  readonly missedMs: number;
  /** The routes with a new or changed rule, and what cloudflared could refuse in it. */
  readonly opened: ReadonlyMap<RouteKey, Suspect>;
  /** The routes that admit fewer visitors, or none, once cloudflared runs it. */
  readonly closed: readonly RouteKey[];
}

/** The part of a rule that cloudflared could refuse. */
export interface Suspect {
  readonly print: string;
  /** Whether it names a file that cloudflared may not have. */
  readonly namesFile: boolean;
}

/** A change of the version that is not this process's own increment by one. */
export interface VersionJump {
  readonly from: number;
  readonly to: number;
  /** Whether it was found by a read, or another write came between our read and our write. */
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

/**
 * When to read the document after a write of ours, in milliseconds. Another writer with an old copy
 * usually overwrites it within that time.
 */
const READ_AFTER_WRITE_MS = [2_000, 12_000];
/** The longest delay of such a read, in milliseconds. */
export const MAX_READ_DELAY_MS = 300_000;
/**
 * How many times other writers undo our rules within the window before cfauth reports a second
 * writer.
 */
const CONTESTED_TIMES = 4;
const CONTESTED_WINDOW_MS = 600_000;

/** @param now - milliseconds of a monotonic clock */
export function afterRead(
  journal: Journal,
  document: RuleDocument,
  mark: string,
  now: number,
): { readonly journal: Journal; readonly jump: VersionJump | undefined } {
  const own = ownText(document, mark);
  const from = journal.version;
  const moved = from !== undefined && from !== document.version;
  const undone =
    moved && own !== journal.own
      ? [...recent(journal.undone, now), now]
      : recent(journal.undone, now);
  const behindSince = moved ? (journal.behindSince ?? now) : journal.behindSince;
  const trial = moved ? { ...journal.trial, futile: false } : journal.trial;
  return {
    journal: {
      ...journal,
      version: document.version,
      own,
      strangers: strangersIn(journal, document, mark),
      undone,
      behindSince,
      trial,
      looks: journal.looks.filter((at) => at > now),
    },
    jump: moved ? { from, to: document.version, during: "look" } : undefined,
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
    opened: new Map(changes.flatMap(openedRoutes)),
    closed: changes.flatMap(closedRoutes),
  };
  // Each time others undo our rules, the next read waits twice as long: two writers must not race.
  const factor = 2 ** Math.min(10, recent(journal.undone, now).length);
  return {
    journal: {
      ...journal,
      version: after.version,
      own: ownText(after, mark),
      strangers: strangersIn(journal, after, mark),
      writes: [...journal.writes, write],
      behindSince: journal.behindSince ?? now,
      looks: READ_AFTER_WRITE_MS.map((ms) => now + Math.min(MAX_READ_DELAY_MS, ms * factor)),
    },
    jump:
      before.version > 0 && after.version !== before.version + 1
        ? { from: before.version, to: after.version, during: "write" }
        : undefined,
  };
}

const openedRoutes = (change: IngressRuleChange): [RouteKey, Suspect][] =>
  "desired" in change ? [[routeKey(change.desired.route), suspectOf(change.desired.origin)]] : [];

export const suspectOf = (origin: {
  readonly service: string;
  readonly options: object;
}): Suspect => ({
  print: originFingerprint(origin),
  namesFile: "caPool" in origin.options,
});

/** The part that the planner and the page see. */
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
 * Whether to ask the connectors what they run. After something was closed, they are asked at once,
 * because it is only closed when they run the new document. Otherwise they are asked with the last
 * read after a write.
 */
export function shouldAskConnectors({
  behindSince,
  behind,
  looks,
  writes,
  trial,
}: Journal): boolean {
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
  const ours = new Set(rules.filter((rule) => isMarked(rule, mark)).map(routeKeyOf));
  const bare = rules
    .filter(isBare)
    .map((rule) => [JSON.stringify(rule), routeKeyOf(rule)] as const);
  return new Set(
    bare.flatMap(([text, place]) =>
      strangers.has(text) || (place !== undefined && ours.has(place)) ? [text] : [],
    ),
  );
}

function routeKeyOf(rule: RawRule): RouteKey | undefined {
  const route = routeOf(rule);
  return route === undefined ? undefined : routeKey(route);
}

const recent = (times: readonly number[], now: number): readonly number[] =>
  times.filter((at) => at > now - CONTESTED_WINDOW_MS);

const ownText = ({ rules }: RuleDocument, mark: string): string =>
  JSON.stringify(rules.filter((rule) => isMarked(rule, mark)));

/**
 * The routes that the change closes or narrows. A change that replaces a rule counts only if the
 * new rule requires a login, or clean paths, and the old one did not.
 */
function closedRoutes(change: IngressRuleChange): readonly RouteKey[] {
  if ("unmarked" in change || "reroute" in change) return [];
  const narrowed = change.existing
    .filter((rule) => !("desired" in change) || isNarrower(change.desired, rule))
    .flatMap((rule) => routeOf(rule) ?? []);
  return [...new Set(narrowed.map(routeKey))];
}

const isNarrower = (desired: DesiredRule, rule: RawRule): boolean =>
  (desired.check !== undefined && loginCheckOf(rule)?.required !== true) ||
  (desired.cleanPathsOnly && (rule.path || undefined) !== pathFor(desired));
