/** Character classes and escapes of RE2, as ranges of code points where they can be. */

export interface Cursor {
  readonly chars: readonly string[];
  at: number;
  /** Of the groups so far. */
  readonly names: Set<string>;
}

type Range = readonly [number, number];

const r = (text: string): Range[] =>
  [...text.matchAll(/(.)-(.)/gsu)].map(([, a = "", b = ""]) => [
    a.codePointAt(0) ?? 0,
    b.codePointAt(0) ?? 0,
  ]);

const PERL: Readonly<Record<string, Range[]>> = {
  d: r("0-9"),
  w: r("0-9A-Z_-_a-z"),
  s: [
    [9, 10],
    [12, 13],
    [32, 32],
  ],
};

const POSIX: Readonly<Record<string, Range[]>> = {
  alnum: r("0-9A-Za-z"),
  alpha: r("A-Za-z"),
  ascii: [[0, 127]],
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: r("0-9"),
  graph: r("!-~"),
  lower: r("a-z"),
  print: r(" -~"),
  punct: r("!-/:-@[-`{-~"),
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: r("A-Z"),
  word: r("0-9A-Z_-_a-z"),
  xdigit: r("0-9A-Fa-f"),
};

const point = (code: number): string => `\\u{${code.toString(16)}}`;
const written = (ranges: readonly Range[]): string =>
  ranges.map(([low, high]) => `${point(low)}-${point(high)}`).join("");

function complement(ranges: readonly Range[]): Range[] {
  const gaps = ranges.map(([, high], i): Range => [high + 1, (ranges[i + 1]?.[0] ?? 0x110000) - 1]);
  const first: Range = [0, (ranges[0]?.[0] ?? 0) - 1];
  return [first, ...gaps].filter(([low, high]) => low <= high);
}

/** A literal character, escaped for JavaScript. */
export const literal = (char: string): string =>
  /[0-9A-Za-z]/.test(char) ? char : point(char.codePointAt(0) ?? 0);

/** `\d`, `\pL`, `\P{Greek}`: the content for the brackets of a class; undefined if the escape is one character. */
export function escapedSet(cursor: Cursor): string | undefined {
  const next = cursor.chars[cursor.at + 1] ?? "";
  const perl = Object.hasOwn(PERL, next.toLowerCase()) ? PERL[next.toLowerCase()] : undefined;
  if (perl) {
    cursor.at += 2;
    return written(next === next.toLowerCase() ? perl : complement(perl));
  }
  return next.toLowerCase() === "p" ? property(cursor) : undefined;
}

function property(cursor: Cursor): string {
  const found = /^\\([pP])(?:\{(\^?)(\w+)\}|(\w))/.exec(
    cursor.chars.slice(cursor.at, cursor.at + 64).join(""),
  );
  if (!found) throw new SyntaxError("invalid character class range");
  const [whole, kind, caret, long, short] = found;
  cursor.at += whole.length;
  const negated = (kind === "P") !== (caret === "^");
  const name = long ?? short ?? "";
  const spelled = [name, `Script=${name}`].find(known);
  if (spelled === undefined) throw new SyntaxError(`invalid character class range: ${whole}`);
  return `\\${negated ? "P" : "p"}{${spelled}}`;
}

function known(name: string): boolean {
  try {
    return new RegExp(`\\p{${name}}`, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

const CONTROLS: Readonly<Record<string, string>> = {
  a: "\x07",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The character of an escape. @throws {SyntaxError} for `\u`, `\Z`, `\1` and anything else that RE2 does not know */
export function literalEscape(cursor: Cursor): string {
  const text = cursor.chars.slice(cursor.at + 1, cursor.at + 12).join("");
  const hex = /^x(?:([0-9a-f]{2})|\{([0-9a-f]{1,8})\})/i.exec(text);
  const octal = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(text);
  const found = hex ?? octal;
  if (found) {
    cursor.at += 1 + found[0].length;
    return fromCode(
      hex ? Number.parseInt(hex[1] ?? hex[2] ?? "", 16) : Number.parseInt(found[0], 8),
    );
  }
  const [char = ""] = text;
  cursor.at += 2;
  if (Object.hasOwn(CONTROLS, char)) return CONTROLS[char] ?? "";
  if (char === "" || /[0-9A-Za-z]/.test(char) || char > "\x7f")
    throw new SyntaxError(`invalid escape sequence: \\${char}`);
  return char;
}

function fromCode(code: number): string {
  if (code > 0x10ffff) throw new SyntaxError("invalid escape sequence");
  return String.fromCodePoint(code);
}

/** From `[` to `]`. A `]` at the start is literal, as is a `-` that forms no range. */
export function charClass(cursor: Cursor): string {
  const negated = cursor.chars[cursor.at + 1] === "^";
  cursor.at += negated ? 2 : 1;
  let inside = "";
  for (let first = true; first || cursor.chars[cursor.at] !== "]"; first = false) {
    if (cursor.at >= cursor.chars.length) throw new SyntaxError("missing closing ]");
    inside +=
      posix(cursor) ??
      (cursor.chars[cursor.at] === "\\" ? escapedSet(cursor) : undefined) ??
      range(cursor);
  }
  cursor.at += 1;
  return `[${negated ? "^" : ""}${inside}]`;
}

function posix(cursor: Cursor): string | undefined {
  const found = /^\[:(\^?)(\w+):\]/.exec(cursor.chars.slice(cursor.at, cursor.at + 16).join(""));
  if (!found) return undefined;
  const ranges = Object.hasOwn(POSIX, found[2] ?? "") ? POSIX[found[2] ?? ""] : undefined;
  if (!ranges) throw new SyntaxError(`invalid character class range: ${found[0]}`);
  cursor.at += found[0].length;
  return written(found[1] === "^" ? complement(ranges) : ranges);
}

function range(cursor: Cursor): string {
  const low = one(cursor);
  const [dash, after] = [cursor.chars[cursor.at], cursor.chars[cursor.at + 1]];
  if (dash !== "-" || after === "]" || after === undefined) return literal(low);
  cursor.at += 1;
  const high = one(cursor);
  if ((high.codePointAt(0) ?? 0) < (low.codePointAt(0) ?? 0))
    throw new SyntaxError(`invalid character class range: ${low}-${high}`);
  return `${literal(low)}-${literal(high)}`;
}

function one(cursor: Cursor): string {
  const char = cursor.chars[cursor.at] ?? "";
  if (char === "\\") return literalEscape(cursor);
  cursor.at += 1;
  return char;
}
