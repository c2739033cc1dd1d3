import { markOwned } from "../contract/owned.ts";
import type { DnsRecordChange, ObservedDnsRecords } from "./types.ts";

/** As it will be seen. @param known - in place of an id that nobody knows yet */
export function simulateDnsRecord(seen: ObservedDnsRecords, change: DnsRecordChange, known: string): ObservedDnsRecords {
  if (change.action === "delete") return { ...seen, mine: new Map([...seen.mine].filter(([, { id }]) => id !== change.at.id)) };
  const { zone, name, content } = change.wish;
  const id = "at" in change ? change.at.id : known;
  const record = markOwned({ id, zone, name, type: "CNAME", content, proxied: true });
  const theirs = "foreign" in change ? new Map([...seen.theirs].filter(([other]) => other !== name)) : seen.theirs;
  return { ...seen, theirs, mine: new Map([...seen.mine, [name, record]]) };
}
