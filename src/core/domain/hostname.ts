import { domainToASCII } from "node:url";
import { invalid, ok, type ParseResult } from "../text/parse-result.ts";

declare const brand: unique symbol;

/**
 * A public hostname in DNS form: lower case, punycode, no trailing dot. Its first label may be `*`.
 */
export type Hostname = string & { readonly [brand]: "Hostname" };

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Full stops of other scripts, which separate labels like a dot (UTS 46). */
const FOREIGN_DOTS = /[\u3002\uff0e\uff61]/g;
/** Characters that a URL parser cuts off, drops or decodes, so that it would read another name. */
const FORBIDDEN_CHARACTERS = /[\\%\s\p{Cc}]/u;
/** The longest name that DNS allows (RFC 1035 §2.3.4). */
const MAX_HOSTNAME_CHARACTERS = 253;

/** No name in any script is longer, including what people add to one by mistake. */
const MAX_TEXT_CHARACTERS = 1_000;

/**
 * Parses the hostname of a label.
 *
 * @param domain - completes a bare name (`wiki`); without it a bare name is invalid
 */
export function parseHostname(text: string, domain?: string): ParseResult<Hostname> {
  const trimmed = text.trim();
  if (trimmed.length > MAX_TEXT_CHARACTERS)
    return invalid(
      "is too long",
      `write a hostname of at most ${MAX_HOSTNAME_CHARACTERS} characters`,
    );
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(trimmed)?.[0];
  if (scheme !== undefined)
    return invalid("has a scheme", `write ${hostIn(trimmed.slice(scheme.length))}`);
  if (/[/?#]/.test(trimmed))
    return invalid("has a path", `write ${hostIn(trimmed)} and put the path into the label path`);
  if (/:\d*$/.test(trimmed))
    return invalid(
      "has a port",
      `write ${hostIn(trimmed)}; set the container's port with the label port`,
    );
  const whole = completeName(trimmed.replace(FOREIGN_DOTS, ".").replace(/\.$/, ""), domain);
  if (whole === undefined) {
    return invalid(
      "is a bare name, and there is no single domain to complete it with",
      "write it in full, app.example.com, or set CFAUTH_DOMAIN",
    );
  }
  const ascii = toAscii(whole);
  if (ascii === undefined)
    return invalid(
      "is not a hostname",
      "write it like app.example.com: letters, digits and hyphens between dots",
    );
  return ok(ascii as Hostname);
}

function completeName(name: string, domain: string | undefined): string | undefined {
  if (name === "" || name.includes(".")) return name;
  return domain === undefined ? undefined : `${name}.${domain}`;
}

function toAscii(name: string): string | undefined {
  if (FORBIDDEN_CHARACTERS.test(name)) return undefined;
  const wildcard = name.startsWith("*.");
  const rest = domainToASCII(wildcard ? name.slice(2) : name).toLowerCase();
  const labels = rest.split(".");
  if (
    labels.length < 2 ||
    !labels.every((label) => LABEL.test(label)) ||
    /^\d+$/.test(labels.at(-1) ?? "")
  )
    return undefined;
  const ascii = wildcard ? `*.${rest}` : rest;
  return ascii.length <= MAX_HOSTNAME_CHARACTERS ? ascii : undefined;
}

/** The text without its path and port. */
const hostIn = (text: string): string => text.replace(/[/?#].*$/, "").replace(/:\d*$/, "");

/**
 * True if `pattern` covers `hostname`. A pattern is a hostname or a wildcard, which matches at any
 * depth, as in cloudflared.
 */
export function covers(pattern: string, hostname: string): boolean {
  if (pattern === "" || pattern === "*" || pattern === hostname) return true;
  return (
    pattern.startsWith("*.") &&
    hostname.endsWith(pattern.slice(1)) &&
    hostname.length > pattern.length - 1
  );
}

/**
 * The zone of a hostname: the longest zone that the hostname ends with; undefined if there is none.
 */
export function zoneOf<Z extends { readonly name: string }>(
  hostname: Hostname,
  zones: readonly Z[],
): Z | undefined {
  return zones
    .filter((zone) => hostname === zone.name || hostname.endsWith(`.${zone.name}`))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
}

/**
 * The zone of a hostname among all zones that the token sees, and whether CFAUTH_ZONES allows it.
 */
export type ZoneChoice<Z> =
  | { readonly is: "usable"; readonly zone: Z }
  /** CFAUTH_ZONES leaves out the most specific zone. An allowed parent zone must not replace it. */
  | { readonly is: "excluded"; readonly name: string }
  | { readonly is: "none" };

/** @param excluded - names of zones that the token sees and CFAUTH_ZONES leaves out */
export function chooseZone<Z extends { readonly name: string }>(
  hostname: Hostname,
  usable: readonly Z[],
  excluded: readonly string[],
): ZoneChoice<Z> {
  const zone = zoneOf(hostname, usable);
  const other = zoneOf(
    hostname,
    excluded.map((name) => ({ name })),
  );
  if (other !== undefined && other.name.length > (zone?.name.length ?? 0))
    return { is: "excluded", name: other.name };
  return zone === undefined ? { is: "none" } : { is: "usable", zone };
}

/** The zone that gets the DNS record of the hostname; undefined if cfauth may not use any. */
export function usableZone<Z extends { readonly name: string }>(
  hostname: Hostname,
  usable: readonly Z[],
  excluded: readonly string[],
): Z | undefined {
  const choice = chooseZone(hostname, usable, excluded);
  return choice.is === "usable" ? choice.zone : undefined;
}
