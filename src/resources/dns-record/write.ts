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
export function batches(changes: readonly DnsRecordChange[]): readonly (readonly DnsRecordChange[])[] {
  const zones = [...Map.groupBy(changes, zoneId)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return zones.flatMap(([, group]) =>
    Array.from({ length: Math.ceil(group.length / MOST) }, (_, at) => group.slice(at * MOST, (at + 1) * MOST)),
  );
}

const zoneId = (change: DnsRecordChange): string => ("at" in change ? change.at.zone : change.wish.zone);

/** One change of one zone by itself, several in one transaction. One that is refused is taken apart, to find who is at fault. */
export async function writeRecords(
  hands: Hands,
  changes: readonly DnsRecordChange[],
  seen: ObservedDnsRecords,
): Promise<ApplyResult<ObservedDnsRecords, DnsRecordChange>> {
  const singly = () => applyEach(changes, seen, (change) => single(hands, change));
  if (changes.length < 2) return singly();
  try {
    const fold = await batch(hands, changes);
    return { seen: fold(seen), done: changes, failures: [], doubtful: false };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return error.code === "CFA-CF-REFUSED" && !error.doubtful ? singly() : failAll(changes, seen, error);
  }
}

async function single({ cloudflare, owner }: Hands, change: DnsRecordChange): Promise<StateUpdate<ObservedDnsRecords>> {
  const zone_id = zoneId(change);
  switch (change.action) {
    case "create":
      return put(
        zone_id,
        owner,
        await cloudflare.ask("records.create", RecordResponse, (sdk) => sdk.dns.records.create({ zone_id, ...recordBody(change.wish) })),
      );
    case "update":
      if ("foreign" in change) return batch({ cloudflare, owner }, [change]);
      return put(
        zone_id,
        owner,
        await cloudflare.ask("records.update", RecordResponse, (sdk) =>
          sdk.dns.records.update(change.at.id, { zone_id, ...recordBody(change.wish) }),
        ),
      );
    case "delete":
      await ignoreNotFound(cloudflare.ask("records.delete", z.unknown(), (sdk) => sdk.dns.records.delete(change.at.id, { zone_id })));
      return without(change.at.id);
  }
}

const BatchAnswer = z.looseObject({ puts: z.array(RecordResponse).nullish(), posts: z.array(RecordResponse).nullish() });

async function batch({ cloudflare, owner }: Hands, changes: readonly DnsRecordChange[]): Promise<StateUpdate<ObservedDnsRecords>> {
  const zone_id = changes.map(zoneId)[0] ?? "";
  const body: Omit<RecordBatchParams, "zone_id"> = {
    deletes: changes.flatMap((change) =>
      change.action === "delete" ? [{ id: change.at.id }] : "foreign" in change ? change.foreign.map(({ id }) => ({ id })) : [],
    ),
    puts: changes.flatMap((change) =>
      change.action === "update" && "at" in change ? [{ id: change.at.id, ...recordBody(change.wish) }] : [],
    ),
    posts: changes.flatMap((change) => (change.action === "create" || "foreign" in change ? [recordBody(change.wish)] : [])),
  };
  const { puts, posts } = await cloudflare.ask("records.batch", BatchAnswer, (sdk) => sdk.dns.records.batch({ zone_id, ...body }));
  const folds = [
    ...(body.deletes ?? []).map(({ id }) => without(id)),
    ...[...(puts ?? []), ...(posts ?? [])].map((answer) => put(zone_id, owner, answer)),
  ];
  return (seen) => folds.reduce((sofar, fold) => fold(sofar), seen);
}

function put(zone: string, owner: Owner, answer: RecordResponse): StateUpdate<ObservedDnsRecords> {
  const record = recordFrom(answer, zone, owner);
  return (seen) => (record === undefined ? seen : { ...seen, mine: new Map([...seen.mine, [record.name, markOwned(record)]]) });
}

const without =
  (id: string): StateUpdate<ObservedDnsRecords> =>
  (seen) => ({
    ...seen,
    mine: new Map([...seen.mine].filter(([, record]) => record.id !== id)),
    theirs: new Map(
      [...seen.theirs].flatMap(([name, records]) => {
        const [first, ...more] = records.filter((record) => record.id !== id);
        return first === undefined ? [] : [[name, [first, ...more]] as const];
      }),
    ),
  });
