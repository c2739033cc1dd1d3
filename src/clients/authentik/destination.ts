import { isPrivateAddress } from "../../core/domain/private-host.ts";

/** Which container has which address, according to the engine's list. */
export interface AddressBook {
  /**
   * The addresses of Authentik's own container on all its networks; empty if it does not run here
   * or has none.
   */
  readonly own: readonly string[];
  /** The name of that container; undefined if it does not run here. */
  readonly name: string | undefined;
  /** The names of the other containers by address. */
  readonly others: ReadonlyMap<string, string>;
}

export interface Question {
  /** The addresses that the name resolves to now; empty if there are none. */
  readonly resolved: readonly string[];
  readonly book: AddressBook;
  /**
   * True if only Docker should resolve the name. It must then lead to Authentik's container if that
   * runs.
   */
  readonly isDockerName: boolean;
  /** True if the connection is not encrypted. */
  readonly plain: boolean;
  /** True if an address is on a network of this machine or of cfauth's container. */
  readonly isNear: (address: string) => boolean;
}

/** The addresses to which the token may be sent, or the reason why there are none. */
export type Destination =
  | { readonly kind: "use"; readonly addresses: readonly string[] }
  | { readonly kind: "unresolved" }
  | { readonly kind: "stranger"; readonly address: string; readonly container: string }
  | { readonly kind: "elsewhere"; readonly address: string }
  | { readonly kind: "public"; readonly address: string };

/**
 * Decides where the token may be sent. Docker resolves a name to any container that has it as an
 * alias, on the first network by name, so the response alone proves nothing.
 *
 * | the name resolves to                        | the token is sent to                                    |
 * |---------------------------------------------|---------------------------------------------------------|
 * | Authentik's container, perhaps among others | that address                                            |
 * | something else, while Authentik's container | the address that the engine lists for it on a shared    |
 * | runs and the name is Docker's               | network; if there is none, nowhere                      |
 * | another container                           | nowhere                                                 |
 * | a public address, without TLS               | nowhere                                                 |
 * | anything else                               | that address, because it is the configured host         |
 */
export function destinationOf({
  resolved,
  book,
  isDockerName,
  plain,
  isNear,
}: Question): Destination {
  const own = resolved.filter((address) => book.own.includes(address));
  if (own.length > 0) return { kind: "use", addresses: own };
  const near = isDockerName ? book.own.filter(isNear) : [];
  if (near.length > 0) return { kind: "use", addresses: near };
  const [first] = resolved;
  if (first === undefined) return { kind: "unresolved" };
  const foreign = resolved.find((address) => book.others.has(address));
  if (foreign !== undefined)
    return { kind: "stranger", address: foreign, container: book.others.get(foreign) ?? "" };
  if (isDockerName && book.own.length > 0) return { kind: "elsewhere", address: first };
  const allowed = plain ? resolved.filter(isPrivateAddress) : resolved;
  return allowed.length > 0
    ? { kind: "use", addresses: allowed }
    : { kind: "public", address: first };
}
