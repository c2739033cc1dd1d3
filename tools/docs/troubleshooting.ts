import type { ProblemCode } from "../../src/core/domain/problem.ts";
import { filled } from "./filled.ts";
import type { Entry, Said } from "./problems/entry.ts";
import { ENTRIES, FAMILIES } from "./problems/index.ts";

/** docs/troubleshooting.md with `<!-- codes -->` and `<!-- problems -->` filled anew. */
export async function withProblems(text: string): Promise<string> {
  const page = "docs/troubleshooting.md";
  return filled(page, filled(page, text, "codes", index()), "problems", await sections());
}

/** Every code by its family, leading to its section. */
function index(): string {
  const rows = FAMILIES.map(
    ({ title, codes }) =>
      `| ${title} | ${codes.map((code) => `[${code}](#${code.toLowerCase()})`).join(" · ")} |`,
  );
  return ["| about | codes |", "|---|---|", ...rows].join("\n");
}

async function sections(): Promise<string> {
  const families = await Promise.all(
    FAMILIES.map(async ({ codes }) => joined(...(await Promise.all(codes.map(section))))),
  );
  return joined(...families);
}

async function section(code: ProblemCode): Promise<string> {
  const { says, so, why, goesOn, mend, effect }: Entry = ENTRIES[code];
  const said = (await says?.()) ?? [];
  const strange = said.find((it) => it.code !== code);
  if ((says !== undefined && said.length === 0) || strange !== undefined)
    throw new Error(`tools/docs/problems: what ${code} says is ${strange?.code ?? "nothing"}`);
  const [first = "", ...more] = mend;
  return joined(
    `### ${code}`,
    so,
    ...(said.length > 0 ? [shown(said)] : []),
    `**${goesOn ? "cfauth goes on:" : "Why cfauth does not simply go on:"}** ${why}`,
    /^[|`-]/.test(first) ? joined("**What to do:**", first) : `**What to do:** ${first}`,
    ...more,
    `**Effect:** ${effect}`,
  );
}

/** More than these are a table. */
const MOST = 8;

const shown = (said: readonly Said[]): string =>
  said.length > MOST
    ? [
        "| cfauth says | and |",
        "|---|---|",
        ...said.map(({ message, fix }) => `| \`${clipped(message)}\` | ${fix} |`),
      ].join("\n")
    : ["```text", said.map(({ message, fix }) => `${message}\n→ ${fix}`).join("\n\n"), "```"].join(
        "\n",
      );

/** Not endless, and with nothing that cannot be seen. */
const clipped = (text: string): string =>
  text.replace(/(.)\1{20,}/, "$1$1$1…").replace(/\p{Cc}/gu, "\u{fffd}");

const joined = (...parts: readonly string[]): string => parts.join("\n\n");
