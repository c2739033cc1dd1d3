/** DNS, as far as a tunnel needs it. */

import type { DnsRecord } from "../cloudflare/state.ts";

const TUNNEL = /^([0-9a-f-]+)\.cfargotunnel\.com\.?$/i;

/** `a.b.example.com` → `*.b.example.com`, `*.example.com`, `*.com`: the closest wildcard wins. */
function wildcards(name: string): string[] {
  const labels = name.split(".");
  return labels.slice(1).map((_, i) => ["*", ...labels.slice(i + 1)].join("."));
}

/**
 * The id of the tunnel that `name` leads to. Any record of the exact name hides the wildcards, as in DNS; a CNAME to
 * cfargotunnel.com works only when it is proxied.
 */
export function tunnelOf(records: readonly DnsRecord[], name: string): string | undefined {
  for (const candidate of [name, ...wildcards(name)]) {
    const found = records.filter((record) => record.name.toLowerCase() === candidate);
    if (found.length === 0) continue;
    const lead = found.find(
      (record) => record.type === "CNAME" && record.proxied && TUNNEL.test(record.content),
    );
    return lead && TUNNEL.exec(lead.content)?.[1]?.toLowerCase();
  }
  return undefined;
}
