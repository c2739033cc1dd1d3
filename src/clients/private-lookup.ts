import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { isPrivateAddress } from "../core/domain/private-host.ts";

/** Every address of a name. @throws {Error} of the resolver */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const resolveAll: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * The private addresses of a host, for what goes there without encryption.
 *
 * @throws {Error} with the code ERR_PUBLIC_ADDRESS where it has none
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

/** The addresses as a socket wants them. */
export function answer(
  found: Promise<readonly string[]>,
  { all, family }: Parameters<LookupFunction>[1],
  callback: Parameters<LookupFunction>[2],
): void {
  found.then(
    (addresses) => {
      const each = addresses.map((address) => ({ address, family: isIP(address) }));
      const fit = each.filter(
        (it) =>
          family === undefined ||
          family === 0 ||
          family === it.family ||
          family === `IPv${it.family}`,
      );
      const [first = { address: "", family: 0 }] = fit;
      if (all) callback(null, fit);
      else callback(null, first.address, first.family);
    },
    (error: Error) => callback(error, "", 0),
  );
}

/** How a socket finds the address of a plain `http://` one: what was looked at is what is connected to. */
export const privateLookup: LookupFunction = (host, options, callback) =>
  answer(privateAddresses(host, resolveAll), options, callback);

/** Before a request to this address: what is not encrypted goes to private addresses only. @throws {Error} as `privateAddresses` */
export function plainGuard(url: string, resolve: Resolve = resolveAll): () => Promise<void> {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  return async () => {
    if (protocol === "http:") await privateAddresses(host, resolve);
  };
}
