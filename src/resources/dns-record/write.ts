import type { RecordBatchParams } from "cloudflare/resources/dns/records";
import { z } from "zod";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";
import type { Owner } from "../../core/domain/owner.ts";
import { ServiceError } from "../../core/errors.ts";
import { applyEach, failAll, ignoreNotFound, type StateUpdate } from "../contract/apply.ts";
import type { ApplyResult } from "../contract/driver.ts";
import { markOwned } from "../contract/owned.ts";
import { RecordResponse, recordBody, recordFrom } from "./record.ts";
import type { DnsRecordChange, ObservedDnsRecords } from "./types.ts";

interface Hands {
  readonly cloudflare: Cloudflare;
  readonly owner: Owner;
}

/** Records that one batch takes in a free zone (docs, checked 2026-11). */
const MOST = 200;

/** The changes by zone, no more together than a batch takes. */
export function batches(
  changes: readonly DnsRecordChange[],
): readonly (readonly DnsRecordChange[])[] {
  const zones = [...Map.groupBy(changes, zoneId)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return zones.flatMap(([, group]) =>
    Array.from({ length: Math.ceil(group.length / MOST) }, (_, at) =>
      group.slice(at * MOST, (at + 1) * MOST),
    ),
  );
}

const zoneId = (change: DnsRecordChange): string =>
  "existing" in change ? change.existing.zone : change.desired.zone;

/** One change of one zone by itself, several in one transaction. One that is refused is taken apart, to find who is at fault. */
export async function writeRecords(
  drivers: Hands,
  changes: readonly DnsRecordChange[],
  observed: ObservedDnsRecords,
): Promise<ApplyResult<ObservedDnsRecords, DnsRecordChange>> {
  const singly = () => applyEach(changes, observed, (change) => single(drivers, change));
  if (changes.length < 2) return singly();
  try {
    const fold = await batch(drivers, changes);
    return { observed: fold(observed), applied: changes, failures: [], outcomeUnknown: false };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return error.code === "CFA-CF-REFUSED" && !error.outcomeUnknown
      ? singly()
      : failAll(changes, observed, error);
  }
}

async function single(
  { cloudflare, owner }: Hands,
  change: DnsRecordChange,
): Promise<StateUpdate<ObservedDnsRecords>> {
  const zone_id = zoneId(change);
  switch (change.action) {
    case "create":
      return put(
        zone_id,
        owner,
        await cloudflare.request("records.create", RecordResponse, (sdk) =>
          sdk.dns.records.create({ zone_id, ...recordBody(change.desired) }),
        ),
      );
    case "update":
      if ("foreign" in change) return batch({ cloudflare, owner }, [change]);
      return put(
        zone_id,
        owner,
        await cloudflare.request("records.update", RecordResponse, (sdk) =>
          sdk.dns.records.update(change.existing.id, { zone_id, ...recordBody(change.desired) }),
        ),
      );
    case "delete":
      await ignoreNotFound(
        cloudflare.request("records.delete", z.unknown(), (sdk) =>
          sdk.dns.records.delete(change.existing.id, { zone_id }),
        ),
      );
      return without(change.existing.id);
  }
}

const BatchAnswer = z.looseObject({
  puts: z.array(RecordResponse).nullish(),
  posts: z.array(RecordResponse).nullish(),
});

async function batch(
  { cloudflare, owner }: Hands,
  changes: readonly DnsRecordChange[],
): Promise<StateUpdate<ObservedDnsRecords>> {
  const zone_id = changes.map(zoneId)[0] ?? "";
  const body: Omit<RecordBatchParams, "zone_id"> = {
    deletes: changes.flatMap((change) =>
      change.action === "delete"
        ? [{ id: change.existing.id }]
        : "foreign" in change
          ? change.foreign.map(({ id }) => ({ id }))
          : [],
    ),
    puts: changes.flatMap((change) =>
      change.action === "update" && "existing" in change
        ? [{ id: change.existing.id, ...recordBody(change.desired) }]
        : [],
    ),
    posts: changes.flatMap((change) =>
      change.action === "create" || "foreign" in change ? [recordBody(change.desired)] : [],
    ),
  };
  const { puts, posts } = await cloudflare.request("records.batch", BatchAnswer, (sdk) =>
    sdk.dns.records.batch({ zone_id, ...body }),
  );
  const folds = [
    ...(body.deletes ?? []).map(({ id }) => without(id)),
    ...[...(puts ?? []), ...(posts ?? [])].map((answer) => put(zone_id, owner, answer)),
  ];
  return (observed) => folds.reduce((sofar, fold) => fold(sofar), observed);
}

function put(zone: string, owner: Owner, answer: RecordResponse): StateUpdate<ObservedDnsRecords> {
  const record = recordFrom(answer, zone, owner);
  return (observed) =>
    record === undefined
      ? observed
      : { ...observed, mine: new Map([...observed.mine, [record.name, markOwned(record)]]) };
}

const without =
  (id: string): StateUpdate<ObservedDnsRecords> =>
  (observed) => ({
    ...observed,
    mine: new Map([...observed.mine].filter(([, record]) => record.id !== id)),
    theirs: new Map(
      [...observed.theirs].flatMap(([name, records]) => {
        const [first, ...more] = records.filter((record) => record.id !== id);
        return first === undefined ? [] : [[name, [first, ...more]] as const];
      }),
    ),
  });
