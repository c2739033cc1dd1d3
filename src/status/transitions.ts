import type { Protection } from "../core/domain/exposure.ts";
import { type Problem, problemKey } from "../core/domain/problem.ts";
import type { RouteKey } from "../core/domain/route.ts";
import type { DriftCorrection } from "./drift.ts";
import type { HandoverNotice } from "./handover-notices.ts";
import type { RouteStatus, Since } from "./report.ts";

/** The state at the end of a pass. */
export interface StatusSnapshot {
  readonly routes: readonly RouteStatus[];
  readonly problems: readonly Problem[];
}

/** What to report after a pass: the differences from what was reported before. */
export interface StatusTransitions {
  readonly opened: readonly RouteStatus[];
  /**
   * Open routes that are public now and were closed or protected before. Authentik's own hostname
   * is not included.
   */
  readonly published: readonly RouteStatus[];
  /** Live before and now, with a different origin or different people who may enter. */
  readonly changed: readonly ChangedRoute[];
  /**
   * Authentik's own hostname, once it is live. Reported after each start, because it is the only
   * open route that no label made public.
   */
  readonly loginRouteOpened: readonly RouteStatus[];
  readonly closing: readonly RouteStatus[];
  /** Closing routes whose container came back in time. */
  readonly kept: readonly RouteStatus[];
  readonly closed: readonly RouteStatus[];
  readonly waiting: readonly RouteStatus[];
  readonly problems: readonly Problem[];
  readonly solved: readonly Problem[];
  /** Drift that cfauth corrected. */
  readonly corrected: readonly DriftCorrection[];
  /** Routes that now lead to another party's container. */
  readonly changedHands: readonly HandoverNotice[];
  /** When each problem began, by its key. A transient problem is reported only after a delay. */
  readonly since: Since;
}

export interface ChangedRoute {
  readonly route: RouteStatus;
  /** `http://app:80 → http://app:81`; absent if it did not change. */
  readonly origin?: string;
  /** The same for who may enter, in words. */
  readonly entrants?: string;
}

/** What has been reported, so that each fact is reported once. */
export interface ReportedStatus {
  /** The routes known to be open, with their details when they were last live. */
  readonly open: ReadonlyMap<RouteKey, Live | undefined>;
  readonly public: ReadonlySet<RouteKey>;
  readonly loginRouteOpened: ReadonlySet<RouteKey>;
  readonly closing: ReadonlySet<RouteKey>;
  /** For each waiting route: every reason that was reported. */
  readonly waiting: ReadonlyMap<RouteKey, ReadonlySet<string>>;
  readonly problems: ReadonlyMap<string, Problem>;
}

interface Live {
  readonly route: RouteStatus;
  readonly protection: Protection | undefined;
}

export const NOTHING_REPORTED: ReportedStatus = {
  open: new Map(),
  public: new Set(),
  loginRouteOpened: new Set(),
  closing: new Set(),
  waiting: new Map(),
  problems: new Map(),
};

/** The ingress rules that admit anyone, as deployed. */
export type Rules = ReadonlyMap<RouteKey, { readonly public: boolean }>;

/** Routes that are open when cfauth starts count as reported. */
export const assumeReported = (rules: Rules): ReportedStatus => ({
  ...NOTHING_REPORTED,
  open: new Map([...rules.keys()].map((key) => [key, undefined])),
  public: publicOf(rules),
});

export interface StatusFacts extends StatusSnapshot {
  readonly rules: Rules;
  /** What the labels request. */
  readonly protections: ReadonlyMap<RouteKey, Protection>;
  readonly corrected: readonly DriftCorrection[];
  readonly changedHands: readonly HandoverNotice[];
  /** When each problem began, by its key. */
  readonly since: Since;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How long a transient problem must last before it is reported, in milliseconds. */
  readonly thresholdMs: number;
}

/**
 * Computes what to report after a pass, and what counts as reported from then on. A route that
 * comes back within its grace period is reported as kept, not as opened, because it was open all
 * the time. The same holds for a route whose labels were wrong for a while.
 */
