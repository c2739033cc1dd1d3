import { randomInt } from "node:crypto";
import { styleText } from "node:util";
import type { JsonText } from "./text/json-text.ts";
import { escapeControlCharacters } from "./text/sanitize.ts";

declare const brand: unique symbol;

/**
 * Text whose only control characters are our own colours and line breaks. Only a `Terminal` creates
 * it.
 */
export type TerminalText = string & { readonly [brand]: "TerminalText" };

/** The outcome of one line of a list. */
export type Mark = "ok" | "warn" | "fail" | "skip";

/** Where a command writes: a person's terminal, a file or a pipe. */
export interface Terminal {
  write(text: TerminalText | JsonText): void;
  /** True if a person is watching, sees lines change and can answer a prompt. */
  readonly interactive: boolean;
  /** Characters in a line. */
  readonly columns: number;
  /**
   * `✓ ! ✗ –`, or `ok warn FAIL skip` if the terminal may not show signs. All marks of a set have
   * the same width.
   */
  mark(mark: Mark): string;
  /**
   * Colours the text if colours are on. Colour never carries information on its own. The result can
   * be shown only through `plain`.
   */
  paint(style: Style, text: string): string;
  /**
   * Makes a line safe to show. Text from labels can neither control the terminal nor start a line;
   * only our own colours remain. If the terminal may not show signs, signs within a sentence are
   * replaced too.
   */
  plain(line: string): TerminalText;
  /** Passes each line through `plain` and ends it with a line break. */
  lines(...lines: readonly string[]): TerminalText;
  /** Replaces the line that the cursor is on. An empty text only erases it. */
  rewritten(line: string): TerminalText;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const MARK_SIGNS: Readonly<Record<Mark, string>> = { ok: "✓", warn: "!", fail: "✗", skip: "–" };
const MARK_WORDS: Readonly<Record<Mark, string>> = {
  ok: "ok  ",
  warn: "warn",
  fail: "FAIL",
  skip: "skip",
};
const MARK_STYLES: Readonly<Record<Mark, Style>> = {
  ok: "green",
  warn: "yellow",
  fail: "red",
  skip: "dim",
};

const ASCII_SIGNS: Readonly<Record<string, string>> = {
  "→": "->",
  "·": "-",
  "–": "-",
  "…": "...",
};

/** Moves the cursor to the beginning of the line and erases the line. */
const ERASE_LINE = "\r\u001b[2K";

/** The largest range that `randomInt` accepts. */
const MAX_SEAL = 2 ** 48 - 1;

/** @param env - the function reads NO_COLOR, TERM, LANG, LC_ALL and LC_CTYPE */
export function createTerminal(
  output: Output,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const interactive = output.isTTY === true && env["TERM"] !== "dumb";
  const colours = interactive && !env["NO_COLOR"];
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"];
  // Most containers have no locale at all and print UTF-8 unchanged.
  const signs = !env["NO_COLOR"] && (locale === undefined || /utf-?8/i.test(locale));
  // A label cannot know this number, so an escape sequence in foreign text never counts as ours.
  const seal = String(randomInt(MAX_SEAL));
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
      signs ? shown : shown.replace(/[→·–…]/g, (sign) => ASCII_SIGNS[sign] ?? sign)
    ) as TerminalText;
  };
  return {
    write: (text) => void output.write(text),
    interactive,
    columns: output.columns ?? 100,
    mark: (mark) => paint(MARK_STYLES[mark], (signs ? MARK_SIGNS : MARK_WORDS)[mark]),
    paint,
    plain,
    lines: (...lines) => lines.map((line) => `${plain(line)}\n`).join("") as TerminalText,
    rewritten: (line) => `${ERASE_LINE}${plain(line)}` as TerminalText,
  };
}
