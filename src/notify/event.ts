import { type Problem, problemKey } from "../core/domain/problem.ts";
import { parseRouteKey } from "../core/domain/route.ts";
import { problemUrl } from "../core/links.ts";
import { formatDuration } from "../core/text/duration.ts";
import type { HandoverNotice } from "../status/handover-notices.ts";
import {
  OWN_HOST,
  type RouteStatus,
  reportedProblems,
  reportedRoutes,
  routeUrl,
  stateKey,
} from "../status/report.ts";
import { sentence } from "../status/wording.ts";
import { type NoticeText, noticeLine, noticeLines } from "./notice.ts";

export type EventType =
  | "route.opened"
  | "route.closed"
  | "route.public"
  | "route.changed-hands"
  | "problem.opened"
  | "problem.solved"
  | "test";

/** One fact worth a notification. */
export interface NotificationEvent {
  readonly type: EventType;
  /** A few words, for a list or the first line on a phone. */
  readonly title: NoticeText;
  /** One to four sentences or lines. */
  readonly message: NoticeText;
  /** On the scale 1 … 5 of ntfy: 3 is the default, 4 is high. */
  readonly priority: 2 | 3 | 4;
  /** The page to open from the notification. */
  readonly url: string | undefined;
  /** The route or problem, in the format of `/api/routes`. */
  readonly data: object;
}

export const routeOpened = (route: RouteStatus, at: number): NotificationEvent => ({
  type: "route.opened",
  title: noticeLine(`${route.key} is open`),
  message: noticeLines(
    targetLine(route),
    route.login === true ? `${OWN_HOST}.` : "Visitors must log in with Authentik.",
  ),
  priority: 3,
  url: urlOf(route),
  data: routeData(route, at),
});

export const routePublic = (route: RouteStatus, at: number): NotificationEvent => ({
  type: "route.public",
  title: noticeLine(`${route.key} is PUBLIC`),
  message: noticeLines(
    targetLine(route),
    "Anyone may enter without a login, because its labels say so.",
  ),
  priority: 4,
  url: urlOf(route),
  data: routeData(route, at),
});

export const routeChangedHands = (
  { route, from, to }: HandoverNotice,
  at: number,
): NotificationEvent => ({
  type: "route.changed-hands",
  title: noticeLine(`${route.key} changed hands`),
  message: noticeLines(
    `It belonged to ${from ?? "a container that was gone when cfauth started"} and now belongs to ${to}.`,
    targetLine(route),
    "Everyone has to log in again. If you did not expect this, stop that container.",
  ),
  priority: 4,
  url: urlOf(route),
  data: routeData(route, at),
});

export const routeClosed = (route: RouteStatus, at: number): NotificationEvent => ({
  type: "route.closed",
  title: noticeLine(`${route.key} is closed`),
  message: noticeLines(
    "Nobody can reach it any more.",
    route.state === "problem"
      ? route.reason && sentence(route.reason)
      : route.container && `It led to container ${route.container}.`,
  ),
  priority: 3,
  url: undefined,
  data: routeData(route, at),
});

/** @param since - when the problem began, in milliseconds since 1970 */
export const problemOpened = (problem: Problem, since: number): NotificationEvent => ({
  type: "problem.opened",
  title: noticeLine(`problem with ${subjectOf(problem)}`),
  message: noticeLines(
    sentence(problem.message),
    problem.effect === "closed" ? "Closed: nobody can reach it." : "Open routes stay as they were.",
    `→ ${problem.fix}`,
    [problem.container && `container ${problem.container}`, problem.label, problem.code]
      .filter(Boolean)
      .join(" · "),
  ),
  priority: problem.severity === "error" ? 4 : 3,
  url: problemUrl(problem.code),
  data: problemData(problem, since),
});

export const problemSolved = (problem: Problem, since: number, at: number): NotificationEvent => ({
  type: "problem.solved",
  title: noticeLine(`solved: ${subjectOf(problem)}`),
  message: noticeLines(
    `It lasted ${formatDuration(at - since)}. The problem was: ${problem.message}`,
    problem.code,
  ),
  priority: 2,
  url: problemUrl(problem.code),
  data: problemData(problem, since),
});

const targetLine = ({ container, origin }: RouteStatus): string | undefined =>
  container && `It leads to container ${container}${origin === undefined ? "" : ` (${origin})`}.`;

const urlOf = ({ key, origin }: RouteStatus): string | undefined => {
  const { hostname, path = null } = parseRouteKey(key) ?? { hostname: key };
  return routeUrl(hostname, path, origin) ?? undefined;
};

const routeData = (route: RouteStatus, at: number): object => ({
  ...reportedRoutes([route], new Map([[stateKey(route), at]]), at)[0],
});

const problemData = (problem: Problem, since: number): object => ({
  ...reportedProblems([problem], [], {
    since: new Map([[problemKey(problem), since]]),
    now: since,
    thresholdMs: 0,
  })[0],
});

/**
 * What the problem concerns: the route, else the container, else the service that the code names.
 */
const subjectOf = ({ route, container, code }: Problem): string =>
  route ?? container ?? SERVICES[code.split("-")[1] ?? ""] ?? "cfauth";

const SERVICES: Readonly<Record<string, string>> = {
  CF: "Cloudflare",
  AK: "Authentik",
  DOCKER: "Docker",
  TUNNEL: "the tunnel",
};
