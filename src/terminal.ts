import { styleText } from "node:util";
import { visible } from "./domain/visible.ts";

/** How one line of a list came out. */
export type Mark = "ok" | "warn" | "fail" | "skip";

/** What a command writes to: a person's terminal, a file or a pipe. */
export interface Terminal {
  write(text: string): void;
  /** Whether somebody is there who sees lines change and can answer. */
  readonly interactive: boolean;
  /** Characters in a line. */
  readonly columns: number;
  /** `✓ ! ✗ –`, or `ok warn FAIL skip` where signs may not be shown; all as wide as one another. */
  mark(mark: Mark): string;
  /** In that colour where there are colours; as it is elsewhere. Never the only sign of anything. */
  paint(style: Style, text: string): string;
  /**
   * A line as it may be shown: what came from labels can neither steer the terminal nor begin a line, only our colours are left;
   * where signs may not be shown, neither may those within a sentence.
   */
  plain(line: string): string;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const SIGNS: Readonly<Record<Mark, string>> = { ok: "✓", warn: "!", fail: "✗", skip: "–" };
const WORDS: Readonly<Record<Mark, string>> = { ok: "ok  ", warn: "warn", fail: "FAIL", skip: "skip" };
const STYLES: Readonly<Record<Mark, Style>> = { ok: "green", warn: "yellow", fail: "red", skip: "dim" };

const SPELLED: Readonly<Record<string, string>> = { "→": "->", "·": "-", "–": "-", "…": "..." };

/** What `paint` makes, and nothing else: others could hide what follows. */
const COLOURS = /(\u001b\[(?:1|2|22|3[1236]|39)m)/;

/** @param env - NO_COLOR, TERM, LANG, LC_ALL and LC_CTYPE are read */
export function createTerminal(output: Output, env: Readonly<Record<string, string | undefined>>): Terminal {
  const interactive = output.isTTY === true && env["TERM"] !== "dumb";
  const colours = interactive && !env["NO_COLOR"];
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"];
  // Most containers have no locale at all, and print UTF-8 as it comes.
  const signs = !env["NO_COLOR"] && (locale === undefined || /utf-?8/i.test(locale));
  const paint = (style: Style, text: string): string => (colours ? styleText(style, text, { validateStream: false }) : text);
  return {
    write: (text) => void output.write(text),
    interactive,
    columns: output.columns ?? 100,
    mark: (mark) => paint(STYLES[mark], (signs ? SIGNS : WORDS)[mark]),
    paint,
    plain: (line) => {
      const shown = line
        .split(COLOURS)
        .map((part, at) => (at % 2 === 1 && colours ? part : visible(part)))
        .join("");
      return signs ? shown : shown.replace(/[→·–…]/g, (sign) => SPELLED[sign] ?? sign);
    },
  };
}
