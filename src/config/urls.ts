import { mayBePrivateHost } from "../core/domain/private-host.ts";
import { invalid, ok, type ParseResult } from "../core/text/parse-result.ts";

/**
 * Parses the address that browsers and Cloudflare use to reach Authentik. It must be https except
 * on this machine, and may have a path prefix.
 *
 * @returns the address without a trailing slash
 */
export function parsePublicUrl(text: string): ParseResult<string> {
  const url = parseUrl(text);
  if (!url.ok) return url;
  const { protocol, hostname } = new URL(url.value);
  return protocol === "https:" || isThisMachine(hostname)
    ? url
    : invalid("is not https", "write https://, because the login and its codes use this address");
}

/**
 * Parses the address of an API to which cfauth sends a token. Plain http is allowed only for this
 * machine and private networks.
 */
export function parseApiUrl(text: string): ParseResult<string> {
  const url = parseUrl(text);
  if (!url.ok) return url;
  const { protocol, hostname } = new URL(url.value);
  return protocol === "https:" || mayBePrivateHost(hostname)
    ? url
    : invalid(
        "sends a token over http to an address on the internet, where anyone on the way can read it",
        "write https://, or an address of this machine or of a private network, such as http://authentik-server:9000",
      );
}

function parseUrl(text: string): ParseResult<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // A trailing dot does not change the DNS name, and hostnames in labels have none.
  if (url?.hostname.endsWith(".")) url.hostname = url.hostname.slice(0, -1);
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    return invalid("is not an address", "write it with https://, such as https://auth.example.com");
  if (url.username !== "" || url.password !== "")
    return invalid("contains a user name or password", "remove everything before the @");
  if (/[?#]/.test(text)) return invalid("contains a ? or #", "remove it and everything after it");
  return ok(`${url.origin}${url.pathname}`.replace(/\/+$/, ""));
}

const isThisMachine = (hostname: string): boolean =>
  hostname === "localhost" ||
  hostname.endsWith(".localhost") ||
  hostname === "[::1]" ||
  /^127(\.\d+){3}$/.test(hostname);
