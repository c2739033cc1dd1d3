import { problemUrl } from "../core/links.ts";
import type { Mark, Terminal, TerminalText } from "../core/terminal.ts";
import { pluralise } from "../core/text/grammar.ts";
import { CHECK_GROUPS } from "./check-groups.ts";
import { type CheckResult, type CheckResults, type DoctorCheck, failedCheck } from "./findings.ts";

const MARKS: Readonly<Record<CheckResult, Mark>> = {
  pass: "ok",
  warn: "warn",
  fail: "fail",
  skip: "skip",
};

/** The widest title, and two spaces. */
const TITLE_WIDTH = Math.max(...CHECK_GROUPS.map(({ title }) => title.length)) + 2;
const MAX_WIDTH = 110;
const MIN_WIDTH = 40;
/** A longer list shows only the failed entries. */
const MAX_FULL_LIST = 6;
/** How many problems of one group are shown in full. */
const MAX_SHOWN = 12;

/**
 * One line for a group without problems; otherwise each problem follows, with its reason and fix.
 */
export function groupText(group: CheckResults, terminal: Terminal): TerminalText {
  const bad = group.checks.filter(failedCheck);
  const codes = [...new Set(bad.flatMap(({ code }) => code ?? []))];
  const inList = bad.filter(({ listed }) => listed === true);
  const single = bad.filter(({ listed }) => listed !== true);
  const layout = { marked: single.length > 1 || inList.length > 0, coded: codes.length > 1 };
  const body = [
    ...listLines(group.checks, terminal),
    ...fixLines(inList, terminal),
    ...single.slice(0, MAX_SHOWN).flatMap((check) => detailLines(check, group, layout, terminal)),
    ...(single.length > MAX_SHOWN
      ? [`    … and ${single.length - MAX_SHOWN} more: cfauth doctor --json lists them all`]
      : []),
    ...codes.map((code) => `    ${terminal.paint("dim", problemUrl(code))}`),
  ];
  return terminal.lines(
    ...headline(group, codes.length === 1 ? codes[0] : undefined, terminal),
    ...body,
  );
}

function headline(
  { title, result, headline: fact }: CheckResults,
  code: string | undefined,
  terminal: Terminal,
): readonly string[] {
  const mark = terminal.mark(MARKS[result]);
  const start = visibleWidth(terminal.mark("skip")) + 1 + TITLE_WIDTH;
  // The title is not repeated.
  const own = fact.startsWith(`${title} `) ? fact.slice(title.length + 1) : fact;
  const lines = wrap(own, widthOf(terminal) - start);
  const name = title.padEnd(TITLE_WIDTH);
  const first = `${mark} ${failedCheck({ result }) ? terminal.paint("bold", name) : name}${lines[0] ?? ""}`;
  const rest = lines.slice(1).map((line) => `${" ".repeat(start)}${line}`);
  return withCode([first, ...rest], code, start, terminal);
}

/** Puts the code at the right edge of the last line if it fits, otherwise below it. */
function withCode(
  lines: readonly string[],
  code: string | undefined,
  start: number,
  terminal: Terminal,
): readonly string[] {
  if (code === undefined) return lines;
  const last = lines.at(-1) ?? "";
  const room = widthOf(terminal) - visibleWidth(last) - code.length;
  const shown = terminal.paint("dim", code);
  return room >= 2
    ? [...lines.slice(0, -1), `${last}${" ".repeat(room)}${shown}`]
    : [...lines, `${" ".repeat(start)}${shown}`];
}

/**
 * Lists the entries if any failed: a short list completely, a long one without the passed entries.
 */
function listLines(checks: readonly DoctorCheck[], terminal: Terminal): readonly string[] {
  const listed = checks.filter((check) => check.listed === true);
  if (!listed.some(failedCheck)) return [];
  const shown =
    listed.length <= MAX_FULL_LIST ? listed : listed.filter((check) => check.result !== "pass");
  return shown.map(({ result, title, detail }) => {
    const more =
      detail === undefined || detail === "present" || detail === "missing"
        ? ""
        : `  ${terminal.paint("dim", detail)}`;
    return `    ${terminal.mark(MARKS[result])} ${title}${more}`;
  });
}

