import { isOutsideEnding } from "./outside-name.ts";

/**
 * The host of an ingress rule: the only text that cloudflared resolves. It is built here from what
 * the engine reports (names, ids, addresses and networks), never from the text of a label.
 */

declare const brand: unique symbol;

/**
 * A host that cloudflared resolves through Docker, or an address that Docker assigned. In URL form.
 */
export type OriginHost = string & { readonly [brand]: "OriginHost" };

/** The number of characters of an id that Docker's DNS also accepts as the container's name. */
const SHORT_ID_LENGTH = 12;

/** DNS limits in characters (RFC 1035): for one part of a name, and for the whole name. */
const MAX_PART_LENGTH = 63;
const MAX_NAME_LENGTH = 253;

/**
 * One part of a name. Underscores are common in container names; Docker's DNS and cloudflared
 * accept them.
 */
const PART = /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?$/;

/**
 * Some resolvers read a name that ends with a number as an address: `10.0.0.1`, also `127.1` and
 * `0x7f.1`.
 */
const NUMERIC_PART = /^([0-9]+|0x[0-9a-f]*)$/i;

/**
 * Names that resolvers answer themselves or never send to Docker: the machine, its gateways, cloud
 * metadata.
 */
const RESERVED = [
  "localhost",
  "onion",
  "docker.internal",
  "containers.internal",
  "google.internal",
] as const;

/**
 * The text as a host; undefined if it is unusable. Not every container or network name is a valid
 * host.
 */
export function parseOriginHost(text: string): OriginHost | undefined {
  const parts = text.split(".");
  const isValid =
    text.length <= MAX_NAME_LENGTH &&
    parts.every((part) => part.length <= MAX_PART_LENGTH && PART.test(part));
  if (!isValid || NUMERIC_PART.test(parts.at(-1) ?? "")) return undefined;
  const name = text.toLowerCase();
  return RESERVED.some((it) => name === it || name.endsWith(`.${it}`))
    ? undefined
    : (text as OriginHost);
}

/**
 * The name that only this network answers: `wiki.tunnel`. Undefined if that is not a usable host,
 * or if the network has the name of a domain: while the container is stopped, the DNS outside
 * Docker would answer it.
 */
export const hostOnNetwork = (name: string, network: string): OriginHost | undefined =>
  isOutsideEnding(network) ? undefined : parseOriginHost(`${name}.${network}`);

export const shortId = (id: string): string => id.slice(0, SHORT_ID_LENGTH);

/**
 * The short id. If it consists of digits only, the network follows: Go's resolver rejects a name
 * without a letter (net.isDomainName, checked with Go 1.24).
 */
export const hostById = (id: string, network: string): OriginHost | undefined =>
  parseOriginHost(shortId(id)) ?? parseOriginHost(`${shortId(id)}.${network}`);

/**
 * An address that the engine reports, in brackets for IPv6. Undefined if the text is not an
 * address.
 */
export function hostByAddress(address: string): OriginHost | undefined {
  if (isIPv4(address)) return address as OriginHost;
  return isIPv6(address) ? (`[${address}]` as OriginHost) : undefined;
}

const isIPv4 = (text: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) &&
  text.split(".").every((part) => String(Number(part)) === part && Number(part) <= 255);

/** The engine writes addresses in their usual form, so the URL parser can validate them. */
const isIPv6 = (text: string): boolean =>
  /^[0-9a-f:.]+$/i.test(text) && text.includes(":") && URL.canParse(`http://[${text}]`);
