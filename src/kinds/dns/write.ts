import type { RecordBatchParams } from "cloudflare/resources/dns/records";
import { z } from "zod";
import type { Cloudflare } from "../../clients/cloudflare.ts";
import type { Owner } from "../../domain/owner.ts";
import { WorldError } from "../../errors.ts";
import { allFailed, carriedOut, type Fold, unlessGone } from "../carried.ts";
import type { Applied } from "../kind.ts";
import { claim } from "../mine.ts";
import { RecordAnswer, recordBody, recordFrom } from "./record.ts";
import type { DnsChange, DnsSeen } from "./seen.ts";

interface Hands {
  readonly cloudflare: Cloudflare;
  readonly owner: Owner;
}

/** Records that one batch takes in a free zone (docs, checked 2026-11). */
const MOST = 200;

/** The changes by zone, no more together than a batch takes. */
export function batches(changes: readonly DnsChange[]): readonly (readonly DnsChange[])[] {
  const zones = [...Map.groupBy(changes, zoneId)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return zones.flatMap(([, group]) =>
    Array.from({ length: Math.ceil(group.length / MOST) }, (_, at) => group.slice(at * MOST, (at + 1) * MOST)),
  );
}

const zoneId = (change: DnsChange): string => ("at" in change ? change.at.zone : change.wish.zone);

/** One change of one zone by itself, several in one transaction. One that is refused is taken apart, to find who is at fault. */
export async function write(hands: Hands, changes: readonly DnsChange[], seen: DnsSeen): Promise<Applied<DnsSeen, DnsChange>> {
  const singly = () => carriedOut(changes, seen, (change) => single(hands, change));
  if (changes.length < 2) return singly();
  try {
    const fold = await batch(hands, changes);
    return { seen: fold(seen), done: changes, failures: [], doubtful: false };
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    return error.code === "CFA-CF-REFUSED" && !error.doubtful ? singly() : allFailed(changes, seen, error);
  }
}

async function single({ cloudflare, owner }: Hands, change: DnsChange): Promise<Fold<DnsSeen>> {
  const zone_id = zoneId(change);
  switch (change.action) {
    case "create":
      return put(
        zone_id,
        owner,
        await cloudflare.ask("records.create", RecordAnswer, (sdk) => sdk.dns.records.create({ zone_id, ...recordBody(change.wish) })),
      );
    case "update":
      if ("foreign" in change) return batch({ cloudflare, owner }, [change]);
      return put(
        zone_id,
        owner,
        await cloudflare.ask("records.update", RecordAnswer, (sdk) =>
          sdk.dns.records.update(change.at.id, { zone_id, ...recordBody(change.wish) }),
        ),
      );
    case "delete":
      await unlessGone(cloudflare.ask("records.delete", z.unknown(), (sdk) => sdk.dns.records.delete(change.at.id, { zone_id })));
      return without(change.at.id);
  }
}

const BatchAnswer = z.looseObject({ puts: z.array(RecordAnswer).nullish(), posts: z.array(RecordAnswer).nullish() });

async function batch({ cloudflare, owner }: Hands, changes: readonly DnsChange[]): Promise<Fold<DnsSeen>> {
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

function put(zone: string, owner: Owner, answer: RecordAnswer): Fold<DnsSeen> {
  const record = recordFrom(answer, zone, owner);
  return (seen) => (record === undefined ? seen : { ...seen, mine: new Map([...seen.mine, [record.name, claim(record)]]) });
}

const without =
  (id: string): Fold<DnsSeen> =>
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
