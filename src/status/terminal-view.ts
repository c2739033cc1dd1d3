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
  problemsOf,
  remarks,
  STATES,
  sentence,
  unattributedProblems,
} from "./wording.ts";

type Output = Pick<Terminal, "mark" | "paint">;

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

/**
 * The status page as terminal output: problems first, then the routes, with live routes last.
 *
 * @param now - milliseconds since 1970
 */
export function terminalLines(report: Report, out: Output, now: number): readonly string[] {
  const { version, owner, checks } = report;
  const widths = columnWidths(report);
  const empty = emptyStateHint(report);
  const lines = [
    [
      `cfauth ${version}`,
      ...(owner === "" ? [] : [owner]),
      out.paint(attentionCount(report) > 0 ? "red" : "bold", headline(report)),
    ].join(" · "),
    (["docker", "cloudflare", "authentik", "tunnel"] as const)
      .map((name) => `${out.mark(CHECK_MARKS[checks[name]])} ${NAMES[name]}`)
      .join("  "),
    "",
    ...banners(report).flatMap(({ tone, text, at, problems }) => [
      `${out.mark(tone === "bad" ? "fail" : "warn")} ${text.replace("{at}", `${formatTime(at ?? "")}`)}`,
      ...problems.flatMap((it) => problemLines(it, out)),
      "",
    ]),
    ...unattributedProblems(report).flatMap((it) => [
      `${out.mark(it.severity === "error" ? "fail" : "warn")} ${placeOf(it)}`,
      ...problemLines(it, out),
      "",
    ]),
    ...report.routes.flatMap((route) => [
      routeLine(route, widths, out, now),
      ...detailLines(route, report, out),
    ]),
    ...(empty === undefined ? [] : [empty.text, `    labels:`, `      ${empty.label}`]),
  ];
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

interface Widths {
  readonly name: number;
  readonly container: number;
}

const columnWidths = ({ routes }: Report): Widths => ({
  name: Math.min(40, Math.max(0, ...routes.map((route) => nameOf(route).length))),
  container: Math.min(24, Math.max(0, ...routes.map(({ container }) => (container ?? "–").length))),
});

const nameOf = ({ hostname, path }: ReportedRoute): string => `${hostname}${path ?? ""}`;

function routeLine(
  route: ReportedRoute,
  { name, container }: Widths,
  out: Output,
  now: number,
): string {
  const state = `${out.mark(MARKS[route.state])} ${STATES[route.state].padEnd(7)}`;
  const who = whoText(route);
  const age =
    route.state === "live"
      ? ""
      : out.paint("dim", `  for ${formatDuration(now - Date.parse(route.since))}`);
  return `${state}  ${nameOf(route).padEnd(name)}  ${(route.container ?? "–").padEnd(container)}  ${who}${age}`;
}

function whoText({ who, access, effect }: ReportedRoute): string {
  if (who !== null) return `${access === "public" ? "PUBLIC: " : ""}${who}`;
  return effect === "closed" ? "Nobody" : "–";
}

function detailLines(route: ReportedRoute, report: Report, out: Output): readonly string[] {
  const problems = problemsOf(route, report).flatMap((it) => problemLines(it, out));
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
      return [`    ${sentence(reason)}`, ...problems];
    case "closing":
      return [`    ${reason}`, ...problems];
    case "live":
      return [...remarks(route).map((text) => `    ${text}`), ...problems];
  }
}

const problemLines = ({ message, fix, code }: ReportedProblem, out: Output): readonly string[] => [
  `    ${sentence(message)}  ${out.paint("dim", code)}`,
  `    → ${fix}`,
];

const placeOf = ({ hostname, path, container, label }: ReportedProblem): string => {
  const named = [hostname === null ? null : `${hostname}${path ?? ""}`, container, label].filter(
    (it) => it !== null,
  );
  return named.length === 0 ? "cfauth" : named.join(" · ");
};

const formatTime = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
