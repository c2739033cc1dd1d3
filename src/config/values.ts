import { parseDuration } from "../domain/duration.ts";
import { either } from "../domain/grammar.ts";
import { parseHostname } from "../domain/hostname.ts";
import { list } from "../domain/list.ts";
import { nearest } from "../domain/nearest.ts";
import { type Owner, parseOwner } from "../domain/owner.ts";
import { faulty, type Parsed, parsed } from "../domain/parsed.ts";
import { type Secret, secret } from "../secret.ts";

/** A timer waits at most 2^31 - 1 milliseconds (24.8 days); a longer one would go off at once. */
const LONGEST_MS = 24 * 86_400_000;

export const parseFlag = (text: string): Parsed<boolean> =>
  text === "true" || text === "false" ? parsed(text === "true") : faulty("is neither true nor false", "write true or false");

export function oneOf<T extends string>(...known: readonly T[]): (text: string) => Parsed<T> {
  return (text) => {
    const found = known.find((it) => it === text);
    return found === undefined ? faulty(`is not ${either(known)}`, `write ${nearest(text, known) ?? either(known)}`) : parsed(found);
  };
}

/** @param leastMs - in milliseconds, together with the words for it */
export function durationOf(leastMs: number, least: string): (text: string) => Parsed<number> {
  return (text) => {
    const duration = parseDuration(text);
    if (!duration.ok || (duration.value >= leastMs && duration.value <= LONGEST_MS)) return duration;
    return faulty("is out of range", `write something from ${least} to 24d`);
  };
}

/** Docker's own rule for names of networks. */
export function parseNetworks(text: string): Parsed<readonly string[]> {
  const names = list(text);
  const good = names.length > 0 && names.every((name) => /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name));
  return good ? parsed(names) : faulty("is not the name of a Docker network", "write a name such as tunnel, or several with commas");
}

/** Names of groups: none at all is allowed, nothing between two commas is not. */
export function parseNames(text: string): Parsed<readonly string[]> {
  if (text === "") return parsed([]);
  const names = text.split(",").map((part) => part.trim());
  return names.includes("")
    ? faulty("has nothing between two commas", "write names with one comma between two")
    : parsed([...new Set(names)]);
}

export function parseZones(text: string): Parsed<readonly string[]> {
  const zones = list(text).map(parseDomain);
  const good = zones.flatMap((zone) => (zone.ok ? [zone.value] : []));
  return zones.length > 0 && good.length === zones.length
    ? parsed(good)
    : faulty("is not a list of domains", "write domains with commas: example.com,example.org");
}

export function parseDomain(text: string): Parsed<string> {
  const host = parseHostname(text);
  return host.ok && !host.value.startsWith("*.") ? host : faulty("is not a domain", "write it like example.com");
}

export function parseOwnerName(text: string): Parsed<Owner> {
  const owner = parseOwner(text);
  return owner === undefined
    ? faulty("is not a name that can be written on every object", "write 1 to 32 of a-z, 0-9 and -")
    : parsed(owner);
}

export function parsePrefix(text: string): Parsed<string> {
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_-])?$/.test(text)) return parsed(text);
  return text.endsWith(".")
    ? faulty("ends with a dot", "leave the dot off")
    : faulty("is not a label prefix", "write letters, digits, hyphens and dots, such as cfauth");
}

export const parseSlug = (text: string): Parsed<string> =>
  /^[A-Za-z0-9_-]{1,200}$/.test(text) ? parsed(text) : faulty("is not a slug", "write letters, digits, - and _ only");

export const parseId = (text: string): Parsed<string> =>
  /^[0-9a-f]{32}$/i.test(text)
    ? parsed(text.toLowerCase())
    : faulty("is not an account id", "copy the 32 characters from the dashboard's address: dash.cloudflare.com/<account id>");

/** An absolute path: a relative one would depend on where the process was started. */
export const parseFile = (text: string): Parsed<string> =>
  text.startsWith("/") ? parsed(text) : faulty("is not an absolute path", "begin it with a slash");

/**
 * A token that can stand in a header, and is long enough to be taken out of a log line without spoiling every other word.
 */
export function parseToken(text: string): Parsed<Secret> {
  if (/["'\s]/.test(text)) return faulty("has quotes or spaces in it", "write the token alone");
  if (!/^[\x21-\x7e]+$/.test(text)) return faulty("has characters that no token has", "copy the token again");
  return text.length < 8 ? faulty("is too short to be a token", "copy the whole token") : parsed(secret(text));
}

/** A container's name or the name of a Compose service, as Docker and Compose allow them. */
export const parseContainer = (text: string): Parsed<string> =>
  /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(text)
    ? parsed(text)
    : faulty("is not the name of a container or service", "write the container's name as `docker ps` shows it, such as authentik-server");

/** Absolute paths with commas; none at all is allowed. */
export function parseCaPools(text: string): Parsed<readonly string[]> {
  const files = list(text);
  const wrong = files.find((file) => !/^\/[^\p{Cc}]+$/u.test(file));
  return wrong === undefined
    ? parsed([...new Set(files)])
    : faulty("has a path that is not absolute", "write absolute paths with commas: /etc/ssl/home-ca.pem,/etc/ssl/lab-ca.pem");
}
