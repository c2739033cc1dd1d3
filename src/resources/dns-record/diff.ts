import { type Diff, diffFields } from "../contract/diff.ts";
import type { DnsRecordChange } from "./types.ts";

export function diffDnsRecord(change: DnsRecordChange): Diff {
  const after = "wish" in change ? { type: "CNAME", content: change.wish.content, proxied: true } : undefined;
  if ("foreign" in change)
    return diffFields(
      { type: change.foreign.map(({ type }) => type).join(", "), content: change.foreign.map(({ content }) => content).join(", ") },
      after,
    );
  const before = "at" in change ? { type: change.at.type, content: change.at.content, proxied: change.at.proxied } : undefined;
  return diffFields(before, after);
}
