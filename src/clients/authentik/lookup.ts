import type { LookupFunction } from "node:net";
import { ServiceError } from "../../core/errors.ts";
import { answer, type Resolve } from "../private-lookup.ts";
import { type AddressBook, type Destination, destinationOf, type Question } from "./destination.ts";

export interface LookupParts extends Pick<Question, "isDockerName" | "plain" | "isNear"> {
  /** The host of AUTHENTIK_API_URL. */
  readonly host: string;
  readonly resolve: Resolve;
  /**
   * @param fresh - true if a recent list is not enough and a new one is needed
   * @throws {ServiceError}
   */
  readonly book: (fresh: boolean) => Promise<AddressBook>;
}

/**
 * Looks up the host of AUTHENTIK_API_URL for each new connection and returns only addresses to
 * which the token may be sent. The socket uses it itself, so it connects to exactly the addresses
 * that were checked.
 */
export const authentikLookup =
  (parts: LookupParts): LookupFunction =>
  (_host, options, callback) =>
    answer(allowedAddresses(parts), options, callback);

/**
 * @throws {ServiceError} if the token may not be sent there; the resolver's error if the name does
 * not exist
 */
export async function allowedAddresses(parts: LookupParts): Promise<readonly string[]> {
  const { host, resolve, book } = parts;
  const lookup = await resolve(host).then(
    (resolved) => ({ resolved: resolved.map(toPlainAddress), error: undefined }),
    (error: unknown) => ({ resolved: [], error }),
  );
  for (const fresh of [false, true]) {
    const addressBook = await book(fresh);
    const destination = destinationOf({ ...parts, resolved: lookup.resolved, book: addressBook });
    if (destination.kind === "use") return destination.addresses;
    // A recent list may lack a container that has just started.
    if (fresh)
      throw destination.kind === "unresolved"
        ? lookup.error
        : destinationError(host, destination, addressBook.name);
  }
  return [];
}

/** Another container that answers to the name, whether or not anything would be sent to it. */
export interface Stranger {
  readonly host: string;
  readonly address: string;
  readonly container: string;
}

/**
 * Finds a stranger; undefined if there is none. @throws {ServiceError} if the containers cannot be
 * listed
 */
export async function strangerAt({
  host,
  resolve,
  book,
}: LookupParts): Promise<Stranger | undefined> {
  const [resolved, { others }] = await Promise.all([resolve(host).catch(() => []), book(false)]);
  const address = resolved.map(toPlainAddress).find((it) => others.has(it));
  return address === undefined
    ? undefined
    : { host, address, container: others.get(address) ?? "" };
}

/** `::ffff:172.18.0.2` → `172.18.0.2` */
const toPlainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");

/** The fix that keeps other containers from answering to the name. */
export const OWN_NETWORK =
  "set CFAUTH_AUTHENTIK_CONTAINER to the name of Authentik's container, and AUTHENTIK_API_URL to http://<that name>.<network>:9000 with a network that only cfauth and Authentik are on";

type RejectedDestination = Exclude<Destination, { readonly kind: "use" | "unresolved" }>;

function destinationError(
  host: string,
  destination: RejectedDestination,
  own: string | undefined,
): ServiceError {
  const { kind, address } = destination;
  const common = { service: "authentik", transient: false } as const;
  switch (kind) {
    case "stranger":
      return new ServiceError({
        ...common,
        code: "CFA-AK-STRANGER",
        message: `the name ${host} in AUTHENTIK_API_URL leads to ${address}, which is container ${destination.container} and not Authentik's; the token is not sent there`,
        fix: OWN_NETWORK,
      });
    case "elsewhere":
      return new ServiceError({
        ...common,
        code: "CFA-AK-STRANGER",
        message: `the name ${host} in AUTHENTIK_API_URL leads to ${address}, which is not an address of Authentik's container ${own}; the token is not sent there`,
        fix: OWN_NETWORK,
      });
    case "public":
      return new ServiceError({
        ...common,
        code: "CFA-AK-PLAIN-HTTP",
        message: `the name ${host} in AUTHENTIK_API_URL leads to the public address ${address}, and plain http would show the token to anyone on the way; it is not sent there`,
        fix: "write https:// in AUTHENTIK_API_URL, or a name that leads to a private address",
      });
  }
}
