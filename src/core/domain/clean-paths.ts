/**
 * The paths that a rule may match if a protected route lies inside it: only paths that every origin
 * reads the same way. cloudflared matches the decoded path with RE2, which has no look-ahead, so
 * the rule cannot exclude the protected prefix by name. Instead the inner rule comes first and
 * matches more than its prefix (`guardPattern`), and the outer rule matches less than everything.
 */

/**
 * Letters, marks and digits outside ASCII. Excluded are those that some origin reads as an ASCII
 * letter or digit (NFKC normalisation, a change of case) or ignores. As code points: full width,
 * superscripts, letterlike, mathematical, ligatures, the dotted and dotless i, the long s,
 * variation selectors, fillers. `test/unit/core/domain/path.test.ts` tries every code point.
 */
const LETTER = String.raw`[^\P{L}\x{aa}\x{ba}\x{130}-\x{133}\x{17f}\x{1c7}-\x{1cc}\x{1f1}-\x{1f3}\x{2b0}-\x{2e4}\x{115f}-\x{1160}\x{1d2c}-\x{1dbf}\x{2071}-\x{2149}\x{2c7c}-\x{2c7d}\x{3164}\x{a7f1}-\x{a7f4}\x{fb00}-\x{fb06}\x{ff21}-\x{ff5a}\x{ffa0}\x{10780}-\x{107ba}\x{1d400}-\x{1d7ff}]`;
const MARK = String.raw`[^\P{M}\x{34f}\x{17b4}-\x{17b5}\x{180b}-\x{180f}\x{fe00}-\x{fe0f}\x{e0100}-\x{e01ef}]`;
const DIGIT = String.raw`[^\P{Nd}\x{ff10}-\x{ff19}\x{1ccf0}-\x{1ccf9}\x{1d7ce}-\x{1d7ff}\x{1fbf0}-\x{1fbf9}]`;

/**
 * No colon (`::$DATA` on Windows), no parentheses (`/(S(x))/` of ASP.NET), no semicolon, and a
 * tilde only in front (`ADMINI~1`). A dot is allowed only right before an ASCII letter, digit, `_`
 * or `-`, and a space only between two signs, because some origins drop them at the end.
 */
const SIGN = String.raw`${LETTER}|${MARK}|${DIGIT}|[_!$&'*+,=@-]|\.[A-Za-z0-9_-]`;

/** The part after a prefix or the root: any number of segments. */
export const CLEAN_BELOW = `(/~?(${SIGN})( ?(${SIGN}))*)*/?$`;

/**
 * The text that may follow a segment of a protected prefix while some origin still reads the same
 * segment: a format (`.json`), parameters, a stream, a method (`!list`), a final dot or space. It
 * ends at the next slash. A letter, digit, `_` or `-` would make it another name.
 */
export const SUFFIX = String.raw`([ !$&'()*+,.:;=@~][^/\\%?#\x00-\x1f\x7f]*)?`;

/** One segment in any letter case. Some origins compare in upper case, where `ß` is `SS`. */
export const anyCase = (segment: string): string => `(?i:${segment.replace(/ss/gi, "($&|ß)")})`;

/** The segment from which `anyCase` made the text; undefined for any other text. */
export const ofAnyCase = (text: string): string | undefined =>
  /^\(\?i:(.*)\)$/.exec(text)?.[1]?.replace(/\((ss)\|ß\)/gi, "$1");
