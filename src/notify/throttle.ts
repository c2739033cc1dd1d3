import { type Problem, problemKey } from "../core/domain/problem.ts";
import type { StatusTransitions } from "../status/transitions.ts";
import {
  type NotificationEvent,
  problemOpened,
  problemSolved,
  routeChangedHands,
  routeClosed,
  routeOpened,
  routePublic,
} from "./event.ts";

/** A problem is worth a message once it has lasted so long: what somebody is just typing is not. Milliseconds. */
const LASTING_MS = 60_000;

/** The same problem is told at most so often. Milliseconds. */
const DAY_MS = 86_400_000;

/** What there is to remember for being quiet. */
export interface ThrottleState {
  /** The problems that are there, by their key. */
  readonly problems: ReadonlyMap<string, Noted>;
  /** When each was last told, of those told within a day; milliseconds since 1970. */
  readonly toldAt: ReadonlyMap<string, number>;
}

interface Noted {
  readonly problem: Problem;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly reported: boolean;
}

export const INITIAL_THROTTLE: ThrottleState = { problems: new Map(), toldAt: new Map() };

export interface Selection {
  readonly quiet: ThrottleState;
  readonly events: readonly NotificationEvent[];
  /** When there may be something to tell though nothing happens, in milliseconds since 1970. */
  readonly wakeAt: number | undefined;
}

/**
 * What of the news is worth a message.
 *
 * | news                            | then                                                                        |
 * |---------------------------------|-----------------------------------------------------------------------------|
 * | a route opens, closes           | at once; in a dry run never                                                 |
 * | a route becomes public          | at once, instead of that it opens                                           |
 * | a route changes hands           | at once, beside whatever else becomes of it                                 |
 * | a problem comes                 | when it has lasted a minute, and a day after it was last told               |
 * | a problem goes                  | at once, where it was told that it came                                     |
 *
 * @param news - undefined: nothing new, but time has passed
 * @param at - milliseconds since 1970
 */
export function selectEvents(
  before: ThrottleState,
  news: StatusTransitions | undefined,
  at: number,
  dryRun: boolean,
): Selection {
  const come = (news?.problems ?? []).map((problem): [string, Noted] => {
    const key = problemKey(problem);
    return [key, { problem, since: news?.since.get(key) ?? at, reported: false }];
  });
  const gone = (news?.solved ?? []).map(problemKey);
  const solved = gone
    .flatMap((key) => before.problems.get(key) ?? [])
    .filter(({ reported }) => reported);
  const there = new Map([...come, ...before.problems]);
  for (const key of gone) there.delete(key);
  const due = [...there].filter(
    ([key, noted]) => !noted.reported && dueAt(key, noted, before) <= at,
  );
  const toldAt = new Map([...before.toldAt].filter(([, told]) => told > at - DAY_MS));
  for (const [key, noted] of due) {
    there.set(key, { ...noted, reported: true });
    toldAt.set(key, at);
  }
  const quiet = { problems: there, toldAt };
  const pending = [...there].flatMap(([key, noted]) =>
    noted.reported ? [] : [dueAt(key, noted, quiet)],
  );
  return {
    quiet,
    events: [
      ...due.map(([, { problem, since }]) => problemOpened(problem, since)),
      ...(news === undefined || dryRun ? [] : ofRoutes(news, at)),
      ...solved.map(({ problem, since }) => problemSolved(problem, since, at)),
    ],
    wakeAt: pending.length === 0 ? undefined : Math.min(...pending),
  };
}

const dueAt = (key: string, { since }: Noted, { toldAt }: ThrottleState): number =>
  Math.max(since + LASTING_MS, (toldAt.get(key) ?? -DAY_MS) + DAY_MS);

function ofRoutes(
  { published, opened, closed, changedHands }: StatusTransitions,
  at: number,
): readonly NotificationEvent[] {
  const told = new Set(published.map(({ key }) => key));
  return [
    ...changedHands.map((it) => routeChangedHands(it, at)),
    ...published.map((route) => routePublic(route, at)),
    ...opened.filter(({ key }) => !told.has(key)).map((route) => routeOpened(route, at)),
    ...closed.map((route) => routeClosed(route, at)),
  ];
}
