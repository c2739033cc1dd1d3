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
 * | the record                       | desired                  | then     |
 * |----------------------------------|--------------------------|----------|
 * | foreign (A, AAAA, CNAME, NS)     | yes                      | conflict |
 * | absent                           | yes                      | create   |
 * | ours                             | only by another path     | shared   |
 * | ours                             | no                       | remove   |
 * | ours, points elsewhere           | yes                      | update   |
 */
export const dnsRecordResource = (owner: Owner): RouteResource<Needs, DnsRecordChange> => ({
  kind: "dns",
  pendingReason: "the DNS record",
  assess(route, exposure, observed, desired) {
    const existing = observed.dns.mine.get(route.hostname);
    if (exposure === undefined) return stateWhenUndesired(existing, route, observed, desired);
    const foreign = observed.dns.theirs.get(route.hostname);
    if (foreign !== undefined && existing === undefined)
      return { is: "conflict", problem: conflictProblem(exposure, foreign) };
    const record = desiredRecord(owner, route.hostname, observed);
    if (existing === undefined)
      return {
        is: "absent",
        create: record && {
          kind: "dns",
          action: "create",
          key: keyOf(route.hostname),
          subject: route.hostname,
          desired: record,
        },
      };
    if (record === undefined || pointsToTunnel(existing, record)) return { is: "in-sync" };
    const update: DnsRecordChange = {
      kind: "dns",
      action: "update",
      key: keyOf(route.hostname),
      subject: route.hostname,
      existing,
      desired: record,
    };
    return { is: "drifted", repair: update, remove: removalOf(existing), changes: undefined };
  },
});

function stateWhenUndesired(
  existing: Mine<DnsRecord> | undefined,
  route: Route,
  observed: Needs,
  desired: DesiredState,
): ResourceState<DnsRecordChange> {
  if (existing === undefined) return { is: "absent", create: undefined };
  return isNeeded(route, observed, desired)
    ? { is: "shared" }
    : { is: "orphaned", remove: removalOf(existing) };
}

/** Whether another route of the hostname is desired or frozen. */
function isNeeded(route: Route, observed: Needs, desired: DesiredState): boolean {
  const others: readonly RouteKey[] = [
    ...desired.exposures.keys(),
    ...[...desired.frozen].filter((frozen) => observed.access.mine.has(frozen)),
  ];
  return others.some(
    (other) => other !== routeKey(route) && parseRouteKey(other)?.hostname === route.hostname,
  );
}

function desiredRecord(
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

const pointsToTunnel = (existing: DnsRecord, desired: DesiredRecord): boolean =>
  existing.type === "CNAME" && existing.content === desired.content && existing.proxied;

const keyOf = (hostname: Hostname) => `dns ${hostname}`;

const removalOf = (existing: Mine<DnsRecord>): DnsRecordChange => ({
  kind: "dns",
  action: "delete",
  key: keyOf(existing.name),
  subject: existing.name,
  existing,
});

/**
 * Replaces the foreign records of the name. Undefined if that is impossible, because other name
 * servers are responsible for the name.
 */
export function replaceForeignRecord(
  owner: Owner,
  hostname: Hostname,
  observed: Needs,
): DnsRecordChange | undefined {
  const foreign = observed.dns.theirs.get(hostname);
  const desired = desiredRecord(owner, hostname, observed);
  if (foreign === undefined || desired === undefined || foreign.some(({ type }) => type === "NS"))
    return undefined;
  return {
    kind: "dns",
    action: "update",
    key: keyOf(hostname),
    subject: hostname,
    foreign,
    desired,
    takes: `the DNS record ${describeRecords(foreign)}`,
  };
}

const describeRecords = (records: readonly ForeignRecord[]): string =>
  records.map(({ type, content }) => `${type} ${content}`).join(", ");

const conflictProblem = (exposure: Exposure, records: readonly ForeignRecord[]): Problem => ({
  code: "CFA-CONFLICT-DNS",
  severity: "error",
  container: exposure.workload,
  label: exposure.label,
  route: routeKey(exposure.route),
  message: `a DNS record ${describeRecords(records)} is at ${exposure.route.hostname} and is not cfauth's`,
  about: "",
  effect: "closed",
  fix: exposure.adopt
    ? "it delegates the name to other name servers, so it cannot be taken over: delete it in Cloudflare"
    : `delete it in Cloudflare, ${exposure.adoptHint} to take it over, or choose another hostname`,
});
