import { between, type Difference } from "../fields.ts";
import type { DnsChange } from "./seen.ts";

export function dnsDifference(change: DnsChange): Difference {
  const after = "wish" in change ? { type: "CNAME", content: change.wish.content, proxied: true } : undefined;
  if ("foreign" in change)
    return between(
      { type: change.foreign.map(({ type }) => type).join(", "), content: change.foreign.map(({ content }) => content).join(", ") },
      after,
    );
  const before = "at" in change ? { type: change.at.type, content: change.at.content, proxied: change.at.proxied } : undefined;
  return between(before, after);
}
