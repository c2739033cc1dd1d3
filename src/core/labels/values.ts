import { isProjectName } from "../domain/compose.ts";
import { SCHEMES, type Scheme } from "../domain/origin.ts";
import { closestMatch } from "../text/closest-match.ts";
import { parseDuration } from "../text/duration.ts";
import { splitList } from "../text/list.ts";
import { invalid, ok, type ParseResult } from "../text/parse-result.ts";
import { isVisible } from "../text/sanitize.ts";
import { ORIGIN_OPTIONS } from "./catalogue.ts";

export function parseFlagLabel(text: string): ParseResult<boolean> {
  if (text === "true" || text === "false") return ok(text === "true");
  return invalid("is neither true nor false", flagFix(text));
}

function flagFix(text: string): string {
  if (/^(yes|on|1|enabled?)$/i.test(text)) return "write true";
  return /^(no|off|0|disabled?)$/i.test(text) ? "write false" : "write true or false";
}

export function parsePort(text: string): ParseResult<number> {
  const port = Number(text);
  return /^\d+$/.test(text) && port >= 1 && port <= 65_535
    ? ok(port)
    : invalid("is not a port", "write a number from 1 to 65535");
}

export const parseScheme = (text: string): ParseResult<Scheme> => oneOf(text, SCHEMES);

export const parseAccess = (text: string): ParseResult<"authentik" | "public"> =>
  oneOf(text, ["authentik", "public"]);

/**
 * Accepts only what cloudflared accepts, because one unusable value makes cloudflared refuse the
 * whole document.
 *
 * @param option - cloudflared's own name, one of ORIGIN_OPTIONS
 * @param caPools - CFAUTH_CA_POOLS
 */
export function parseOriginOption(
  option: string,
  text: string,
  caPools: readonly string[] = [],
): ParseResult<string | number | boolean> {
  switch (ORIGIN_OPTIONS[option]?.takes) {
    case "boolean":
      return parseFlagLabel(text);
    case "count":
      return /^\d{1,6}$/.test(text)
        ? ok(Number(text))
        : invalid("is not a whole number", "write a number such as 100");
    case "seconds":
      return parseSeconds(text);
    case "socks":
      return text === "socks"
        ? ok(text)
        : invalid("is not a proxy type", "write socks, or remove the label");
    case "caPool":
      return parseCaPool(text, caPools);
    case "host":
    case undefined:
      return parseHostValue(text);
  }
}

/** A name, an address or a name with a port, as written in a Host header. */
const HOST_VALUE = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?)(:\d{1,5})?$/;
/** The longest name that DNS allows. */
const MAX_HOST_CHARACTERS = 253;

function parseHostValue(text: string): ParseResult<string> {
  if (text === "") return invalid("is empty", "write a value, or remove the label");
  if (text.length <= MAX_HOST_CHARACTERS && HOST_VALUE.test(text)) return ok(text);
  return invalid(
    "is not a host name",
    "write a name such as wiki.internal, without a scheme or a path",
  );
}

/**
 * If the file is missing, cloudflared keeps running its old rules, so only the operator may name
 * files.
 */
function parseCaPool(text: string, caPools: readonly string[]): ParseResult<string> {
  if (text === "") return invalid("is empty", "write a value, or remove the label");
  if (caPools.includes(text)) return ok(text);
  const known = caPools.length === 0 ? "" : `write ${caPools.join(" or ")}, or `;
  return invalid(
    "is not listed in CFAUTH_CA_POOLS, and a file that cloudflared does not have would block every change of the tunnel",
    `${known}add the file to CFAUTH_CA_POOLS once cloudflared has it at that path`,
  );
}

/**
 * A number that does not fit into 64 bits of nanoseconds makes cloudflared refuse the whole
 * document. No wait takes longer than a day.
 */
const MAX_SECONDS = 86_400;

