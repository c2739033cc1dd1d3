import { z } from "zod";
import { parseHostname } from "../../core/domain/hostname.ts";
import { dnsComment, type Owner } from "../../core/domain/owner.ts";
import type { DesiredRecord, DnsRecord, ForeignRecord } from "./types.ts";

export const RecordResponse = z.looseObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  content: z.string().nullish(),
  proxied: z.boolean().nullish(),
  comment: z.string().nullish(),
});

export type RecordResponse = z.infer<typeof RecordResponse>;

/** Types that say where a name leads. Such a record prevents one of ours. */
const ADDRESSES = new Set(["A", "AAAA", "CNAME", "NS"]);

export const isAddress = ({ type }: RecordResponse): boolean => ADDRESSES.has(type);

/** The record if it carries our comment; undefined otherwise. */
export function recordFrom(
  answer: RecordResponse,
  zone: string,
  owner: Owner,
): DnsRecord | undefined {
  const name = parseHostname(answer.name);
  if (!isAddress(answer) || answer.comment !== dnsComment(owner) || !name.ok) return undefined;
  const { id, type, proxied } = answer;
  return {
    id,
    zone,
    name: name.value,
    type,
    content: contentOf(answer),
    proxied: proxied ?? false,
  };
}

export const foreignRecordFrom = (answer: RecordResponse, zone: string): ForeignRecord => ({
  id: answer.id,
  zone,
  type: answer.type,
  content: contentOf(answer),
});

/** In lower case and without a trailing dot, because names are compared that way. */
const contentOf = ({ content }: RecordResponse): string =>
  (content ?? "").toLowerCase().replace(/\.$/, "");

export const nameOf = ({ name }: RecordResponse): string => name.toLowerCase().replace(/\.$/, "");

/** A proxied record must have the TTL "automatic", which is 1 (docs, checked 2026-11). */
export const recordBody = ({ name, content, comment }: DesiredRecord) =>
  ({ type: "CNAME", name, content, comment, proxied: true, ttl: 1 }) as const;