/**
 * The detail and the fixes of a check. Text that the headline already contains is left out.
 *
 * @param marked - true if there are several problems, so that each needs a mark
 * @param coded - true if they have different codes, so that each shows its own
 */
function detailLines(
  check: DoctorCheck,
  { headline }: CheckResults,
  { marked, coded: kinds }: { readonly marked: boolean; readonly coded: boolean },
  terminal: Terminal,
): readonly string[] {
  const { detail = "", code, result } = check;
  const rest = capitalised(
    detail.startsWith(headline) ? detail.slice(headline.length).replace(/^[:;,]?\s*/, "") : detail,
  );
  const mark = marked ? `${terminal.mark(MARKS[result])} ` : "";
  const indent = 4 + visibleWidth(mark);
  const lines = rest === "" ? [] : wrap(rest, widthOf(terminal) - indent);
  const shown = lines.map(
    (line, index) => `${index === 0 ? `    ${mark}` : " ".repeat(indent)}${line}`,
  );
  return [
    ...withCode(shown, kinds ? code : undefined, indent, terminal),
    ...fixLines([check], terminal),
  ];
}

/** Capitalises the first word, except for names of programs, containers and hostnames. */
const capitalised = (text: string): string =>
  /^(?!cfauth|cloudflared)[a-z]+[ ,]/.test(text)
    ? `${text.charAt(0).toUpperCase()}${text.slice(1)}`
    : text;

function fixLines(checks: readonly DoctorCheck[], terminal: Terminal): readonly string[] {
  const fixes = [...new Set(checks.flatMap(({ fixes: own = [] }) => own))];
  return fixes.flatMap((fix) =>
    wrap(fix, widthOf(terminal) - 6).map((line, index) =>
      index === 0 ? `    ${terminal.paint("cyan", "→")} ${line}` : `      ${line}`,
    ),
  );
}

/** The overall result, in one or two sentences. */
export function verdict(groups: readonly CheckResults[]): string {
  const checks = groups.flatMap((group) => group.checks);
  const problems = countProblems(groups, "fail");
  const warnings = countProblems(groups, "warn");
  if (
    problems === 0 &&
    warnings === 0 &&
    !checks.some(
      ({ result, needs }) =>
        result === "skip" && needs !== undefined && needs.id !== "login.agrees",
    )
  )
    return "Everything cfauth needs is in place.";
  if (problems === 0)
    return `${warnings === 0 ? "No problems found" : pluralise(warnings, "warning")}. cfauth can work.`;
  const fine = groups.filter(({ result }) => result === "pass").length;
  const skipped = groups.filter(({ result }) => result === "skip").length;
  const tail = [
    `${fine === 1 ? "1 group is" : `${fine} groups are`} fine`,
    ...(skipped > 0 ? [`${skipped} ${skipped === 1 ? "was" : "were"} not checked`] : []),
  ];
  return `${pluralise(problems, "problem")}${warnings > 0 ? `, ${pluralise(warnings, "warning")}` : ""}. ${tail.join(", ")}.`;
}

/** The failed entries of a list count as one problem: several missing permissions need one fix. */
const countProblems = (groups: readonly CheckResults[], result: CheckResult): number =>
  groups
    .map(({ checks }) => checks.filter((check) => check.result === result))
    .reduce(
      (sum, bad) =>
        sum +
        bad.filter(({ listed }) => listed !== true).length +
        (bad.some(({ listed }) => listed === true) ? 1 : 0),
      0,
    );

/** A terminal with an unknown or implausible width counts as 80 columns wide. */
const widthOf = ({ columns }: Terminal): number =>
  columns < MIN_WIDTH ? 80 : Math.min(columns, MAX_WIDTH);

/** The visible width, without colour codes. */
const visibleWidth = (text: string): number => text.replaceAll(/\u001b\[[0-9;]*m/g, "").length;

/** Wraps at spaces only: a link or command longer than the line stays whole. */
function wrap(text: string, most: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= most)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
