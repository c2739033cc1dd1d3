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

/** Whether an address is loopback, of a private network or link-local. An IPv4 address may be written as an IPv6 one. */
export const isPrivateAddress = (address: string): boolean => {
  const version = isIP(address);
  return (
    version !== 0 && PRIVATE.check(address.replace(/%.*$/, ""), version === 6 ? "ipv6" : "ipv4")
  );
};

/** Endings that no name on the internet has. */
const INSIDE = /(^|\.)(localhost|local|lan|home|internal|intranet|home\.arpa)$/;

/** Whether the own DNS of a house or company answers the name, and not Docker's: `auth.lan`. */
export const hasPrivateEnding = (hostname: string): boolean =>
  hostname.includes(".") && INSIDE.test(canonical(hostname));

/** Whether a host is one of the own network by its name or address alone: what goes there may go without encryption. */
export function isPrivateHost(hostname: string): boolean {
  const host = canonical(hostname);
  if (isIP(host) !== 0) return isPrivateAddress(host);
  return !host.includes(".") || INSIDE.test(host);
}

/** Endings that a name of two parts most likely has from the internet; every country's has two letters. */
const PUBLIC_ENDING =
  /^([a-z]{2}|com|net|org|info|biz|name|edu|gov|mil|int|app|dev|xyz|cloud|online|site|tech|store|blog|page|link|zone)$/;

/**
 * Whether a host may be of the own network: private by itself, or as Docker answers a container on one network,
 * `authentik-server.authentik-api`. It is a guess, to name a fault early: code that connects without encryption still has to look
 * at the address that the name has then.
 */
export function mayBePrivateHost(hostname: string): boolean {
  const host = canonical(hostname);
  if (isIP(host) !== 0 || isPrivateHost(host)) return isPrivateHost(host);
  const [ending = "", ...rest] = host.split(".").toReversed();
  if (/[_-]/.test(ending) && !ending.startsWith("xn--")) return true;
  return rest.length === 1 && /^[a-z0-9]+$/.test(ending) && !PUBLIC_ENDING.test(ending);
}

/** As a browser reads it: `0x08080808`, `134744072` and `8.8.2056` are addresses too. */
function canonical(hostname: string): string {
  const address = `http://${hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname}/`;
  const host = URL.canParse(address) ? new URL(address).hostname : hostname.toLowerCase();
  return host.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}
