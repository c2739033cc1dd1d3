import { pluralise } from "../core/text/grammar.ts";
import type { Outage } from "./outages.ts";
import {
  OWN_HOST,
  type Report,
  type ReportedProblem,
  type ReportedRoute,
  type RouteState,
} from "./report.ts";

/** What the page and `cfauth status` say alike. */

export const STATES: Readonly<Record<RouteState, string>> = {
  problem: "Problem",
  waiting: "Waiting",
  closing: "Closing",
  live: "Live",
};

/** What stands above everything else. `at` is said where `{at}` stands. */
export interface Banner {
  readonly tone: "bad" | "note";
  readonly text: string;
  readonly at?: string;
  /** What is to be said beneath it. */
  readonly problems: readonly ReportedProblem[];
}

/** Of the routes, of neighbours, and of what belongs to neither: how many need somebody. Warnings do not. */
export const attentionCount = (report: Report): number =>
  unattributedProblems(report).filter(({ severity }) => severity === "error").length +
  report.outages.length +
  report.summary.problem;

/** Whether nothing needs anybody. Warnings do not, and what has just begun to be silent is shown by its check alone. */
export const healthy = ({ problems, summary, outages, checks, lastPass }: Report): boolean =>
  lastPass !== null &&
  summary.problem === 0 &&
  outages.length === 0 &&
  problems.every(({ severity }) => severity === "warning") &&
  Object.values(checks).every((check) => check === "ok");

export function headline(report: Report): string {
  const { live, waiting, closing } = report.summary;
  const needs = attentionCount(report);
  const warnings = ownMatters(report).filter(({ severity }) => severity === "warning").length;
  const total = report.routes.length;
  if (total + needs + warnings === 0)
    return report.lastPass === null ? "Starting" : "No routes yet";
  if (needs + warnings + waiting + closing === 0)
    return total === 1 ? "The one route is live" : `All ${total} routes are live`;
  const parts = [
    needs === 0 ? "" : pluralise(needs, "problem"),
    warnings === 0 ? "" : pluralise(warnings, "warning"),
    waiting === 0 ? "" : `${waiting} waiting`,
    closing === 0 ? "" : `${closing} closing`,
    live === 0 && needs + warnings > 0 ? "" : total === 0 ? "no routes" : `${live} live`,
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

export function banners(report: Report): readonly Banner[] {
  const { dryRun, lastPass, problems, outages, checks } = report;
  const deaf = checks.docker === "failing" && !outages.some(({ service }) => service === "docker");
  const told: readonly Pick<Banner, "text">[] = [
    ...(dryRun
      ? [{ text: "Dry run: nothing is written. The command cfauth plan lists what would be done." }]
      : []),
    ...(lastPass === null && problems.length === 0
      ? [{ text: "Starting: the first look at Docker, Cloudflare and Authentik is under way." }]
      : []),
    ...(deaf ? [{ text: DEAF }] : []),
  ];
  return [
    ...outages.map(
      (outage) =>
        ({
          tone: "bad",
          text: outageText(outage),
          at: outage.since,
          problems: ofOutage(outage, report),
        }) as const,
    ),
    ...told.map(({ text }) => ({ tone: "note", text, problems: [] }) as const),
  ];
}

/** Routes and problems are right all the same, only later. */
const DEAF =
  "Docker's events do not come through: what starts or stops is noticed minutes later. If it stays so, see that Docker runs, and that a socket proxy allows GET /events.";

function outageText({ service, passing }: Outage): string {
  const name = NAMES[service];
  if (service === "docker") return `${name} cannot be reached since {at}. Nothing is torn down.`;
  return passing
    ? `${name} has not answered since {at}. Nothing is changed until it does; open routes stay open.`
    : `${name} does not let cfauth work since {at}. Nothing is changed until that is mended; open routes stay open.`;
}

/** What is the matter with that neighbour, and belongs to no route. */
const ofOutage = ({ service }: Outage, { problems, routes }: Report): readonly ReportedProblem[] =>
  problems.filter(
    (it) =>
      it.container === null &&
      it.hostname === null &&
      it.code.startsWith(PREFIXES[service]) &&
      !routes.some((route) => belongs(it, route)),
  );

const PREFIXES = { docker: "CFA-DOCKER-", cloudflare: "CFA-CF-", authentik: "CFA-AK-" } as const;

export const NAMES = {
  docker: "Docker",
  cloudflare: "Cloudflare",
  authentik: "Authentik",
  tunnel: "Tunnel",
} as const;

/** The first thing to do, where nothing asks for a route and all is well; undefined otherwise. */
export const emptyStateHint = ({
  routes,
  problems,
  lastPass,
  outages,
  labelPrefix,
}: Report): { readonly text: string; readonly label: string } | undefined =>
  routes.length > 0 || problems.length > 0 || outages.length > 0 || lastPass?.result !== "settled"
    ? undefined
    : {
        text: "No container carries a cfauth label yet. Add one:",
        label: `${labelPrefix}.hostname: whoami.example.com`,
      };

/** Those which are told with the route: all of one that has a problem, and warnings of the others. */
export const problemsOf = (
  route: ReportedRoute,
  { problems }: Report,
): readonly ReportedProblem[] => problems.filter((problem) => belongs(problem, route));

/** The problems that are told with no route, and with no neighbour. */
export const unattributedProblems = (report: Report): readonly ReportedProblem[] =>
  ownMatters(report).filter((problem) => !report.routes.some((route) => belongs(problem, route)));

/** What is not told with a neighbour that does not answer. */
function ownMatters(report: Report): readonly ReportedProblem[] {
  const elsewhere = new Set(report.outages.flatMap((outage) => ofOutage(outage, report)));
  return report.problems.filter((problem) => !elsewhere.has(problem));
}

function belongs(problem: ReportedProblem, route: ReportedRoute): boolean {
  // A change that failed is a fault of the world, which knows no route.
  if (problem.hostname === null)
    return (
      route.state === "problem" && problem.code === route.code && problem.message === route.reason
    );
  const here = problem.hostname === route.hostname && problem.path === route.path;
  return here && (route.state === "problem" || problem.severity === "warning");
}

/** What is said beneath a live route. Why Authentik's own needs no login is said already by who may enter. */
export const remarks = ({ note }: ReportedRoute): readonly string[] =>
  note === undefined || note === OWN_HOST ? [] : [sentence(note)];

export const effectWords = (effect: "closed" | "unchanged"): string =>
  effect === "closed"
    ? "Closed: nobody reaches it."
    : "Still open as it was before; the change was not made.";

/** What a route that waits waits for, to be said after the word. */
export const pendingText = (reason: string): string => reason.replace(/^waiting /, "");

/** A message as a sentence: with a full stop, and with a capital unless it begins with a name. */
export function sentence(text: string): string {
  const begun = /^(?!cf|cloudflared)[a-z]+ /.test(text)
    ? `${text.charAt(0).toUpperCase()}${text.slice(1)}`
    : text;
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
