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

/**
 * How long a problem must last before it is reported: a typo that is being corrected is not.
 * Milliseconds.
 */
const REPORT_AFTER_MS = 60_000;

/** The shortest time between two reports of the same problem. Milliseconds. */
const DAY_MS = 86_400_000;

/** What the throttle remembers. */
export interface ThrottleState {
  /** The current problems, by their key. */
  readonly problems: ReadonlyMap<string, TrackedProblem>;
  /** When each problem was last reported, within the last day; milliseconds since 1970. */
  readonly toldAt: ReadonlyMap<string, number>;
}

interface TrackedProblem {
  readonly problem: Problem;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly reported: boolean;
}

export const INITIAL_THROTTLE: ThrottleState = { problems: new Map(), toldAt: new Map() };

export interface Selection {
  readonly quiet: ThrottleState;
  readonly events: readonly NotificationEvent[];
  /** When a problem becomes due without a new pass, in milliseconds since 1970. */
  readonly wakeAt: number | undefined;
}

/**
 * Selects the events to send.
 *
 * | transition                | sent                                                              |
 * |---------------------------|-------------------------------------------------------------------|
 * | a route opens or closes   | at once; never in a dry run                                       |
 * | a route becomes public    | at once, instead of "opened"; never in a dry run                  |
 * | a route changes hands     | at once, in addition to other events; never in a dry run          |
 * | a problem appears         | when it has lasted a minute, at most once a day                   |
 * | a problem is solved       | at once, if it was reported                                       |
 *
 * @param news - undefined if there are no new transitions, but time has passed
 * @param at - milliseconds since 1970
 */
export function selectEvents(
  before: ThrottleState,
  news: StatusTransitions | undefined,
  at: number,
  dryRun: boolean,
): Selection {
  const appeared = (news?.problems ?? []).map((problem): [string, TrackedProblem] => {
    const key = problemKey(problem);
    return [key, { problem, since: news?.since.get(key) ?? at, reported: false }];
  });
  const gone = (news?.solved ?? []).map(problemKey);
  const solved = gone
    .flatMap((key) => before.problems.get(key) ?? [])
    .filter(({ reported }) => reported);
  const current = new Map([...appeared, ...before.problems]);
  for (const key of gone) current.delete(key);
  const due = [...current].filter(
    ([key, noted]) => !noted.reported && dueAt(key, noted, before) <= at,
  );
  const toldAt = new Map([...before.toldAt].filter(([, reportedAt]) => reportedAt > at - DAY_MS));
  for (const [key, noted] of due) {
    current.set(key, { ...noted, reported: true });
    toldAt.set(key, at);
  }
  const quiet = { problems: current, toldAt };
  const pending = [...current].flatMap(([key, noted]) =>
    noted.reported ? [] : [dueAt(key, noted, quiet)],
  );
  return {
    quiet,
    events: [
      ...due.map(([, { problem, since }]) => problemOpened(problem, since)),
      ...(news === undefined || dryRun ? [] : routeEvents(news, at)),
      ...solved.map(({ problem, since }) => problemSolved(problem, since, at)),
    ],
    wakeAt: pending.length === 0 ? undefined : Math.min(...pending),
  };
}

const dueAt = (key: string, { since }: TrackedProblem, { toldAt }: ThrottleState): number =>
  Math.max(since + REPORT_AFTER_MS, (toldAt.get(key) ?? -DAY_MS) + DAY_MS);

function routeEvents(
  { published, opened, closed, changedHands }: StatusTransitions,
  at: number,
): readonly NotificationEvent[] {
  const becamePublic = new Set(published.map(({ key }) => key));
  return [
    ...changedHands.map((it) => routeChangedHands(it, at)),
    ...published.map((route) => routePublic(route, at)),
    ...opened.filter(({ key }) => !becamePublic.has(key)).map((route) => routeOpened(route, at)),
    ...closed.map((route) => routeClosed(route, at)),
  ];
}
