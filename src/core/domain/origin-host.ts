import { isOutsideEnding } from "./outside-name.ts";

/**
 * The host of a rule: the only text that cloudflared resolves. It is built here from what the engine says (names, ids, addresses
 * and networks), never from the text of a label.
 */

declare const brand: unique symbol;

/** A host that cloudflared asks Docker for, or an address that Docker gave out. As it is written in a URL. */
export type OriginHost = string & { readonly [brand]: "OriginHost" };

/** Docker names a container by this many characters of its id. */
const SHORT_ID_LENGTH = 12;

/** Limits of a name in DNS, in characters (RFC 1035): of one part, and of the whole. */
const MAX_PART_LENGTH = 63;
const MAX_NAME_LENGTH = 253;

/** One part of a name: an underscore is usual in names of containers, and Docker's DNS and cloudflared take it. */
const PART = /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?$/;

/** A name that ends with a number is an address to some resolvers: `10.0.0.1`, and also `127.1` and `0x7f.1`. */
const NUMERIC_PART = /^([0-9]+|0x[0-9a-f]*)$/i;

/** What resolvers answer by themselves or never ask Docker for: the machine itself, its gateways, the cloud's metadata. */
const RESERVED = [
  "localhost",
  "onion",
  "docker.internal",
  "containers.internal",
  "google.internal",
] as const;

/** Names of containers and networks come from the engine and are still not all usable as a host. */
export function parseOriginHost(text: string): OriginHost | undefined {
  const parts = text.split(".");
  const sound =
    text.length <= MAX_NAME_LENGTH &&
    parts.every((part) => part.length <= MAX_PART_LENGTH && PART.test(part));
  if (!sound || NUMERIC_PART.test(parts.at(-1) ?? "")) return undefined;
  const name = text.toLowerCase();
  return RESERVED.some((it) => name === it || name.endsWith(`.${it}`))
    ? undefined
    : (text as OriginHost);
}

/**
 * The name that only this network answers: `wiki.tunnel`. Undefined where that is no usable host, and where the network is called
 * like a domain: the DNS outside would answer it while the container is stopped.
 */
export const hostOnNetwork = (name: string, network: string): OriginHost | undefined =>
  isOutsideEnding(network) ? undefined : parseOriginHost(`${name}.${network}`);

export const shortId = (id: string): string => id.slice(0, SHORT_ID_LENGTH);

/**
 * The short id; with the network behind it where the id happens to be all digits: Go's resolver takes a name without a letter for
 * no name at all (net.isDomainName, checked with Go 1.24).
 */
export const hostById = (id: string, network: string): OriginHost | undefined =>
  parseOriginHost(shortId(id)) ?? parseOriginHost(`${shortId(id)}.${network}`);

/** An address that the engine reports, with brackets where it is IPv6. Undefined for what is none. */
export function hostByAddress(address: string): OriginHost | undefined {
  if (isIPv4(address)) return address as OriginHost;
  return isIPv6(address) ? (`[${address}]` as OriginHost) : undefined;
}

const isIPv4 = (text: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) &&
  text.split(".").every((part) => String(Number(part)) === part && Number(part) <= 255);

/** The engine writes addresses in their usual form; the URL parser knows what is one. */
const isIPv6 = (text: string): boolean =>
  /^[0-9a-f:.]+$/i.test(text) && text.includes(":") && URL.canParse(`http://[${text}]`);
