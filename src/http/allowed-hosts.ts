import { isIP } from "node:net";
import { covers } from "../core/domain/hostname.ts";

/**
 * Whether a request may be answered, by its Host header. A page in a visitor's browser could reach this address under a name
 * of its own (DNS rebinding): only addresses, local names and hostnames that are routed here are answered.
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
