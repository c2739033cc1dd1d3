import { domainToASCII } from "node:url";
import { Refusal } from "../envelope.ts";
import { type Fields, isFields, isText } from "../fields.ts";
import type { DnsRecord, Zone } from "../state.ts";

/** A record without its id, zone and timestamps. */
export type RecordContent = Pick<
  DnsRecord,
  "name" | "type" | "content" | "proxied" | "ttl" | "comment" | "tags" | "settings"
>;

/** The limit of the free plan, in characters (docs, 2026). */
const COMMENT_LENGTH = 100;
const ADDRESSES = ["A", "AAAA", "CNAME"];

/** The record as Cloudflare stores it: full lower-case ASCII name, ttl 1 if proxied, with defaults. */
export function normalised(zone: Zone, body: unknown): RecordContent {
  const fields = isFields(body) ? body : {};
  const { name, type, content } = fields;
  if (!isText(name)) throw invalid(9000, "DNS name is invalid.");
  if (!isText(type)) throw invalid(9001, "DNS record type is missing.");
  if (!isText(content)) throw invalid(9007, "Content for the record is invalid.");
  const proxied = flag(fields, "proxied") && ADDRESSES.includes(type);
  const comment = commentOf(fields);
  return {
    name: fullName(zone, name),
    type,
    content: type === "TXT" ? content : content.toLowerCase().replace(/\.$/, ""),
    proxied,
    ttl: proxied ? 1 : timeToLive(fields),
    comment,
    tags: Array.isArray(fields.tags) ? fields.tags : [],
    settings: isFields(fields.settings) ? fields.settings : {},
  };
}

/** Cloudflare appends the zone to any other name: `www` and `www.other.org` both get it. */
function fullName(zone: Zone, name: string): string {
  const ascii = domainToASCII(name.replace(/\.$/, "")) || name.toLowerCase();
  if (ascii === "@" || ascii === zone.name) return zone.name;
  const full = ascii.endsWith(`.${zone.name}`) ? ascii : `${ascii}.${zone.name}`;
  const fits =
    full.length <= 253 && full.split(".").every((label) => label.length >= 1 && label.length <= 63);
  if (!fits) throw invalid(9000, "DNS name is invalid.");
  return full;
}

function timeToLive(fields: Fields): number {
  const ttl = fields.ttl ?? 1;
  if (ttl === 1 || (typeof ttl === "number" && ttl >= 60 && ttl <= 86_400)) return ttl;
  throw invalid(9021, "Invalid TTL. Must be between 60 and 86,400 seconds, or 1 for Automatic.");
}

function commentOf(fields: Fields): string | null {
  const comment = fields.comment ?? "";
  if (typeof comment !== "string" || /[\r\n]/.test(comment))
    throw invalid(9040, "Comment is invalid.");
  if ([...comment].length > COMMENT_LENGTH)
    throw invalid(9041, `Comment exceeds ${COMMENT_LENGTH} characters.`);
  return comment === "" ? null : comment;
}

function flag(fields: Fields, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value !== "boolean")
    throw invalid(1004, `DNS Validation Error: ${name} must be a boolean.`);
  return value;
}

/**
 * Refuses a record that conflicts with the others.
 *
 * | new          | existing                        | code  |
 * |--------------|---------------------------------|-------|
 * | CNAME        | A, AAAA or CNAME of that name   | 81053 |
 * | A, AAAA      | CNAME of that name              | 81054 |
 * | anything     | the same, every field           | 81058 |
 * | anything     | the same name, type and content | 81057 |
 */
export function refuseCollision(record: RecordContent, others: readonly DnsRecord[]): void {
  for (const other of others) {
    if (other.name !== record.name) continue;
    if (record.type === "CNAME" && ADDRESSES.includes(other.type))
      throw invalid(81053, "An A, AAAA, or CNAME record with that host already exists.");
    if (other.type === "CNAME" && ADDRESSES.includes(record.type))
      throw invalid(81054, "A CNAME record with that host already exists.");
    if (other.type !== record.type || other.content !== record.content) continue;
    if (
      other.proxied === record.proxied &&
      other.ttl === record.ttl &&
      other.comment === record.comment
    )
      throw invalid(81058, "An identical record already exists.");
    throw invalid(81057, "The record already exists.");
  }
}

function invalid(code: number, message: string): Refusal {
  return new Refusal(400, code, message);
}