function parseSeconds(text: string): ParseResult<number> {
  const duration = parseDuration(/^\d+$/.test(text) ? `${text}s` : text);
  if (!duration.ok) return duration;
  if (duration.value > MAX_SECONDS * 1_000)
    return invalid("is out of range", "write something up to 24h");
  return duration.value % 1_000 === 0
    ? ok(duration.value / 1_000)
    : invalid("is not a whole number of seconds", "write whole seconds, such as 10s");
}

function oneOf<T extends string>(text: string, known: readonly T[]): ParseResult<T> {
  const found = known.find((it) => it === text);
  if (found !== undefined) return ok(found);
  const which =
    known.length === 2 ? `neither ${known[0]} nor ${known[1]}` : `none of ${known.join(", ")}`;
  return invalid(
    `is ${which}`,
    `write ${closestMatch(text.toLowerCase(), known) ?? known.join(" or ")}`,
  );
}

/**
 * The parts between commas. An empty part is a fault, because no one knows what was meant.
 *
 *
 * @param what - what each part is, "a group"
 */
export function namesOf(text: string, what: string): ParseResult<readonly string[]> {
  const given = splitList(text);
  if (given.length === 0) return invalid("is empty", `write ${what}, or remove the label`);
  return given.length < text.split(",").length
    ? invalid("has nothing between two commas", `write ${given.join(",")}`)
    : ok(given);
}

const EMAIL =
  /^([\p{L}\p{N}.!#$%&'+/=?^_`{|}~-]{1,64})?@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,63}$/u;

/** The longest e-mail address. */
const MAX_EMAIL_CHARACTERS = 254;

/** An address, or a whole domain with an @ in front. */
export function parseEmail(text: string): ParseResult<string> {
  const email = text.toLowerCase();
  if (email.length <= MAX_EMAIL_CHARACTERS && EMAIL.test(email)) return ok(email);
  const domain = email.replace(/^[*@]+/, "@");
  const isDomain = domain !== email && domain.length <= MAX_EMAIL_CHARACTERS && EMAIL.test(domain);
  return invalid(
    "is neither an e-mail address nor a domain",
    isDomain
      ? `write ${domain} for everyone there`
      : "write ann@example.com, or @example.com for everyone there",
  );
}

/** The limit of Authentik's field. */
const MAX_ICON_CHARACTERS = 500;

/** An icon that Authentik can show: a web address, or one of its built-in icons. */
export function parseIcon(text: string): ParseResult<string> {
  const fits = text.length <= MAX_ICON_CHARACTERS;
  const isUrl = fits && /^https?:\/\/\S+$/.test(text) && isVisible(text) && URL.canParse(text);
  if (isUrl || (fits && /^fa:\/\/fa-[a-z0-9-]+$/.test(text))) return ok(text);
  return invalid(
    "is not an icon",
    "write an address such as https://example.com/wiki.png, or fa://fa-book",
  );
}

const UNSHOWABLE = invalid("has characters that cannot be shown", "write plain text");

/** A one-line text for people. */
export function parseText(text: string): ParseResult<string> {
  const line = text.replace(/\s+/g, " ");
  if (line === "") return invalid("is empty", "write a text, or remove the label");
  if (!isVisible(line)) return UNSHOWABLE;
  return line.length > 250 ? invalid("is too long", "write at most 250 characters") : ok(line);
}

const isPartyName = (name: string): boolean => name === "*" || isProjectName(name);

/** Names of Compose projects or Swarm stacks, or `*` for every party. */
export function parseShareWith(text: string): ParseResult<readonly string[]> {
  const names = namesOf(text, "a Compose project");
  if (!names.ok) return names;
  const wrong = names.value.find((name) => !isPartyName(name));
  return wrong === undefined
    ? ok(readableParties(text))
    : invalid(
        `names ${wrong}, which is not a Compose project`,
        "write the project's name as `docker compose ls` shows it, or * for every project",
      );
}

/** The valid party names of a list. */
export const readableParties = (text: string): readonly string[] =>
  [...new Set(splitList(text).filter(isPartyName))].toSorted();
