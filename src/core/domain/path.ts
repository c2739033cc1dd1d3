import { invalid, ok, type ParseResult } from "../text/parse-result.ts";
import { anyCase, CLEAN_BELOW, ofAnyCase, SUFFIX } from "./clean-paths.ts";

declare const brand: unique symbol;

/** A path prefix of a hostname, `/api`: begins with a slash, does not end with one, is clean. */
export type Path = string & { readonly [brand]: "Path" };

const MAX_PATH_CHARACTERS = 1_000;

/** @returns undefined as the value for `/`, which is the whole host */
export function parsePath(text: string): ParseResult<Path | undefined> {
  const wanted = text.trim();
  if (wanted.length > MAX_PATH_CHARACTERS)
    return invalid("is too long", `write a path of at most ${MAX_PATH_CHARACTERS} characters`);
  if (!wanted.startsWith("/")) return invalid("does not begin with a slash", `write /${wanted}`);
  const trimmed = wanted.replace(/\/+$/, "");
  if (trimmed === "") return ok(undefined);
  const segments = trimmed.slice(1).split("/");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    return invalid(
      "has an empty, . or .. segment",
      "write the path as the browser shows it, such as /api/v1",
    );
  }
  if (!/^[A-Za-z0-9/._~@:+-]+$/.test(trimmed)) {
    return invalid(
      "has characters other than letters, digits and - . _ ~ @ : +",
      "write a plain prefix such as /api; everything below it is covered",
    );
  }
  return ok(trimmed as Path);
}

/**
 * What lies below a prefix, without a segment that any origin could read as a way up: cloudflared matches the decoded but
 * uncleaned path, so `/hooks/../admin` and `/hooks/%2e%2e/admin` would match a plain prefix, and an origin that cleans paths
 * would then serve `/admin` (measured with cloudflared 2026.1.2). RE2 has no look-ahead, hence the three ways to begin.
 */
const NEVER = String.raw`/\\%?#\x00-\x1f\x7f`;
const BELOW = String.raw`(/([^.${NEVER}]|\.[^.;${NEVER}]|\.\.[^;${NEVER}])[^${NEVER}]*)*/?$`;

/**
 * The same where no login stands before it: only what every origin reads alike. Letters, digits, marks and a few signs; a blank
 * only between two of them; a dot only right before a plain letter, digit, `_` or `-`. So there is no semicolon, behind which
 * some cut a segment, nothing that is no UTF-8, such as the overlong `%c0%ae` (RE2 sees U+FFFD), no look-alike that
 * normalisation turns into a dot, slash or percent sign (Unicode NFKC), and nothing without width that could part two dots.
 */
const SIGN = String.raw`[\p{L}\p{Nd}\p{M}_~!$&'()*+,=:@-]|\.[A-Za-z0-9_-]`;
const BELOW_OPEN = `(/(${SIGN})( ?(${SIGN}))*)*/?$`;

const literal = (path: Path): string => path.replace(/[.+]/g, String.raw`\$&`);

/**
 * The anchored regular expression (RE2) of a path prefix in an ingress rule: the prefix itself and what is below it,
 * without any `.`, `..` or empty segment, backslash, remaining percent sign or control character.
 *
 * @example pathPattern("/api") matches /api, /api/ and /api/v1; not /apiary, //api, /api//v1 or /api/../admin
 */
export const pathPattern = (path: Path): string => `^${literal(path)}${BELOW}`;

/** The same for a prefix that needs no login: nothing that any origin could read as something outside of it. */
export const openPattern = (path: Path): string => `^${literal(path)}${BELOW_OPEN}`;

/** What is below a prefix and clean, for one that has something protected inside it. */
export const cleanPattern = (path: Path): string => `^${literal(path)}${CLEAN_BELOW}`;

/**
 * A protected prefix inside something that lets in more: in any letter case, and with whatever may follow a segment and still be it
 * to some origin, such as `/ADMIN`, `/admin.json` or `/admin!list`. What the rule around it takes and an origin could read as below
 * the prefix has to come here.
 *
 * @param clean - whether something more protected is inside it in turn
 */
export const guardPattern = (path: Path, clean = false): string =>
  `^${literal(path).slice(1).split("/").map(guarded).join("")}${clean ? CLEAN_BELOW : BELOW}`;

const guarded = (segment: string): string => `/${anyCase(segment)}${SUFFIX}`;

/** The pattern of a whole host that has something protected inside: every clean path, so that no other spelling of it comes through. */
export const CLEAN_PATHS = `^${CLEAN_BELOW}`;

/** Whether the pattern is that of a whole host, also as earlier versions wrote it. */
export const isCleanPaths = (pattern: string): boolean =>
  pattern === CLEAN_PATHS || pattern === `^${BELOW_OPEN}`;

const ENDS = [BELOW, BELOW_OPEN, CLEAN_BELOW];

/** The path whose pattern this is, whatever of it lies below; undefined when cfauth did not write it. */
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

/** The prefix of a guarded pattern, still as a pattern; undefined for a plain one. */
function guardedPath(prefix: string): string | undefined {
  const segments = prefix.split(SUFFIX).slice(0, -1);
  const read = segments.map((segment) => ofAnyCase(segment.slice(1)));
  return read.length === 0 || read.includes(undefined)
    ? undefined
    : read.map((segment) => `/${segment}`).join("");
}
