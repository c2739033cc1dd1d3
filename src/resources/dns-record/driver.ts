import { z } from "zod";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";
import { type Hostname, zoneOf } from "../../core/domain/hostname.ts";
import type { Owner } from "../../core/domain/owner.ts";
import { inOrder } from "../contract/all-in-order.ts";
import { applyInSequence } from "../contract/apply.ts";
import type { ResourceDriver } from "../contract/driver.ts";
import { type Mine, markOwned } from "../contract/owned.ts";
import { foreignRecordFrom, isAddress, nameOf, RecordResponse, recordFrom } from "./record.ts";
import type {
  DnsRecord,
  DnsRecordChange,
  ForeignRecord,
  ObservedDnsRecords,
  Zone,
} from "./types.ts";
import { batches, writeRecords } from "./write.ts";

export interface DnsRecordDriverOptions {
  readonly cloudflare: Cloudflare;
  readonly account: string;
  readonly owner: Owner;
  /** Names of the zones that cfauth may use; undefined for all that the token can see. */
  readonly zones: readonly string[] | undefined;
}

/** Observes and writes DNS records in all zones. */
export function createDnsRecordDriver(
  options: DnsRecordDriverOptions,
): ResourceDriver<ObservedDnsRecords, DnsRecordChange> {
  return {
    kind: "dns",
    observe: (scope, before) =>
      scope === "routes" && before !== undefined
        ? observeZonesInUse(options, before)
        : observeAll(options),
    apply: (changes, observed) =>
      applyInSequence(batches(changes), observed, (batch, state) =>
        writeRecords(options, batch, state),
      ),
  };
}

async function observeAll(options: DnsRecordDriverOptions): Promise<ObservedDnsRecords> {
  const { zones, excludedZones } = await listZones(options);
  const records = await inOrder(zones.map((zone) => recordsOf(options, zone)));
  return { zones, excludedZones, ...indexByName(records) };
}

/**
 * Reads only the zones in use. A new foreign record in another zone is noticed when Cloudflare
 * refuses ours.
 */
async function observeZonesInUse(
  options: DnsRecordDriverOptions,
  before: ObservedDnsRecords,
): Promise<ObservedDnsRecords> {
  const used = new Set([...before.mine.values()].map(({ zone }) => zone));
  const records = await inOrder(
    before.zones.filter(({ id }) => used.has(id)).map((zone) => recordsOf(options, zone)),
  );
  const elsewhere = [...before.theirs].flatMap(([name, records]) =>
    used.has(zoneOf(name as Hostname, before.zones)?.id ?? "")
      ? []
      : records.map((record) => [name, record] as const),
  );
  return {
    zones: before.zones,
    excludedZones: before.excludedZones,
    ...indexByName([...records, { mine: [], theirs: elsewhere }]),
  };
}

async function listZones({
  cloudflare,
  account,
  zones: allowed,
}: DnsRecordDriverOptions): Promise<Pick<ObservedDnsRecords, "zones" | "excludedZones">> {
  const all = await cloudflare.list(
    "zones.list",
    z.looseObject({ id: z.string(), name: z.string() }),
    (sdk, page) => sdk.zones.list({ account: { id: account }, ...page }),
  );
  const allowedNames = allowed && new Set(allowed.map((name) => name.toLowerCase()));
  const [zones, others] = [true, false].map((usable) =>
    all.filter(({ name }) => (allowedNames?.has(name) ?? true) === usable),
  );
  return {
    zones: (zones ?? []).map(({ id, name }): Zone => ({ id, name })),
    excludedZones: (others ?? []).map(({ name }) => name),
  };
}

interface ZoneRecords {
  readonly mine: readonly Mine<DnsRecord>[];
  readonly theirs: readonly (readonly [string, ForeignRecord])[];
}

async function recordsOf(
  { cloudflare, owner }: DnsRecordDriverOptions,
  zone: Zone,
): Promise<ZoneRecords> {
  const all = await cloudflare.list("records.list", RecordResponse, (sdk, page) =>
    sdk.dns.records.list({ zone_id: zone.id, ...page }),
  );
  const addresses = all.filter(isAddress);
  const records = addresses.map((answer) => ({
    answer,
    mine: recordFrom(answer, zone.id, owner),
  }));
  return {
    mine: records.flatMap(({ mine }) => mine ?? []).map(markOwned),
    theirs: records
      .filter(({ mine }) => mine === undefined)
      .map(({ answer }) => [nameOf(answer), foreignRecordFrom(answer, zone.id)] as const),
  };
}

function indexByName(zones: readonly ZoneRecords[]): Pick<ObservedDnsRecords, "mine" | "theirs"> {
  return {
    mine: new Map(zones.flatMap(({ mine }) => mine).map((record) => [record.name, record])),
    theirs: zones
      .flatMap(({ theirs }) => theirs)
      .reduce(
        (all, [name, record]) =>
          all.set(name, [...(all.get(name) ?? []), record] as [ForeignRecord]),
        new Map<string, [ForeignRecord]>(),
      ),
  };
}
