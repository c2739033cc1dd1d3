import { pluralise } from "../core/text/grammar.ts";
import type { Outage } from "./outages.ts";
import {
  OWN_HOST,
  type Report,
  type ReportedProblem,
  type ReportedRoute,
  type RouteState,
} from "./report.ts";

// Texts that the status page and `cfauth status` share.

export const STATES: Readonly<Record<RouteState, string>> = {
  problem: "Problem",
  waiting: "Waiting",
  closing: "Closing",
  live: "Live",
};

/** A message above everything else. `at` replaces `{at}` in the text. */
export interface Banner {
  readonly tone: "bad" | "note";
  readonly text: string;
  readonly at?: string;
  /** Problems shown below the text. */
  readonly problems: readonly ReportedProblem[];
}

/** How many routes, outages and other problems need attention. Warnings do not count. */
export const attentionCount = (report: Report): number =>
  unattributedProblems(report).filter(({ severity }) => severity === "error").length +
  report.outages.length +
  report.summary.problem;

/**
 * True if nothing needs attention. Warnings are allowed. A failing check counts even before its
 * outage is reported.
 */
export const healthy = ({ problems, summary, outages, checks, lastPass }: Report): boolean =>
  lastPass !== null &&
  summary.problem === 0 &&
  outages.length === 0 &&
  problems.every(({ severity }) => severity === "warning") &&
  Object.values(checks).every((check) => check === "ok");

export function headline(report: Report): string {
  const { live, waiting, closing } = report.summary;
  const attention = attentionCount(report);
  const warnings = nonOutageProblems(report).filter(
    ({ severity }) => severity === "warning",
  ).length;
  const total = report.routes.length;
  if (total + attention + warnings === 0)
    return report.lastPass === null ? "Starting" : "No routes yet";
  if (attention + warnings + waiting + closing === 0)
    return total === 1 ? "The only route is live" : `All ${total} routes are live`;
  const parts = [
    attention === 0 ? "" : pluralise(attention, "problem"),
    warnings === 0 ? "" : pluralise(warnings, "warning"),
    waiting === 0 ? "" : `${waiting} waiting`,
    closing === 0 ? "" : `${closing} closing`,
    live === 0 && attention + warnings > 0 ? "" : total === 0 ? "no routes" : `${live} live`,
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

export function banners(report: Report): readonly Banner[] {
  const { dryRun, lastPass, problems, outages, checks } = report;
  const eventsLost =
    checks.docker === "failing" && !outages.some(({ service }) => service === "docker");
  const notes: readonly Pick<Banner, "text">[] = [
    ...(dryRun
      ? [{ text: "Dry run: nothing is written. cfauth plan lists what would change." }]
      : []),
    ...(lastPass === null && problems.length === 0
      ? [{ text: "Starting: reading Docker, Cloudflare and Authentik for the first time." }]
      : []),
    ...(eventsLost ? [{ text: EVENTS_LOST }] : []),
  ];
  return [
    ...outages.map(
      (outage) =>
        ({
          tone: "bad",
          text: outageText(outage),
          at: outage.since,
          problems: problemsOfOutage(outage, report),
        }) as const,
    ),
    ...notes.map(({ text }) => ({ tone: "note", text, problems: [] }) as const),
  ];
}

/** Routes and problems are still correct, but late. */
const EVENTS_LOST =
  "Docker's event stream is down: cfauth notices minutes later when a container starts or stops. If this persists, check that Docker runs and that a socket proxy allows GET /events.";

function outageText({ service, passing }: Outage): string {
  const name = NAMES[service];
  if (service === "docker") return `${name} has been unreachable since {at}. Nothing is removed.`;
  return passing
    ? `${name} has not answered since {at}. Nothing changes until it does; open routes stay open.`
    : `${name} has been rejecting cfauth since {at}. Nothing changes until that is fixed; open routes stay open.`;
}

/** The problems of that service that belong to no route. */
const problemsOfOutage = (
  { service }: Outage,
  { problems, routes }: Report,
): readonly ReportedProblem[] =>
  problems.filter(
    (it) =>
      it.container === null &&
      it.hostname === null &&
      it.code.startsWith(PREFIXES[service]) &&
      !routes.some((route) => belongsTo(it, route)),
  );

const PREFIXES = { docker: "CFA-DOCKER-", cloudflare: "CFA-CF-", authentik: "CFA-AK-" } as const;

export const NAMES = {
  docker: "Docker",
  cloudflare: "Cloudflare",
  authentik: "Authentik",
  tunnel: "Tunnel",
} as const;

/**
 * The first step for a new user: shown if no container requests a route and there is no problem.
 */
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
        text: "No container has a cfauth label yet. Add one:",
        label: `${labelPrefix}.hostname: whoami.example.com`,
      };

/** The problems shown with the route: all of them in state `problem`, otherwise only warnings. */
export const problemsOf = (
  route: ReportedRoute,
  { problems }: Report,
): readonly ReportedProblem[] => problems.filter((problem) => belongsTo(problem, route));

/** The problems shown with no route and no outage. */
export const unattributedProblems = (report: Report): readonly ReportedProblem[] =>
  nonOutageProblems(report).filter(
    (problem) => !report.routes.some((route) => belongsTo(problem, route)),
  );

/** The problems that are not shown with an outage. */
function nonOutageProblems(report: Report): readonly ReportedProblem[] {
  const elsewhere = new Set(report.outages.flatMap((outage) => problemsOfOutage(outage, report)));
  return report.problems.filter((problem) => !elsewhere.has(problem));
}

function belongsTo(problem: ReportedProblem, route: ReportedRoute): boolean {
  // A failed change is a service error, which carries no route.
  if (problem.hostname === null)
    return (
      route.state === "problem" && problem.code === route.code && problem.message === route.reason
    );
  const here = problem.hostname === route.hostname && problem.path === route.path;
  return here && (route.state === "problem" || problem.severity === "warning");
}

/**
 * Remarks below a live route. Authentik's own hostname needs none: its access column already says
 * why it is open.
 */
export const remarks = ({ note }: ReportedRoute): readonly string[] =>
  note === undefined || note === OWN_HOST ? [] : [sentence(note)];

export const effectWords = (effect: "closed" | "unchanged"): string =>
  effect === "closed"
    ? "Closed: nobody can reach it."
    : "Still open as before; the change was not applied.";

/**
 * Formats a message as a sentence: with a full stop, and with a capital unless it begins with a
 * name.
 */
export function sentence(text: string): string {
  const capitalised = /^(?!cf|cloudflared)[a-z]+ /.test(text)
    ? `${text.charAt(0).toUpperCase()}${text.slice(1)}`
    : text;
  return /[.!?…]$/.test(capitalised) ? capitalised : `${capitalised}.`;
}
