import { type ResourceDefinition, removable, simulateEach } from "../contract/definition.ts";
import { formatValue } from "../contract/format-value.ts";
import { diffDnsRecord } from "./diff.ts";
import { simulateDnsRecord } from "./simulate.ts";
import type { DnsRecordChange, ObservedDnsRecords } from "./types.ts";

export const dnsRecord: ResourceDefinition<
  ObservedDnsRecords,
  DnsRecordChange,
  { readonly dns: ObservedDnsRecords }
> = {
  kind: "dns",
  service: () => "cloudflare",
  actions: ["create", "update", "delete"],
  perRoute: true,
  batched: true,
  label: () => "DNS record",
  summarise: (_change, after) => `${formatValue(after["type"])} → ${formatValue(after["content"])}`,
  diff: diffDnsRecord,
  simulate: simulateEach(simulateDnsRecord),
  countForeign: ({ dns }) => [...dns.theirs.values()].flat().length,
  listOwned: ({ dns }) => [...dns.mine.keys()].map((name) => removable(`DNS record ${name}`)),
};
