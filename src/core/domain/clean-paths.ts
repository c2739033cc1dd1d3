/**
 * What a rule may take that has something protected inside it: only paths that every origin reads alike. cloudflared matches the
 * decoded path with RE2, which has no look-ahead, so the protected prefix cannot be excluded by name. Instead the inner rule comes
 * first and takes more than its prefix (`guardPattern`), and this one takes less than everything.
 */

/**
 * Letters, marks and digits outside of ASCII, without those that some origin reads as an ASCII letter or digit (NFKC
 * normalisation, a change of case) or does not see at all. As code points: full width, superscripts, letterlike, mathematical,
 * ligatures, the dotted and dotless i, the long s, variation selectors, fillers. `test/domain/path.test.ts` tries every code point.
 */
const LETTER = String.raw`[^\P{L}\x{aa}\x{ba}\x{130}-\x{133}\x{17f}\x{1c7}-\x{1cc}\x{1f1}-\x{1f3}\x{2b0}-\x{2e4}\x{115f}-\x{1160}\x{1d2c}-\x{1dbf}\x{2071}-\x{2149}\x{2c7c}-\x{2c7d}\x{3164}\x{a7f1}-\x{a7f4}\x{fb00}-\x{fb06}\x{ff21}-\x{ff5a}\x{ffa0}\x{10780}-\x{107ba}\x{1d400}-\x{1d7ff}]`;
const MARK = String.raw`[^\P{M}\x{34f}\x{17b4}-\x{17b5}\x{180b}-\x{180f}\x{fe00}-\x{fe0f}\x{e0100}-\x{e01ef}]`;
const DIGIT = String.raw`[^\P{Nd}\x{ff10}-\x{ff19}\x{1ccf0}-\x{1ccf9}\x{1d7ce}-\x{1d7ff}\x{1fbf0}-\x{1fbf9}]`;

/**
 * No colon (`::$DATA` on Windows), no parentheses (`/(S(x))/` of ASP.NET), no semicolon, and a tilde only in front (`ADMINI~1`). A
 * dot only right before a plain letter, digit, `_` or `-`, and a blank only between two signs: some origins drop them at the end.
 */
const SIGN = String.raw`${LETTER}|${MARK}|${DIGIT}|[_!$&'*+,=@-]|\.[A-Za-z0-9_-]`;

/** What follows a prefix, or the root: any number of segments. */
export const CLEAN_BELOW = `(/~?(${SIGN})( ?(${SIGN}))*)*/?$`;

/**
 * What may follow a segment of a protected prefix and still be that segment to some origin: a format (`.json`), parameters, a stream,
 * a method (`!list`), a dot or blank at the end. It ends at the slash. A letter, digit, `_` or `-` makes another name of it.
 */
export const SUFFIX = String.raw`([ !$&'()*+,.:;=@~][^/\\%?#\x00-\x1f\x7f]*)?`;

/** One segment in any letter case; some origins compare in capitals, where `ß` is `SS`. */
export const anyCase = (segment: string): string => `(?i:${segment.replace(/ss/gi, "($&|ß)")})`;

/** Reads back what `anyCase` wrote; undefined for anything else. */
export const ofAnyCase = (text: string): string | undefined =>
  /^\(\?i:(.*)\)$/.exec(text)?.[1]?.replace(/\((ss)\|ß\)/gi, "$1");
