import type { ProblemCode } from "../../src/core/domain/problem.ts";
import { filled } from "./filled.ts";
import type { Entry, ShownProblem } from "./problems/entry.ts";
import { ENTRIES, FAMILIES } from "./problems/index.ts";

const PAGE = "docs/troubleshooting.md";

/** docs/troubleshooting.md with its generated parts: the symptoms, the index of codes and their sections. */
export async function withProblems(text: string): Promise<string> {
  const withSections = filled(PAGE, text, "problems", await sections());
  const withCodes = filled(PAGE, withSections, "codes", codeIndex());
  return filled(PAGE, withCodes, "symptoms", symptomIndex(withCodes));
}

/** The parts of the page that are written by hand, with a heading for each symptom. */
const SYMPTOM_PARTS = ["In the browser", "In the terminal"];

/** Links to each symptom, so that a reader needs one click. */
function symptomIndex(page: string): string {
  return joined(
    ...SYMPTOM_PARTS.map((part) => {
      const [, rest = ""] = page.split(`\n## ${part}\n`);
      const [text = ""] = rest.split("\n## ");
      const headings = [...text.matchAll(/^### (.+)$/gm)].map(([, heading = ""]) => heading);
      return joined(
        `${part}:`,
        headings.map((heading) => `- [${heading}](#${anchor(heading)})`).join("\n"),
      );
    }),
  );
}

/** The address that GitHub gives a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, "")
    .replaceAll(" ", "-");

/** Each code with a few words, by family. */
function codeIndex(): string {
  return joined(
    ...FAMILIES.map(({ title, codes }) => {
      const rows = codes.map((code) => `| ${codeLink(code)} | ${ENTRIES[code].title} |`);
      return joined(`**${title}**`, ["| code | problem |", "|---|---|", ...rows].join("\n"));
    }),
  );
}

const codeLink = (code: ProblemCode): string => `[${code}](#${code.toLowerCase()})`;

async function sections(): Promise<string> {
  const families = await Promise.all(
    FAMILIES.map(async ({ codes }) => joined(...(await Promise.all(codes.map(section))))),
  );
  return joined(...families);
}

async function section(code: ProblemCode): Promise<string> {
  const { messages, meaning, reason, warning, solution, effect }: Entry = ENTRIES[code];
  const shown = (await messages?.()) ?? [];
  refuseOtherCodes(code, messages === undefined, shown);
  const [first = "", ...more] = solution;
  return joined(
    `### ${code}`,
    meaning,
    ...(shown.length > 0 ? [messagesText(shown)] : []),
    startsBlock(first) ? joined("**Solution:**", first) : `**Solution:** ${first}`,
    ...more,
    `**Effect:** ${effect}`,
    `**${warning ? "Why this is only a warning" : "Why cfauth stops here"}:** ${reason}`,
  );
}

/** @throws if the entry's code shows no problem, or one with another code */
function refuseOtherCodes(
  code: ProblemCode,
  mayBeEmpty: boolean,
  shown: readonly ShownProblem[],
): void {
  const other = shown.find((problem) => problem.code !== code);
  if ((!mayBeEmpty && shown.length === 0) || other !== undefined)
    throw new Error(`tools/docs/problems: ${code} shows ${other?.code ?? "nothing"}`);
}

/** Whether a paragraph is a table, a list or a code block. */
const startsBlock = (text: string): boolean => /^[|`-]/.test(text);

/** More messages than this become a table. */
const MAX_MESSAGES_IN_TEXT = 8;

function messagesText(shown: readonly ShownProblem[]): string {
  if (shown.length > MAX_MESSAGES_IN_TEXT) {
    const rows = shown.map(({ message, fix }) => `| \`${clipped(message)}\` | ${fix} |`);
    return ["| message | fix |", "|---|---|", ...rows].join("\n");
  }
  const lines = shown.map(({ message, fix }) => `${message}\n→ ${fix}`);
  return ["```text", lines.join("\n\n"), "```"].join("\n");
}

/** Without long repetitions and invisible characters. */
const clipped = (text: string): string =>
  text.replace(/(.)\1{20,}/, "$1$1$1…").replace(/\p{Cc}/gu, "\u{fffd}");

const joined = (...parts: readonly string[]): string => parts.join("\n\n");
