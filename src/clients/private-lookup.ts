import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { isPrivateAddress } from "../core/domain/private-host.ts";

/** Resolves all addresses of a name. @throws {Error} the resolver's error */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const resolveAll: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * Resolves the private addresses of a host, for unencrypted requests.
 *
 * @throws {Error} with the code ERR_PUBLIC_ADDRESS if it has none
 */
export async function privateAddresses(host: string, resolve: Resolve): Promise<readonly string[]> {
  const found = (await resolve(host)).filter(isPrivateAddress);
  if (found.length > 0) return found;
  throw Object.assign(
    new Error("the name leads to a public address, and http would show the token on the way"),
    {
      code: "ERR_PUBLIC_ADDRESS",
    },
  );
}

/** Passes the addresses to a socket's lookup callback. */
export function answer(
  found: Promise<readonly string[]>,
  { all, family }: Parameters<LookupFunction>[1],
  callback: Parameters<LookupFunction>[2],
): void {
  found.then(
    (addresses) => {
      const each = addresses.map((address) => ({ address, family: isIP(address) }));
      const matching = each.filter(
        (it) =>
          family === undefined ||
          family === 0 ||
          family === it.family ||
          family === `IPv${it.family}`,
      );
      const [first = { address: "", family: 0 }] = matching;
      if (all) callback(null, matching);
      else callback(null, first.address, first.family);
    },
    (error: Error) => callback(error, "", 0),
  );
}

/**
 * The DNS lookup for plain `http://` URLs. The socket uses it itself, so it connects to exactly the
 * addresses that were checked.
 */
export const privateLookup: LookupFunction = (host, options, callback) =>
  answer(privateAddresses(host, resolveAll), options, callback);

/**
 * Creates a check to run before each request to a URL: plain http may go only to private addresses.
 *
 * @throws {Error} as `privateAddresses`
 */
export function plainGuard(url: string, resolve: Resolve = resolveAll): () => Promise<void> {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  return async () => {
    if (protocol === "http:") await privateAddresses(host, resolve);
  };
}
