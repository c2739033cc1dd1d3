declare const brand: unique symbol;

/** This installation's name, written on every object it makes. `[a-z0-9-]{1,32}` */
export type Owner = string & { readonly [brand]: "Owner" };

export function parseOwner(text: string): Owner | undefined {
  return /^[a-z0-9-]{1,32}$/.test(text) ? (text as Owner) : undefined;
}

/**
 * The comment of a DNS record that is ours. At most 39 characters; a free zone takes 100.
 * @see https://developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes/
 */
export const dnsComment = (owner: Owner): string => `cfauth:${owner}`;

/** The tag of an Access application that is ours. */
export const accessTag = (owner: Owner): string => `cfauth-${owner}`;

/** How the name of a reusable Access policy of ours begins: policies carry neither tag nor comment. */
export const policyPrefix = (owner: Owner): string => `cfauth:${owner} `;
