import { BlockList, isIP } from "node:net";

const PRIVATE = new BlockList();
for (const [net, bits] of [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  PRIVATE.addSubnet(net, bits, "ipv4");
for (const [net, bits] of [
  ["::1", 128],
  ["fc00::", 7],
  ["fe80::", 10],
] as const)
  PRIVATE.addSubnet(net, bits, "ipv6");

/**
 * True for a loopback, private or link-local address. An IPv4 address may be written as an IPv6
 * one.
 */
export const isPrivateAddress = (address: string): boolean => {
  const version = isIP(address);
  return (
    version !== 0 && PRIVATE.check(address.replace(/%.*$/, ""), version === 6 ? "ipv6" : "ipv4")
  );
};

/** Endings that no public internet name has. */
const PRIVATE_ENDING = /(^|\.)(localhost|local|lan|home|internal|intranet|home\.arpa)$/;

/** True if the DNS of a home or company answers the name, and not Docker's: `auth.lan`. */
export const hasPrivateEnding = (hostname: string): boolean =>
  hostname.includes(".") && PRIVATE_ENDING.test(canonicalHost(hostname));

/**
 * True if the name or address alone shows a host in the local network. Traffic to it may be
 * unencrypted.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = canonicalHost(hostname);
  if (isIP(host) !== 0) return isPrivateAddress(host);
  return !host.includes(".") || PRIVATE_ENDING.test(host);
}

/** Endings that mark a name of two parts as most likely public. Country codes have two letters. */
const PUBLIC_ENDING =
  /^([a-z]{2}|com|net|org|info|biz|name|edu|gov|mil|int|app|dev|xyz|cloud|online|site|tech|store|blog|page|link|zone)$/;

/**
 * True if a host may be in the local network: it is private by itself, or it looks like a
 * container's name on a Docker network, `authentik-server.authentik-api`. This is a guess, used to
 * report a fault early. Code that connects without encryption must still check the address that the
 * name resolves to.
 */
export function mayBePrivateHost(hostname: string): boolean {
  const host = canonicalHost(hostname);
  if (isIP(host) !== 0 || isPrivateHost(host)) return isPrivateHost(host);
  const [ending = "", ...rest] = host.split(".").toReversed();
  if (/[_-]/.test(ending) && !ending.startsWith("xn--")) return true;
  return rest.length === 1 && /^[a-z0-9]+$/.test(ending) && !PUBLIC_ENDING.test(ending);
}

/** The host as a browser reads it: `0x08080808`, `134744072` and `8.8.2056` are addresses too. */
function canonicalHost(hostname: string): string {
  const needsBrackets = hostname.includes(":") && !hostname.startsWith("[");
  const url = `http://${needsBrackets ? `[${hostname}]` : hostname}/`;
  const host = URL.canParse(url) ? new URL(url).hostname : hostname.toLowerCase();
  return host.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}