export function diffStatus(
  reported: ReportedStatus,
  now: StatusFacts,
): { readonly news: StatusTransitions; readonly reported: ReportedStatus } {
  const { routes, rules } = now;
  const live = routes.filter(({ state }) => state === "live");
  const byKey = new Map(routes.map((route) => [route.key, route]));
  const gone = [...reported.open].filter(
    ([key]) => !rules.has(key) && byKey.get(key)?.state !== "live",
  );
  const lasting = now.problems.filter(
    (problem) => problem.passing !== true || now.at - sinceOf(problem, now) >= now.thresholdMs,
  );
  const fresh = unique(lasting.filter((problem) => !reported.problems.has(problemKey(problem))));
  const problemsByKey = new Map(now.problems.map((problem) => [problemKey(problem), problem]));
  const closing = routes.filter(({ key, state }) => state === "closing" && reported.open.has(key));
  const waiting = routes.filter(({ state }) => state === "waiting");
  const news: StatusTransitions = {
    opened: live.filter(({ key }) => !reported.open.has(key)),
    published: live.filter(
      (route) =>
        route.access === "public" && route.login !== true && !reported.public.has(route.key),
    ),
    changed: live.flatMap(
      (route) => changeOf(reported.open.get(route.key), liveOf(route, now)) ?? [],
    ),
    loginRouteOpened: live.filter(
      (route) => route.login === true && !reported.loginRouteOpened.has(route.key),
    ),
    closing: closing.filter(({ key }) => !reported.closing.has(key)),
    kept: live.filter(({ key }) => reported.closing.has(key)),
    closed: gone.map(([key, last]) => byKey.get(key) ?? last?.route ?? { ...UNKNOWN_ROUTE, key }),
    waiting: waiting.filter(
      (route) => reported.waiting.get(route.key)?.has(reasonOf(route)) !== true,
    ),
    problems: fresh,
    solved: [...reported.problems].flatMap(([key, problem]) =>
      problemsByKey.has(key) ? [] : [problem],
    ),
    corrected: now.corrected,
    changedHands: now.changedHands,
    since: now.since,
  };
  const kept = [...reported.open].filter(([key]) => !gone.some(([it]) => it === key));
  return {
    news,
    reported: {
      open: new Map([
        ...kept,
        ...live.map((route): [RouteKey, Live] => [route.key, liveOf(route, now)]),
      ]),
      public: new Set(
        [...reported.public, ...live.filter(({ access }) => access === "public").map(keyOf)].filter(
          (key) => isStillPublic(key, now),
        ),
      ),
      loginRouteOpened: new Set([
        ...reported.loginRouteOpened,
        ...news.loginRouteOpened.map(keyOf),
      ]),
      closing: new Set(closing.map(keyOf)),
      waiting: new Map(
        waiting.map((route) => [
          route.key,
          new Set([...(reported.waiting.get(route.key) ?? []), reasonOf(route)]),
        ]),
      ),
      problems: new Map([
        ...[...reported.problems.keys()].flatMap((key): [string, Problem][] =>
          entryOf(key, problemsByKey.get(key)),
        ),
        ...fresh.map((problem): [string, Problem] => [problemKey(problem), problem]),
      ]),
    },
  };
}

const UNKNOWN_ROUTE = {
  container: undefined,
  origin: undefined,
  access: undefined,
  state: "closing",
  reason: undefined,
} as const;

const keyOf = ({ key }: RouteStatus): RouteKey => key;

const entryOf = (key: string, problem: Problem | undefined): [string, Problem][] =>
  problem === undefined ? [] : [[key, problem]];

const publicOf = (rules: Rules): ReadonlySet<RouteKey> =>
  new Set([...rules].flatMap(([key, rule]) => (rule.public ? [key] : [])));

const isStillPublic = (key: RouteKey, { rules }: StatusFacts): boolean =>
  rules.get(key)?.public === true;

const unique = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((problem) => [problemKey(problem), problem])).values(),
];

const sinceOf = (problem: Problem, { since, at }: StatusFacts): number =>
  since.get(problemKey(problem)) ?? at;

/** Numbers within a reason count down; a different number is not a different reason. */
const reasonOf = ({ reason }: RouteStatus): string => reason?.replace(/\d+/g, "#") ?? "";

const liveOf = (route: RouteStatus, { protections }: StatusFacts): Live => ({
  route,
  protection: protections.get(route.key),
});

function changeOf(before: Live | undefined, now: Live): ChangedRoute | undefined {
  if (before === undefined) return undefined;
  const [origin, entering] = [originChange(before, now), entrantsChange(before, now)];
  if (origin === undefined && entering === undefined) return undefined;
  return {
    route: now.route,
    ...(origin !== undefined && { origin }),
    ...(entering !== undefined && { entrants: entering }),
  };
}

const originChange = ({ route: before }: Live, { route: now }: Live): string | undefined =>
  before.origin === now.origin
    ? undefined
    : `${before.origin ?? "nowhere"} → ${now.origin ?? "nowhere"}`;

function entrantsChange(before: Live, now: Live): string | undefined {
  if (
    before.protection === undefined ||
    now.protection === undefined ||
    audienceKey(before.protection) === audienceKey(now.protection)
  )
    return undefined;
  const [was = "nobody", is = "nobody"] = [before.route.who, now.route.who];
  return was === is ? `${is} (different ones than before)` : `${was} → ${is}`;
}

const audienceKey = (protection: Protection): string =>
  protection.kind === "authentik" ? JSON.stringify(protection.audience) : "anyone";
