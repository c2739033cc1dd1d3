import { parseHostname } from "../core/domain/hostname.ts";
import { type Owner, parseOwner } from "../core/domain/owner.ts";
import { type Secret, secret } from "../core/secret.ts";
import { closestMatch } from "../core/text/closest-match.ts";
import { parseDuration } from "../core/text/duration.ts";
import { joinWithOr } from "../core/text/grammar.ts";
import { splitList } from "../core/text/list.ts";
import { invalid, ok, type ParseResult } from "../core/text/parse-result.ts";

/** Node timers wait at most 2^31 - 1 milliseconds (24.8 days); a longer one fires at once. */
const MAX_DURATION_MS = 24 * 86_400_000;

export const parseFlagSetting = (text: string): ParseResult<boolean> =>
  text === "true" || text === "false"
    ? ok(text === "true")
    : invalid("is neither true nor false", "write true or false");

export function oneOf<T extends string>(...known: readonly T[]): (text: string) => ParseResult<T> {
  return (text) => {
    const found = known.find((it) => it === text);
    return found === undefined
      ? invalid(
          `is not ${joinWithOr(known)}`,
          `write ${closestMatch(text, known) ?? joinWithOr(known)}`,
        )
      : ok(found);
  };
}

/** @param leastMs - the minimum in milliseconds; `least` is the same value as text for messages */
export function durationOf(leastMs: number, least: string): (text: string) => ParseResult<number> {
  return (text) => {
    const duration = parseDuration(text);
    if (!duration.ok || (duration.value >= leastMs && duration.value <= MAX_DURATION_MS))
      return duration;
    return invalid("is out of range", `write something from ${least} to 24d`);
  };
}

/** Follows Docker's rule for network names. */
export function parseNetworks(text: string): ParseResult<readonly string[]> {
  const names = splitList(text);
  const good = names.length > 0 && names.every((name) => /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name));
  return good
    ? ok(names)
    : invalid(
        "is not the name of a Docker network",
        "write a name such as tunnel, or several with commas",
      );
}

/** Parses group names. An empty text is allowed; an empty name between two commas is not. */
export function parseNames(text: string): ParseResult<readonly string[]> {
  if (text === "") return ok([]);
  const names = text.split(",").map((part) => part.trim());
  return names.includes("")
    ? invalid("has nothing between two commas", "write one comma between two names")
    : ok([...new Set(names)]);
}

export function parseZones(text: string): ParseResult<readonly string[]> {
  const zones = splitList(text).map(parseDomain);
  const good = zones.flatMap((zone) => (zone.ok ? [zone.value] : []));
  return zones.length > 0 && good.length === zones.length
    ? ok(good)
    : invalid("is not a list of domains", "write domains with commas: example.com,example.org");
}

export function parseDomain(text: string): ParseResult<string> {
  const host = parseHostname(text);
  return host.ok && !host.value.startsWith("*.")
    ? host
    : invalid("is not a domain", "write it like example.com");
}

export function parseOwnerName(text: string): ParseResult<Owner> {
  const owner = parseOwner(text);
  return owner === undefined
    ? invalid("is not a valid owner name", "use 1 to 32 characters: a-z, 0-9 and -")
    : ok(owner);
}

export function parsePrefix(text: string): ParseResult<string> {
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_-])?$/.test(text)) return ok(text);
  return text.endsWith(".")
    ? invalid("ends with a dot", "remove the dot")
    : invalid("is not a label prefix", "write letters, digits, hyphens and dots, such as cfauth");
}

export const parseSlug = (text: string): ParseResult<string> =>
  /^[A-Za-z0-9_-]{1,200}$/.test(text)
    ? ok(text)
    : invalid("is not a slug", "write letters, digits, - and _ only");

export const parseId = (text: string): ParseResult<string> =>
  /^[0-9a-f]{32}$/i.test(text)
    ? ok(text.toLowerCase())
    : invalid(
        "is not an account id",
        "copy the 32 characters from the dashboard's URL: dash.cloudflare.com/<account id>",
      );

/** Accepts only an absolute path, because a relative one depends on the working directory. */
export const parseFile = (text: string): ParseResult<string> =>
  text.startsWith("/")
    ? ok(text)
    : invalid("is not an absolute path", "write a path that starts with a slash");

/**
 * Parses a token. It must be valid in an HTTP header, and long enough that removing it from log
 * lines does not damage other words.
 */
export function parseToken(text: string): ParseResult<Secret> {
  if (/["'\s]/.test(text)) return invalid("contains quotes or spaces", "write the token alone");
  if (!/^[\x21-\x7e]+$/.test(text))
    return invalid("contains characters that are not valid in a token", "copy the token again");
  return text.length < 8
    ? invalid("is too short to be a token", "copy the whole token")
    : ok(secret(text));
}

/** Parses the name of a container or a Compose service, by the rules of Docker and Compose. */
export const parseContainer = (text: string): ParseResult<string> =>
  /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(text)
    ? ok(text)
    : invalid(
        "is not the name of a container or service",
        "write the container's name as `docker ps` shows it, such as authentik-server",
      );

/** Parses absolute paths separated by commas. An empty text is allowed. */
export function parseCaPools(text: string): ParseResult<readonly string[]> {
  const files = splitList(text);
  const wrong = files.find((file) => !/^\/[^\p{Cc}]+$/u.test(file));
  return wrong === undefined
    ? ok([...new Set(files)])
    : invalid(
        "contains a path that is not absolute",
        "write absolute paths with commas: /etc/ssl/home-ca.pem,/etc/ssl/lab-ca.pem",
      );
}
