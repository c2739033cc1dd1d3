import { isIP } from "node:net";
import { covers } from "../core/domain/hostname.ts";

/**
 * True if the Host header may be answered. A page in a visitor's browser could reach this address
 * under its own hostname (DNS rebinding), so only IP addresses, local names and routed hostnames
 * are answered.
 */
export function isAllowedHost(host: string | undefined, routed: ReadonlySet<string>): boolean {
  if (host === undefined) return false;
  const name = host
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
  return (
    isIP(name) !== 0 ||
    name === "localhost" ||
    name.endsWith(".localhost") ||
    !name.includes(".") ||
    [...routed].some((pattern) => covers(pattern, name))
  );
}
