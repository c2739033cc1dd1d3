import { invalid, ok, type ParseResult } from "../text/parse-result.ts";
import { anyCase, CLEAN_BELOW, ofAnyCase, SUFFIX } from "./clean-paths.ts";

declare const brand: unique symbol;

/**
 * A path prefix of a hostname, `/api`: begins with a slash, does not end with one, has no `.`, `..`
 * or empty segment.
 */
export type Path = string & { readonly [brand]: "Path" };

const MAX_PATH_CHARACTERS = 1_000;

/** @returns undefined as the value for `/`, which is the whole host */
export function parsePath(text: string): ParseResult<Path | undefined> {
  const trimmed = text.trim();
  if (trimmed.length > MAX_PATH_CHARACTERS)
    return invalid("is too long", `write a path of at most ${MAX_PATH_CHARACTERS} characters`);
  if (!trimmed.startsWith("/")) return invalid("does not begin with a slash", `write /${trimmed}`);
  const path = trimmed.replace(/\/+$/, "");
  if (path === "") return ok(undefined);
  const segments = path.slice(1).split("/");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    return invalid(
      "has an empty, . or .. segment",
      "write the path as the browser shows it, such as /api/v1",
    );
  }
  if (!/^[A-Za-z0-9/._~@:+-]+$/.test(path)) {
    return invalid(
      "has characters other than letters, digits and - . _ ~ @ : +",
      "write a plain prefix such as /api; everything below it is covered",
    );
  }
  return ok(path as Path);
}

/**
 * The paths below a prefix, without any segment that an origin could read as a step up. cloudflared
 * matches the decoded but uncleaned path. `/hooks/../admin` and `/hooks/%2e%2e/admin` would match a
 * plain prefix, and an origin that cleans paths would then serve `/admin` (measured with
 * cloudflared 2026.1.2). RE2 has no look-ahead, so a segment may start in one of three ways.
 */
const EXCLUDED = String.raw`/\\%?#\x00-\x1f\x7f`;
const START = String.raw`[^.${EXCLUDED}]|\.[^.;${EXCLUDED}]|\.\.[^;${EXCLUDED}]`;
const BELOW = `(/(${START})[^${EXCLUDED}]*)*/?$`;

/**
 * The same for a path that needs no login: only what every origin reads the same way. Letters,
 * digits, marks and a few signs; a space only between two of them; a dot only right before an ASCII
 * letter, digit, `_` or `-`. This excludes:
 *
 * - semicolons, at which some origins cut a segment
 * - text that is not UTF-8, such as the overlong `%c0%ae` (RE2 sees U+FFFD)
 * - look-alikes that normalisation turns into a dot, slash or percent sign (Unicode NFKC)
 * - zero-width characters, which could separate two dots
 */
const SIGN = String.raw`[\p{L}\p{Nd}\p{M}_~!$&'()*+,=:@-]|\.[A-Za-z0-9_-]`;
const BELOW_OPEN = `(/(${SIGN})( ?(${SIGN}))*)*/?$`;

const literal = (path: Path): string => path.replace(/[.+]/g, String.raw`\$&`);

/**
 * The anchored regular expression (RE2) of a path prefix in an ingress rule. It matches the prefix
 * and every path below it, without any `.`, `..` or empty segment, backslash, remaining percent
 * sign or control character.
 *
 * @example pathPattern("/api") matches /api, /api/ and /api/v1;
 *   not /apiary, //api, /api//v1 or /api/../admin
 */
export const pathPattern = (path: Path): string => `^${literal(path)}${BELOW}`;

/**
 * The same for a prefix that needs no login: no path that an origin could read as outside the
 * prefix.
 */
export const openPattern = (path: Path): string => `^${literal(path)}${BELOW_OPEN}`;

/** The clean paths below a prefix that has a protected route inside it. */
export const cleanPattern = (path: Path): string => `^${literal(path)}${CLEAN_BELOW}`;

/**
 * A protected prefix inside a route that admits more people. It matches in any letter case, and
 * with any text after a segment that some origin still reads as that segment, such as `/ADMIN`,
 * `/admin.json` or `/admin!list`. Every path that the outer rule matches, and that an origin could
 * read as below the prefix, must match this pattern.
 *
 * @param clean - true if a more protected route lies inside this one
 */
export const guardPattern = (path: Path, clean = false): string =>
  `^${literal(path).slice(1).split("/").map(guardSegment).join("")}${clean ? CLEAN_BELOW : BELOW}`;

const guardSegment = (segment: string): string => `/${anyCase(segment)}${SUFFIX}`;

/**
 * The pattern of a whole host with a protected route inside: clean paths only, so no other spelling
 * gets through.
 */
export const CLEAN_PATHS = `^${CLEAN_BELOW}`;

/** True if the pattern is that of a whole host, including the form that earlier versions wrote. */
export const isCleanPaths = (pattern: string): boolean =>
  pattern === CLEAN_PATHS || pattern === `^${BELOW_OPEN}`;

const ENDS = [BELOW, BELOW_OPEN, CLEAN_BELOW];

/**
 * The path that a pattern stands for, with any of the endings; undefined if cfauth did not write
 * the pattern.
 */
export function patternPath(pattern: string): Path | undefined {
  const end = ENDS.find((it) => pattern.endsWith(it));
  if (!pattern.startsWith("^/") || end === undefined) return undefined;
  const prefix = pattern.slice(1, -end.length);
  const guarded = guardedPath(prefix);
  const path = (guarded ?? prefix).replace(/\\([.+])/g, "$1") as Path;
  const again =
    guarded === undefined ? `^${literal(path)}${end}` : guardPattern(path, end === CLEAN_BELOW);
  return path !== "" && again === pattern ? path : undefined;
}

/** The prefix in a pattern of `guardPattern`, still escaped; undefined for any other pattern. */
function guardedPath(prefix: string): string | undefined {
  const parts = prefix.split(SUFFIX).slice(0, -1);
  const segments = parts.map((part) => ofAnyCase(part.slice(1)));
  return segments.length === 0 || segments.includes(undefined)
    ? undefined
    : segments.map((segment) => `/${segment}`).join("");
}
