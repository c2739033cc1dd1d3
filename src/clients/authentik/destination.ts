import { isPrivateAddress } from "../../core/domain/private-host.ts";

/** Who answers at which address, by the engine's own list. */
export interface AddressBook {
  /** Of Authentik's own container, on all of its networks; empty where it does not run here or has none. */
  readonly own: readonly string[];
  /** What people call that container; undefined where it does not run here. */
  readonly name: string | undefined;
  /** Names of the other containers by their addresses. */
  readonly others: ReadonlyMap<string, string>;
}

export interface Question {
  /** What the name resolves to now; empty where it does not. */
  readonly resolved: readonly string[];
  readonly book: AddressBook;
  /** Whether only Docker should answer the name: then it has to lead to Authentik's container if that runs. */
  readonly dockers: boolean;
  /** Whether what is sent there can be read on the way. */
  readonly plain: boolean;
  /** Whether an address is on a network of this machine or container itself. */
  readonly isNear: (address: string) => boolean;
}

/** Where the token may go, or why nowhere. */
export type Destination =
  | { readonly kind: "use"; readonly addresses: readonly string[] }
  | { readonly kind: "unresolved" }
  | { readonly kind: "stranger"; readonly address: string; readonly container: string }
  | { readonly kind: "elsewhere"; readonly address: string }
  | { readonly kind: "public"; readonly address: string };

/**
 * Docker answers a name with any container that has it as an alias on the first network by name, so the answer alone proves nothing.
 *
 * | the name leads to                          | then                                                           |
 * |--------------------------------------------|----------------------------------------------------------------|
 * | Authentik's container, among others or not | that address                                                   |
 * | something else, while Authentik's container | the address that the engine lists for it on a shared network,  |
 * | runs and the name is Docker's              | and else nowhere                                               |
 * | another container                          | nowhere                                                        |
 * | a public address, without TLS              | nowhere                                                        |
 * | anything else                              | there: it is the configured host                               |
 */
export function destinationOf({ resolved, book, dockers, plain, isNear }: Question): Destination {
  const own = resolved.filter((address) => book.own.includes(address));
  if (own.length > 0) return { kind: "use", addresses: own };
  const near = dockers ? book.own.filter(isNear) : [];
  if (near.length > 0) return { kind: "use", addresses: near };
  const [first] = resolved;
  if (first === undefined) return { kind: "unresolved" };
  const strange = resolved.find((address) => book.others.has(address));
  if (strange !== undefined)
    return { kind: "stranger", address: strange, container: book.others.get(strange) ?? "" };
  if (dockers && book.own.length > 0) return { kind: "elsewhere", address: first };
  const allowed = plain ? resolved.filter(isPrivateAddress) : resolved;
  return allowed.length > 0
    ? { kind: "use", addresses: allowed }
    : { kind: "public", address: first };
}
