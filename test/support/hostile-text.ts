/** Hostile text in labels, names and vendors' answers, and checks that it was made harmless. */
import { expect } from "vitest";

/** Characters that end a line for a terminal, a log shipper, Python or a person. */
export const LINE_ENDS = [
  "\n",
  "\r",
  "\r\n",
  "\v",
  "\f",
  "\u001c",
  "\u001d",
  "\u001e",
  "\u0085",
  "\u2028",
  "\u2029",
];

/**
 * Characters that control a terminal: C0, DEL, and C1, of which U+009B alone begins an escape
 * sequence.
 */
export const CONTROLS = [
  "\0",
  "\u0007",
  "\b",
  "\t",
  "\u001b[31m",
  "\u001b]0;title\u0007",
  "\u007f",
  "\u0090",
  "\u009b31m",
  "\u009d0;x\u009c",
];

/** Characters that change the direction of text. */
export const BIDI = [
  "\u061c",
  "\u200e",
  "\u200f",
  "\u202a",
  "\u202b",
  "\u202c",
  "\u202d",
  "\u202e",
  "\u2066",
  "\u2067",
  "\u2068",
  "\u2069",
];

/** Invisible characters. */
export const INVISIBLE = [
  "\u00ad",
  "\u034f",
  "\u115f",
  "\u180e",
  "\u200b",
  "\u200c",
  "\u200d",
  "\u2060",
  "\u2064",
  "\u206a",
  "\u3164",
  "\ufe0f",
  "\ufeff",
  "\uffa0",
  "\ufff9",
  "\u{e0041}",
  "\u{e0100}",
];

/** Halves of a surrogate pair, which no encoding can represent. */
export const HALVES = ["\ud83d", "\ude00"];

export const STEERING = [...LINE_ENDS, ...CONTROLS, ...BIDI, ...INVISIBLE, ...HALVES];

/** All of these characters, each before a word that must not begin a line. */
export const HOSTILE = STEERING.map((it) => `x${it}FORGED`).join("");

const FIRST_CHARACTERS = new Set(
  STEERING.map((it) => String.fromCodePoint(it.codePointAt(0) ?? 0)),
);

/**
 * The code points of all hostile characters that the text contains unchanged, except for the
 * output's own line feeds.
 */
const rawIn = (text: string): readonly string[] =>
  [...text]
    .filter((it) => it !== "\n" && FIRST_CHARACTERS.has(it))
    .map((it) => `U+${it.codePointAt(0)?.toString(16)}`);

/**
 * Checks that a reader sees all of the text, and that the author of a label wrote no line of it.
 */
export function expectHarmless(text: string): void {
  expect([...new Set(rawIn(text))]).toEqual([]);
  expect(text.split("\n").filter((line) => line.trimStart().startsWith("FORGED"))).toEqual([]);
}
