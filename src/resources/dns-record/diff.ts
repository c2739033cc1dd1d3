import { type Diff, diffFields } from "../contract/diff.ts";
import type { DnsRecordChange } from "./types.ts";

export function diffDnsRecord(change: DnsRecordChange): Diff {
  const after =
    "desired" in change
      ? { type: "CNAME", content: change.desired.content, proxied: true }
      : undefined;
  if ("foreign" in change)
    return diffFields(
      {
        type: change.foreign.map(({ type }) => type).join(", "),
        content: change.foreign.map(({ content }) => content).join(", "),
      },
      after,
    );
  const before =
    "existing" in change
      ? {
          type: change.existing.type,
          content: change.existing.content,
          proxied: change.existing.proxied,
        }
      : undefined;
  return diffFields(before, after);
}
