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

/** As wide as the widest title, and two spaces. */
const TITLES = Math.max(...CHECK_GROUPS.map(({ title }) => title.length)) + 2;
const WIDEST = 110;
const NARROWEST = 40;
/** Of a list in which nothing is to be seen, only what is wrong is shown when it is longer than this. */
const SHORT_LIST = 6;
/** Problems of one group that are told in full. */
const MOST = 12;

/** One line where all is well; what is wrong, why, and what to do below it. */
export function groupText(group: CheckResults, terminal: Terminal): TerminalText {
  const bad = group.checks.filter(failedCheck);
  const codes = [...new Set(bad.flatMap(({ code }) => code ?? []))];
  const inList = bad.filter(({ listed }) => listed === true);
  const single = bad.filter(({ listed }) => listed !== true);
  const told = { marked: single.length > 1 || inList.length > 0, coded: codes.length > 1 };
  const body = [
    ...listOf(group.checks, terminal),
    ...mends(inList, terminal),
    ...single.slice(0, MOST).flatMap((check) => explained(check, group, told, terminal)),
    ...(single.length > MOST
      ? [`    … and ${single.length - MOST} more: cfauth doctor --json lists them all`]
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
  const start = width(terminal.mark("skip")) + 1 + TITLES;
  // The title has said whose it is.
  const own = fact.startsWith(`${title} `) ? fact.slice(title.length + 1) : fact;
  const lines = wrapped(own, widthOf(terminal) - start);
  const name = title.padEnd(TITLES);
  const first = `${mark} ${failedCheck({ result }) ? terminal.paint("bold", name) : name}${lines[0] ?? ""}`;
  const rest = lines.slice(1).map((line) => `${" ".repeat(start)}${line}`);
  return coded([first, ...rest], code, start, terminal);
}

/** With the code at the right edge of the last line where it fits, else below it. */
function coded(
  lines: readonly string[],
  code: string | undefined,
  start: number,
  terminal: Terminal,
): readonly string[] {
  if (code === undefined) return lines;
  const last = lines.at(-1) ?? "";
  const room = widthOf(terminal) - width(last) - code.length;
  const shown = terminal.paint("dim", code);
  return room >= 2
    ? [...lines.slice(0, -1), `${last}${" ".repeat(room)}${shown}`]
    : [...lines, `${" ".repeat(start)}${shown}`];
}

/** What is one of many: a short list is shown whole, with what is well in it; of a long one what is not. */
function listOf(checks: readonly DoctorCheck[], terminal: Terminal): readonly string[] {
  const listed = checks.filter((check) => check.listed === true);
  if (!listed.some(failedCheck)) return [];
  const shown =
    listed.length <= SHORT_LIST ? listed : listed.filter((check) => check.result !== "pass");
  return shown.map(({ result, title, detail }) => {
    const more =
      detail === undefined || detail === "present" || detail === "missing"
        ? ""
        : `  ${terminal.paint("dim", detail)}`;
    return `    ${terminal.mark(MARKS[result])} ${title}${more}`;
  });
}

/**
 * The headline is not said twice: what it has already said is left out.
 *
 * @param marked - whether there are several, and each is told by its mark
 * @param coded - whether these are of several kinds, and each has its own code
 */
function explained(
  check: DoctorCheck,
  { headline }: CheckResults,
  { marked, coded: kinds }: { readonly marked: boolean; readonly coded: boolean },
  terminal: Terminal,
): readonly string[] {
  const { detail = "", code, result } = check;
  const rest = begun(
    detail.startsWith(headline) ? detail.slice(headline.length).replace(/^[:;,]?\s*/, "") : detail,
  );
  const mark = marked ? `${terminal.mark(MARKS[result])} ` : "";
  const indent = 4 + width(mark);
  const lines = rest === "" ? [] : wrapped(rest, widthOf(terminal) - indent);
  const shown = lines.map(
    (line, index) => `${index === 0 ? `    ${mark}` : " ".repeat(indent)}${line}`,
  );
  return [...coded(shown, kinds ? code : undefined, indent, terminal), ...mends([check], terminal)];
}

/** As a sentence begins; names of programs, containers and hostnames stay as they are. */
const begun = (text: string): string =>
  /^(?!cfauth|cloudflared)[a-z]+[ ,]/.test(text)
    ? `${text.charAt(0).toUpperCase()}${text.slice(1)}`
    : text;

function mends(checks: readonly DoctorCheck[], terminal: Terminal): readonly string[] {
  const fixes = [...new Set(checks.flatMap(({ fixes: own = [] }) => own))];
  return fixes.flatMap((fix) =>
    wrapped(fix, widthOf(terminal) - 6).map((line, index) =>
      index === 0 ? `    ${terminal.paint("cyan", "→")} ${line}` : `      ${line}`,
    ),
  );
}

/** What it all comes to, in one sentence. */
export function verdict(groups: readonly CheckResults[]): string {
  const checks = groups.flatMap((group) => group.checks);
  const problems = problemsIn(groups, "fail");
  const warnings = problemsIn(groups, "warn");
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
    return `${warnings === 0 ? "Nothing is wrong" : pluralise(warnings, "warning")}. cfauth can work.`;
  const fine = groups.filter(({ result }) => result === "pass").length;
  const dark = groups.filter(({ result }) => result === "skip").length;
  const tail = [
    `${fine === 1 ? "1 group is" : `${fine} groups are`} fine`,
    ...(dark > 0 ? [`${dark} ${dark === 1 ? "was" : "were"} not checked`] : []),
  ];
  return `${pluralise(problems, "problem")}${warnings > 0 ? `, ${pluralise(warnings, "warning")}` : ""}. ${tail.join(", ")}.`;
}

/** What is one of a list counts with its like: two permissions that are missing are mended at once. */
const problemsIn = (groups: readonly CheckResults[], result: CheckResult): number =>
  groups
    .map(({ checks }) => checks.filter((check) => check.result === result))
    .reduce(
      (sum, bad) =>
        sum +
        bad.filter(({ listed }) => listed !== true).length +
        (bad.some(({ listed }) => listed === true) ? 1 : 0),
      0,
    );

/** A terminal that does not tell its width, or tells 0, is taken for a usual one. */
const widthOf = ({ columns }: Terminal): number =>
  columns < NARROWEST ? 80 : Math.min(columns, WIDEST);

/** Without what only sets colours. */
const width = (text: string): number => text.replaceAll(/\u001b\[[0-9;]*m/g, "").length;

/** At spaces alone: a link or a command that is longer than the line stays whole. */
function wrapped(text: string, most: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= most)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
