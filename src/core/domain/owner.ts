declare const brand: unique symbol;

/** This installation's name, written on every object that it creates. `[a-z0-9-]{1,32}` */
export type Owner = string & { readonly [brand]: "Owner" };

export function parseOwner(text: string): Owner | undefined {
  return /^[a-z0-9-]{1,32}$/.test(text) ? (text as Owner) : undefined;
}

/**
 * The comment of our DNS records. At most 39 characters; a free zone allows 100.
 * @see https://developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes/
 */
export const dnsComment = (owner: Owner): string => `cfauth:${owner}`;

/** The tag of our Access applications. */
export const accessTag = (owner: Owner): string => `cfauth-${owner}`;

/** The start of the names of our reusable Access policies, which have neither tag nor comment. */
export const policyPrefix = (owner: Owner): string => `cfauth:${owner} `;
