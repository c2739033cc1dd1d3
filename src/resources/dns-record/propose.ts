import type { Exposure } from "../../core/domain/exposure.ts";
import { type Hostname, usableZone } from "../../core/domain/hostname.ts";
import { dnsComment, type Owner } from "../../core/domain/owner.ts";
import type { Problem } from "../../core/domain/problem.ts";
import { parseRouteKey, type Route, type RouteKey, routeKey } from "../../core/domain/route.ts";
import type { ResourceState, RouteResource } from "../../core/plan/resource.ts";
import type { DesiredState } from "../../core/plan/types.ts";
import type { ObservedAccessApplications } from "../access-application/types.ts";
import type { Mine } from "../contract/owned.ts";
import type { ObservedTunnel } from "../tunnel/types.ts";
import type {
  DesiredRecord,
  DnsRecord,
  DnsRecordChange,
  ForeignRecord,
  ObservedDnsRecords,
} from "./types.ts";

type Needs = {
  readonly access: Pick<ObservedAccessApplications, "mine">;
  readonly dns: ObservedDnsRecords;
  readonly tunnel: Pick<ObservedTunnel, "tunnel">;
};

/**
 * One record for each hostname, shared by its paths.
 *
 * | the record                                  | its wish            | then                          |
 * |---------------------------------------------|---------------------|-------------------------------|
 * | of somebody else (A, AAAA, CNAME, NS)       | yes                 | taken                         |
 * | absent                                      | yes                 | open it                       |
 * | ours                                        | of another path     | shared                        |
 * | ours                                        | none                | close it                      |
 * | ours, leads elsewhere                       | yes                 | mend it                       |
 */
export const dnsRecordResource = (owner: Owner): RouteResource<Needs, DnsRecordChange> => ({
  kind: "dns",
  pendingReason: "the DNS record",
  assess(route, exposure, observed, desired) {
    const found = observed.dns.mine.get(route.hostname);
    if (exposure === undefined) return unwished(found, route, observed, desired);
    const foreign = observed.dns.theirs.get(route.hostname);
    if (foreign !== undefined && found === undefined)
      return { is: "conflict", problem: taken(exposure, foreign) };
    const wanted = recordWish(owner, route.hostname, observed);
    if (found === undefined)
      return {
        is: "absent",
        create: wanted && {
          kind: "dns",
          action: "create",
          key: key(route.hostname),
          subject: route.hostname,
          desired: wanted,
        },
      };
    if (wanted === undefined || leads(found, wanted)) return { is: "in-sync" };
    const mend: DnsRecordChange = {
      kind: "dns",
      action: "update",
      key: key(route.hostname),
      subject: route.hostname,
      existing: found,
      desired: wanted,
    };
    return { is: "drifted", repair: mend, remove: remove(found), changes: undefined };
  },
});

function unwished(
  found: Mine<DnsRecord> | undefined,
  route: Route,
  observed: Needs,
  desired: DesiredState,
): ResourceState<DnsRecordChange> {
  if (found === undefined) return { is: "absent", create: undefined };
  return needed(route, observed, desired)
    ? { is: "shared" }
    : { is: "orphaned", remove: remove(found) };
}

/** Whether another route of the hostname is wished, or is held as it is. */
function needed(route: Route, observed: Needs, desired: DesiredState): boolean {
  const others: readonly RouteKey[] = [
    ...desired.exposures.keys(),
    ...[...desired.frozen].filter((held) => observed.access.mine.has(held)),
  ];
  return others.some(
    (other) => other !== routeKey(route) && parseRouteKey(other)?.hostname === route.hostname,
  );
}

function recordWish(
  owner: Owner,
  hostname: Hostname,
  { dns, tunnel }: Needs,
): DesiredRecord | undefined {
  const zone = usableZone(hostname, dns.zones, dns.excludedZones);
  if (zone === undefined || tunnel.tunnel === undefined) return undefined;
  return {
    zone: zone.id,
    name: hostname,
    content: `${tunnel.tunnel.id}.cfargotunnel.com`,
    comment: dnsComment(owner),
  };
}

const leads = (found: DnsRecord, wanted: DesiredRecord): boolean =>
  found.type === "CNAME" && found.content === wanted.content && found.proxied;

const key = (hostname: Hostname) => `dns ${hostname}`;

const remove = (at: Mine<DnsRecord>): DnsRecordChange => ({
  kind: "dns",
  action: "delete",
  key: key(at.name),
  subject: at.name,
  existing: at,
});

/** In place of what somebody else has at the name; undefined where that cannot be, since the name is another server's business. */
export function replaceForeignRecord(
  owner: Owner,
  hostname: Hostname,
  observed: Needs,
): DnsRecordChange | undefined {
  const foreign = observed.dns.theirs.get(hostname);
  const desired = recordWish(owner, hostname, observed);
  if (foreign === undefined || desired === undefined || foreign.some(({ type }) => type === "NS"))
    return undefined;
  return {
    kind: "dns",
    action: "update",
    key: key(hostname),
    subject: hostname,
    foreign,
    desired,
    takes: `the DNS record ${spoken(foreign)}`,
  };
}

const spoken = (records: readonly ForeignRecord[]): string =>
  records.map(({ type, content }) => `${type} ${content}`).join(", ");

const taken = (exposure: Exposure, records: readonly ForeignRecord[]): Problem => ({
  code: "CFA-CONFLICT-DNS",
  severity: "error",
  container: exposure.workload,
  label: exposure.label,
  route: routeKey(exposure.route),
  message: `a DNS record ${spoken(records)} is at ${exposure.route.hostname} and is not cfauth's`,
  about: "",
  effect: "closed",
  fix: exposure.adopt
    ? "it hands the name to other servers and cannot be taken over: delete it in Cloudflare"
    : `delete it in Cloudflare, ${exposure.adoptHint} to take it over, or choose another hostname`,
});
