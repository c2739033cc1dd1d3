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

interface WriteContext {
  readonly cloudflare: Cloudflare;
  readonly owner: Owner;
}

/** Records per batch in a free zone (docs, checked 2026-11). */
const MAX_BATCH_SIZE = 200;

/** Groups the changes by zone, and splits each group into batches that Cloudflare accepts. */
export function batches(
  changes: readonly DnsRecordChange[],
): readonly (readonly DnsRecordChange[])[] {
  const zones = [...Map.groupBy(changes, zoneId)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return zones.flatMap(([, group]) =>
    Array.from({ length: Math.ceil(group.length / MAX_BATCH_SIZE) }, (_, index) =>
      group.slice(index * MAX_BATCH_SIZE, (index + 1) * MAX_BATCH_SIZE),
    ),
  );
}

const zoneId = (change: DnsRecordChange): string =>
  "existing" in change ? change.existing.zone : change.desired.zone;

/**
 * Applies the changes of one zone: a single one by itself, several in one transaction. If
 * Cloudflare refuses a transaction, its changes are applied one by one to find the bad one.
 */
export async function writeRecords(
  context: WriteContext,
  changes: readonly DnsRecordChange[],
  observed: ObservedDnsRecords,
): Promise<ApplyResult<ObservedDnsRecords, DnsRecordChange>> {
  const applySeparately = () => applyEach(changes, observed, (change) => applyOne(context, change));
  if (changes.length < 2) return applySeparately();
  try {
    const update = await applyBatch(context, changes);
    return { observed: update(observed), applied: changes, failures: [], outcomeUnknown: false };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return error.code === "CFA-CF-REFUSED" && !error.outcomeUnknown
      ? applySeparately()
      : failAll(changes, observed, error);
  }
}

async function applyOne(
  { cloudflare, owner }: WriteContext,
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
      if ("foreign" in change) return applyBatch({ cloudflare, owner }, [change]);
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
      return removeById(change.existing.id);
  }
}

const BatchAnswer = z.looseObject({
  puts: z.array(RecordResponse).nullish(),
  posts: z.array(RecordResponse).nullish(),
});

async function applyBatch(
  { cloudflare, owner }: WriteContext,
  changes: readonly DnsRecordChange[],
): Promise<StateUpdate<ObservedDnsRecords>> {
  const zone_id = changes.map(zoneId)[0] ?? "";
  const body: Omit<RecordBatchParams, "zone_id"> = {
    deletes: changes.flatMap(deletedRecords).map(({ id }) => ({ id })),
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
  const updates = [
    ...(body.deletes ?? []).map(({ id }) => removeById(id)),
    ...[...(puts ?? []), ...(posts ?? [])].map((answer) => put(zone_id, owner, answer)),
  ];
  return (observed) => updates.reduce((state, update) => update(state), observed);
}

function deletedRecords(change: DnsRecordChange): readonly { readonly id: string }[] {
  if (change.action === "delete") return [change.existing];
  return "foreign" in change ? change.foreign : [];
}

function put(zone: string, owner: Owner, answer: RecordResponse): StateUpdate<ObservedDnsRecords> {
  const record = recordFrom(answer, zone, owner);
  return (observed) =>
    record === undefined
      ? observed
      : { ...observed, mine: new Map([...observed.mine, [record.name, markOwned(record)]]) };
}

const removeById =
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
