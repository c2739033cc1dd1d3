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
  /** Names of the zones that may be used; undefined for all that the token sees. */
  readonly zones: readonly string[] | undefined;
}

/** DNS records, in all zones. */
export function createDnsRecordDriver(
  options: DnsRecordDriverOptions,
): ResourceDriver<ObservedDnsRecords, DnsRecordChange> {
  return {
    kind: "dns",
    observe: (depth, before) =>
      depth === "routes" && before !== undefined ? lookAgain(options, before) : look(options),
    apply: (changes, observed) =>
      applyInSequence(batches(changes), observed, (batch, sofar) =>
        writeRecords(options, batch, sofar),
      ),
  };
}

async function look(options: DnsRecordDriverOptions): Promise<ObservedDnsRecords> {
  const { zones, excludedZones } = await allZones(options);
  const records = await inOrder(zones.map((zone) => recordsOf(options, zone)));
  return { zones, excludedZones, ...together(records) };
}

/** Only the zones in use: a foreign record that came up in another is met when Cloudflare refuses ours beside it. */
async function lookAgain(
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
    ...together([...records, { mine: [], theirs: elsewhere }]),
  };
}

async function allZones({
  cloudflare,
  account,
  zones: allowed,
}: DnsRecordDriverOptions): Promise<Pick<ObservedDnsRecords, "zones" | "excludedZones">> {
  const all = await cloudflare.list(
    "zones.list",
    z.looseObject({ id: z.string(), name: z.string() }),
    (sdk, page) => sdk.zones.list({ account: { id: account }, ...page }),
  );
  const wanted = allowed && new Set(allowed.map((name) => name.toLowerCase()));
  const [zones, others] = [true, false].map((usable) =>
    all.filter(({ name }) => (wanted?.has(name) ?? true) === usable),
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
  const found = addresses.map((answer) => [answer, recordFrom(answer, zone.id, owner)] as const);
  return {
    mine: found.flatMap(([, record]) => (record === undefined ? [] : [markOwned(record)])),
    theirs: found.flatMap(([answer, record]) =>
      record === undefined ? [[nameOf(answer), foreignRecordFrom(answer, zone.id)] as const] : [],
    ),
  };
}

function together(zones: readonly ZoneRecords[]): Pick<ObservedDnsRecords, "mine" | "theirs"> {
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
