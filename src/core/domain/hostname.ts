import { domainToASCII } from "node:url";
import { invalid, ok, type ParseResult } from "../text/parse-result.ts";

declare const brand: unique symbol;

/** A public hostname as the DNS has it: lower case, punycode, no closing dot; its first label may be `*`. */
export type Hostname = string & { readonly [brand]: "Hostname" };

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** The full stops of other scripts, which part labels like a dot (UTS 46). */
const DOTS = /[\u3002\uff0e\uff61]/g;
/** What a parser of URLs cuts off, drops or decodes, so that the name would be another one than is written. */
const NEVER = /[\\%\s\p{Cc}]/u;
/** Longest name the DNS takes (RFC 1035 §2.3.4). */
const LONGEST = 253;

/** No name in any script is longer, with all that people write around one by mistake. */
const MAX_TEXT_CHARACTERS = 1_000;

/**
 * Reads a hostname out of a label.
 *
 * @param domain - completes a bare name (`wiki`); without one a bare name is a fault
 */
export function parseHostname(text: string, domain?: string): ParseResult<Hostname> {
  const wanted = text.trim();
  if (wanted.length > MAX_TEXT_CHARACTERS)
    return invalid("is too long", `write a hostname of at most ${LONGEST} characters`);
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(wanted)?.[0];
  if (scheme !== undefined)
    return invalid("has a scheme", `write ${bare(wanted.slice(scheme.length))}`);
  if (/[/?#]/.test(wanted))
    return invalid("has a path", `write ${bare(wanted)} and put the path into its own label, path`);
  if (/:\d*$/.test(wanted))
    return invalid(
      "has a port",
      `write ${bare(wanted)}; the port of the container is the label port`,
    );
  const whole = complete(wanted.replace(DOTS, ".").replace(/\.$/, ""), domain);
  if (whole === undefined) {
    return invalid(
      "is a bare name and there is no one domain to complete it with",
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

function complete(name: string, domain: string | undefined): string | undefined {
  if (name === "" || name.includes(".")) return name;
  return domain === undefined ? undefined : `${name}.${domain}`;
}

function toAscii(name: string): string | undefined {
  if (NEVER.test(name)) return undefined;
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
  return ascii.length <= LONGEST ? ascii : undefined;
}

const bare = (text: string): string => text.replace(/[/?#].*$/, "").replace(/:\d*$/, "");

/** Whether `pattern`, a hostname or a wildcard as cloudflared reads it (any depth), covers `hostname`. */
export function covers(pattern: string, hostname: string): boolean {
  if (pattern === "" || pattern === "*" || pattern === hostname) return true;
  return (
    pattern.startsWith("*.") &&
    hostname.endsWith(pattern.slice(1)) &&
    hostname.length > pattern.length - 1
  );
}

/** The zone a hostname lies in: the longest that is its end; undefined when none is. */
export function zoneOf<Z extends { readonly name: string }>(
  hostname: Hostname,
  zones: readonly Z[],
): Z | undefined {
  return zones
    .filter((zone) => hostname === zone.name || hostname.endsWith(`.${zone.name}`))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
}

/** Which zone a hostname belongs to among all that the token sees, and whether CFAUTH_ZONES allows it. */
export type ZoneChoice<Z> =
  | { readonly is: "usable"; readonly zone: Z }
  /** The most specific zone is one that CFAUTH_ZONES leaves out: a parent that it allows must not stand in for it. */
  | { readonly is: "excluded"; readonly name: string }
  | { readonly is: "none" };

/** @param excluded - names of the zones that the token sees and CFAUTH_ZONES leaves out */
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

/** The zone that a record for the hostname is written to; undefined where there is none that may be used. */
export function usableZone<Z extends { readonly name: string }>(
  hostname: Hostname,
  usable: readonly Z[],
  excluded: readonly string[],
): Z | undefined {
  const choice = chooseZone(hostname, usable, excluded);
  return choice.is === "usable" ? choice.zone : undefined;
}
