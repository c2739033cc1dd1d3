/** The demo's output: headings, text, commands, rows and checks. */

import { styleText } from "node:util";
import type { JournalEntry } from "./journal-entry.ts";

export interface OutputOptions {
  readonly write: (text: string) => void;
  readonly colour: boolean;
  /** The width of the terminal, in characters. */
  readonly columns: number;
}

export interface Output {
  title(text: string): void;
  chapter(text: string): void;
  say(text: string): void;
  /** A command that a person would type, on one or several lines. */
  command(...lines: readonly string[]): void;
  /** @param ms - milliseconds since the chapter's first command */
  entry(entry: JournalEntry, ms: number): void;
  /** Two aligned columns: a word and its text. */
  pairs(pairs: readonly (readonly [word: string, text: string])[]): void;
  /** A checked statement: with ✓ if it holds, else with ✗, which counts as a failure. */
  check(holds: boolean, text: string): void;
  /** An error, and what to do about it. */
  fault(text: string, todo?: readonly string[]): void;
  blank(): void;
  faults(): number;
}

type Style = Parameters<typeof styleText>[0];

const INDENT = 4;
/** Longer lines are hard to read, however wide the terminal is. */
const WIDEST = 92;

export function createOutput({ write, colour, columns }: OutputOptions): Output {
  const width = Math.max(40, Math.min(columns, WIDEST));
  const paint = (style: Style, text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const line = (text = ""): void => write(`${text.trimEnd()}\n`);
  const under = (indent: number, text: string): readonly string[] =>
    wrapped(text, width - indent).map((part) => " ".repeat(indent) + part);
  const marked = (mark: string, text: string): void => {
    const [first = "", ...more] = under(INDENT + 2, text);
    for (const each of [`${" ".repeat(INDENT)}${mark} ${first.trimStart()}`, ...more]) line(each);
  };
  const linked = (text: string): string =>
    text.replace(/http:\S+/, (url) => paint(["bold", "underline"], url));
  let chapters = 0;
  let faults = 0;

  return {
    title: (text) => {
      line();
      line(`  ${paint("bold", text)}`);
      line();
    },
    chapter: (text) => {
      chapters += 1;
      line();
      line();
      line(`  ${paint(["bold", "cyan"], `${chapters}  ${text}`)}`);
      line();
    },
    say: (text) => {
      for (const each of under(INDENT, text)) line(each);
    },
    command: (...lines) => {
      for (const [index, text] of lines.entries())
        line(
          `${" ".repeat(INDENT)}${paint("dim", index === 0 ? "$" : " ")} ${index === 0 ? "" : "    "}${paint("bold", text)}`,
        );
    },
    entry: ({ sign, where, what, name, note }, ms) => {
      const time = `${" ".repeat(INDENT)}${seconds(ms).padStart(6)}  `;
      const place = ` ${where.padEnd(12)}${what.padEnd(20)}`;
      line(`${paint("dim", time)}${paint(SIGN_STYLES[sign], sign)}${place}${name}`);
      if (note !== undefined)
        for (const each of under(time.length + 1 + place.length, note)) line(paint("dim", each));
    },
    pairs: (pairs) => {
      const widest = Math.max(...pairs.map(([word]) => word.length)) + 3;
      for (const [word, text] of pairs) {
        const [first = "", ...more] = under(INDENT + widest, text);
        for (const each of [
          `${" ".repeat(INDENT)}${paint("dim", word.padEnd(widest))}${first.trimStart()}`,
          ...more,
        ])
          line(linked(each));
      }
    },
    check: (holds, text) => {
      if (!holds) faults += 1;
      if (holds) return marked(paint("green", "✓"), text);
      return marked(paint(["bold", "red"], "✗"), `${text}   ← this check failed`);
    },
    fault: (text, todo = []) => {
      faults += 1;
      marked(paint(["bold", "red"], "✗"), text);
      for (const each of todo) marked("→", each);
    },
    blank: () => line(),
    faults: () => faults,
  };
}

const SIGN_STYLES: Readonly<Record<JournalEntry["sign"], Style>> = {
  "+": "green",
  "~": "yellow",
  "-": "red",
  "·": "dim",
};

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** A word longer than a line gets its own line. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
