import { randomInt } from "node:crypto";
import { styleText } from "node:util";
import type { JsonText } from "./text/json-text.ts";
import { escapeControlCharacters } from "./text/sanitize.ts";

declare const brand: unique symbol;

/** Text that cannot steer a terminal except by our own colours and line breaks: only a terminal makes it. */
export type TerminalText = string & { readonly [brand]: "TerminalText" };

/** How one line of a list came out. */
export type Mark = "ok" | "warn" | "fail" | "skip";

/** What a command writes to: a person's terminal, a file or a pipe. */
export interface Terminal {
  write(text: TerminalText | JsonText): void;
  /** Whether somebody is there who sees lines change and can answer. */
  readonly interactive: boolean;
  /** Characters in a line. */
  readonly columns: number;
  /** `✓ ! ✗ –`, or `ok warn FAIL skip` where signs may not be shown; all as wide as one another. */
  mark(mark: Mark): string;
  /** In that colour where there are colours; as it is elsewhere. Never the only sign of anything. Shown by way of `plain` alone. */
  paint(style: Style, text: string): string;
  /**
   * A line as it may be shown: what came from labels can neither steer the terminal nor begin a line, only our colours are left;
   * where signs may not be shown, neither may those within a sentence.
   */
  plain(line: string): TerminalText;
  /** Lines as `plain` shows each, with line breaks between and behind them. */
  lines(...lines: readonly string[]): TerminalText;
  /** In place of the line that the cursor is on; an empty text only erases it. */
  rewritten(line: string): TerminalText;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const SIGNS: Readonly<Record<Mark, string>> = { ok: "✓", warn: "!", fail: "✗", skip: "–" };
const WORDS: Readonly<Record<Mark, string>> = {
  ok: "ok  ",
  warn: "warn",
  fail: "FAIL",
  skip: "skip",
};
const STYLES: Readonly<Record<Mark, Style>> = {
  ok: "green",
  warn: "yellow",
  fail: "red",
  skip: "dim",
};

const SPELLED: Readonly<Record<string, string>> = { "→": "->", "·": "-", "–": "-", "…": "..." };

/** Back to the beginning of the line, and erase it. */
const ERASE_LINE = "\r\u001b[2K";

/** The largest range that `randomInt` takes. */
const SEALS = 2 ** 48 - 1;

/** @param env - NO_COLOR, TERM, LANG, LC_ALL and LC_CTYPE are read */
export function createTerminal(
  output: Output,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const interactive = output.isTTY === true && env["TERM"] !== "dumb";
  const colours = interactive && !env["NO_COLOR"];
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"];
  // Most containers have no locale at all, and print UTF-8 as it comes.
  const signs = !env["NO_COLOR"] && (locale === undefined || /utf-?8/i.test(locale));
  // No label can know the number: an escape sequence in foreign text is never taken for one of ours.
  const seal = String(randomInt(SEALS));
  const sealed = new RegExp(`(\\u001b\\[\\d+;${seal}m)`);
  const paint = (style: Style, text: string): string => {
    if (!colours) return text;
    const [begin, end] = styleText(style, "|", { validateStream: false })
      .split("|")
      .map((sequence) => sequence.replace("m", `;${seal}m`));
    return `${begin}${text}${end}`;
  };
  const plain = (line: string): TerminalText => {
    const shown = line
      .split(sealed)
      .map((part, at) =>
        at % 2 === 1 ? part.replace(`;${seal}m`, "m") : escapeControlCharacters(part),
      )
      .join("");
    return (
      signs ? shown : shown.replace(/[→·–…]/g, (sign) => SPELLED[sign] ?? sign)
    ) as TerminalText;
  };
  return {
    write: (text) => void output.write(text),
    interactive,
    columns: output.columns ?? 100,
    mark: (mark) => paint(STYLES[mark], (signs ? SIGNS : WORDS)[mark]),
    paint,
    plain,
    lines: (...lines) => lines.map((line) => `${plain(line)}\n`).join("") as TerminalText,
    rewritten: (line) => `${ERASE_LINE}${plain(line)}` as TerminalText,
  };
}
