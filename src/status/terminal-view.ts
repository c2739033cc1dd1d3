import type { Mark, Terminal } from "../core/terminal.ts";
import { formatDuration } from "../core/text/duration.ts";
import type { Report, ReportedProblem, ReportedRoute, RouteState, ServiceCheck } from "./report.ts";
import {
  attentionCount,
  banners,
  effectWords,
  emptyStateHint,
  headline,
  NAMES,
  pendingText,
  problemsOf,
  remarks,
  STATES,
  sentence,
  unattributedProblems,
} from "./wording.ts";

type Paper = Pick<Terminal, "mark" | "paint">;

const MARKS: Readonly<Record<RouteState, Mark>> = {
  problem: "fail",
  waiting: "warn",
  closing: "skip",
  live: "ok",
};
const CHECK_MARKS: Readonly<Record<ServiceCheck, Mark>> = {
  ok: "ok",
  failing: "fail",
  unknown: "skip",
};

/** What the page says, for a terminal: what is the matter first, then the routes, those last that need nobody. @param now - milliseconds since 1970 */
export function terminalLines(report: Report, paper: Paper, now: number): readonly string[] {
  const { version, owner, checks } = report;
  const widths = columns(report);
  const empty = emptyStateHint(report);
  const lines = [
    [
      `cfauth ${version}`,
      ...(owner === "" ? [] : [owner]),
      paper.paint(attentionCount(report) > 0 ? "red" : "bold", headline(report)),
    ].join(" · "),
    (["docker", "cloudflare", "authentik", "tunnel"] as const)
      .map((name) => `${paper.mark(CHECK_MARKS[checks[name]])} ${NAMES[name]}`)
      .join("  "),
    "",
    ...banners(report).flatMap(({ tone, text, at, problems }) => [
      `${paper.mark(tone === "bad" ? "fail" : "warn")} ${text.replace("{at}", `${clock(at ?? "")}`)}`,
      ...problems.flatMap((it) => matter(it, paper)),
      "",
    ]),
    ...unattributedProblems(report).flatMap((it) => [
      `${paper.mark(it.severity === "error" ? "fail" : "warn")} ${place(it)}`,
      ...matter(it, paper),
      "",
    ]),
    ...report.routes.flatMap((route) => [
      line(route, widths, paper, now),
      ...said(route, report, paper),
    ]),
    ...(empty === undefined ? [] : [empty.text, `    labels:`, `      ${empty.label}`]),
  ];
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

interface Widths {
  readonly name: number;
  readonly container: number;
}

const columns = ({ routes }: Report): Widths => ({
  name: Math.min(40, Math.max(0, ...routes.map((route) => nameOf(route).length))),
  container: Math.min(24, Math.max(0, ...routes.map(({ container }) => (container ?? "–").length))),
});

const nameOf = ({ hostname, path }: ReportedRoute): string => `${hostname}${path ?? ""}`;

function line(
  route: ReportedRoute,
  { name, container }: Widths,
  paper: Paper,
  now: number,
): string {
  const state = `${paper.mark(MARKS[route.state])} ${STATES[route.state].padEnd(7)}`;
  const who =
    route.who === null
      ? route.effect === "closed"
        ? "Nobody"
        : "–"
      : `${route.access === "public" ? "PUBLIC: " : ""}${route.who}`;
  const age =
    route.state === "live"
      ? ""
      : paper.paint("dim", `  for ${formatDuration(now - Date.parse(route.since))}`);
  return `${state}  ${nameOf(route).padEnd(name)}  ${(route.container ?? "–").padEnd(container)}  ${who}${age}`;
}

function said(route: ReportedRoute, report: Report, paper: Paper): readonly string[] {
  const problems = problemsOf(route, report).flatMap((it) => matter(it, paper));
  const reason = route.reason ?? "";
  switch (route.state) {
    case "problem":
      return [
        ...(problems.length > 0
          ? problems
          : [
              `    ${sentence(reason)}`,
              ...(route.fix === undefined ? [] : [`    → ${route.fix}`]),
            ]),
        `    ${effectWords(route.effect ?? "closed")}`,
      ];
    case "waiting":
      return [`    Waits ${pendingText(reason)}.`, ...problems];
    case "closing":
      return [`    ${reason}`, ...problems];
    case "live":
      return [...remarks(route).map((text) => `    ${text}`), ...problems];
  }
}

const matter = ({ message, fix, code }: ReportedProblem, paper: Paper): readonly string[] => [
  `    ${sentence(message)}  ${paper.paint("dim", code)}`,
  `    → ${fix}`,
];

const place = ({ hostname, path, container, label }: ReportedProblem): string => {
  const named = [hostname === null ? null : `${hostname}${path ?? ""}`, container, label].filter(
    (it) => it !== null,
  );
  return named.length === 0 ? "Something is the matter" : named.join(" · ");
};

const clock = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
