import { markOwned } from "../contract/owned.ts";
import type { DnsRecordChange, ObservedDnsRecords } from "./types.ts";

/**
 * What will be observed after the change.
 *
 * @param known - stands in for an id that is not known yet
 */
export function simulateDnsRecord(
  observed: ObservedDnsRecords,
  change: DnsRecordChange,
  known: string,
): ObservedDnsRecords {
  if (change.action === "delete")
    return {
      ...observed,
      mine: new Map([...observed.mine].filter(([, { id }]) => id !== change.existing.id)),
    };
  const { zone, name, content } = change.desired;
  const id = "existing" in change ? change.existing.id : known;
  const record = markOwned({ id, zone, name, type: "CNAME", content, proxied: true });
  const theirs =
    "foreign" in change
      ? new Map([...observed.theirs].filter(([other]) => other !== name))
      : observed.theirs;
  return { ...observed, theirs, mine: new Map([...observed.mine, [name, record]]) };
}
