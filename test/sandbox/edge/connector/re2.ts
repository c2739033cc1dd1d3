/**
 * RE2, as far as matching needs it: rewrites the syntax of Go's regexp for JavaScript and refuses what Go refuses.
 * Groups capture nothing and greediness does not matter, because only the fact of a match counts.
 * @see https://github.com/google/re2/wiki/Syntax
 */

import { type Cursor, charClass, escapedSet, literal, literalEscape } from "./re2-class.ts";

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

/** A part of the pattern, and how often it repeats its content: RE2 allows 1000 in total. */
interface Piece {
  readonly source: string;
  readonly weight: number;
}

/** @throws {SyntaxError} for what Go's regexp.Compile refuses */
export function re2(pattern: string): RegExp {
  const cursor: Cursor = { chars: [...pattern], at: 0, names: new Set() };
  const { source } = alternation(cursor, { i: false, m: false, s: false });
  if (cursor.at < cursor.chars.length) throw new SyntaxError("unexpected )");
  return new RegExp(source, "u");
}

function alternation(cursor: Cursor, outer: Flags): Piece {
  let flags = outer;
  let source = "";
  let weight = 1;
  while (cursor.at < cursor.chars.length && cursor.chars[cursor.at] !== ")") {
    const set = takeFlags(cursor, flags);
    if (set) flags = set;
    const piece = set ? { source: "", weight: 1 } : repeated(cursor, atom(cursor, flags));
    // Without this check `(?i)*` would repeat the part before the flags.
    if (set && /^[*+?]/.test(cursor.chars[cursor.at] ?? ""))
      throw new SyntaxError("missing argument to repetition operator");
    source += piece.source;
    weight = Math.max(weight, piece.weight);
  }
  return { source, weight };
}

/** `(?im-s)`: changes the flags up to the end of the group. */
function takeFlags(cursor: Cursor, flags: Flags): Flags | undefined {
  const found = /^\(\?([imsU]*(?:-[imsU]+)?)\)/.exec(rest(cursor));
  if (!found) return undefined;
  cursor.at += found[0].length;
  return withFlags(flags, found[1] ?? "");
}

function withFlags(flags: Flags, text: string): Flags {
  const [on = "", off = ""] = text.split("-");
  const now = (flag: keyof Flags): boolean =>
    (flags[flag] || on.includes(flag)) && !off.includes(flag);
  return { i: now("i"), m: now("m"), s: now("s") };
}

const rest = (cursor: Cursor): string => cursor.chars.slice(cursor.at, cursor.at + 64).join("");

function atom(cursor: Cursor, flags: Flags): Piece {
  const char = cursor.chars[cursor.at] ?? "";
  if (char === "(") return group(cursor, flags);
  if (/[*+?]/.test(char)) throw new SyntaxError(`missing argument to repetition operator: ${char}`);
  const folded = (source: string): Piece => ({
    source: flags.i ? `(?i:${source})` : source,
    weight: 1,
  });
  if (char === "[") return folded(charClass(cursor));
  if (char === "\\") return escaped(cursor, folded);
  cursor.at += 1;
  const plain = (source: string): Piece => ({ source, weight: 1 });
  if (char === "|") return plain("|");
  if (char === ".") return plain(flags.s ? "[\\s\\S]" : "[^\\n]");
  if (char === "^") return plain(flags.m ? "(?:(?<![^\\n]))" : "(?:^)");
  if (char === "$") return plain(flags.m ? "(?:(?![^\\n]))" : "(?:$)");
  return folded(literal(char));
}

function group(cursor: Cursor, flags: Flags): Piece {
  const named = /^\(\?P?<(\w+)>/.exec(rest(cursor));
  const flagged = /^\(\?([imsU]*(?:-[imsU]+)?):/.exec(rest(cursor));
  if (!named && !flagged && rest(cursor).startsWith("(?"))
    throw new SyntaxError("invalid or unsupported Perl syntax");
  const name = named?.[1];
  if (name !== undefined && cursor.names.has(name))
    throw new SyntaxError(`duplicate group name ${name}`);
  if (name !== undefined) cursor.names.add(name);
  cursor.at += (named ?? flagged)?.[0].length ?? 1;
  const inside = alternation(cursor, withFlags(flags, flagged?.[1] ?? ""));
  if (cursor.chars[cursor.at] !== ")") throw new SyntaxError("missing closing )");
  cursor.at += 1;
  return { source: `(?:${inside.source})`, weight: inside.weight };
}

const ASSERTIONS: Readonly<Record<string, string>> = {
  A: "(?:^)",
  z: "(?:$)",
  b: "(?:\\b)",
  B: "(?:\\B)",
};

function escaped(cursor: Cursor, folded: (source: string) => Piece): Piece {
  const next = cursor.chars[cursor.at + 1] ?? "";
  const assertion = Object.hasOwn(ASSERTIONS, next) ? ASSERTIONS[next] : undefined;
  if (assertion !== undefined) {
    cursor.at += 2;
    return { source: assertion, weight: 1 };
  }
  if (next === "Q") return quoted(cursor, folded);
  const set = escapedSet(cursor);
  return folded(set === undefined ? literal(literalEscape(cursor)) : `[${set}]`);
}

/** `\Q…\E`: everything in between is literal; a repetition after it applies to the last character. */
function quoted(cursor: Cursor, folded: (source: string) => Piece): Piece {
  const text =
    cursor.chars
      .slice(cursor.at + 2)
      .join("")
      .split("\\E", 1)[0] ?? "";
  const chars = [...text];
  cursor.at = Math.min(cursor.at + 2 + chars.length + 2, cursor.chars.length);
  return { source: chars.map((char) => folded(literal(char)).source).join(""), weight: 1 };
}

function repeated(cursor: Cursor, piece: Piece): Piece {
  const found = /^(?:[*+?]|\{(\d+)(?:,(\d*))?\})\??/.exec(rest(cursor));
  if (!found) return piece;
  const [whole, least, most = least] = found;
  const weight = piece.weight * Math.max(1, Number(most || least || 1));
  const [min, max] = [Number(least ?? 0), Number(most || least || 0)];
  if (max > 1000 || min > 1000 || max < min || weight > 1000)
    throw new SyntaxError(`invalid repeat count: ${whole}`);
  if (piece.source === "|" || piece.source === "")
    throw new SyntaxError(`missing argument to repetition operator: ${whole}`);
  cursor.at += whole.length;
  if (/^(?:[*+?]|\{\d+(?:,\d*)?\})/.test(rest(cursor)))
    throw new SyntaxError("invalid nested repetition operator");
  return { source: piece.source + whole, weight };
}
