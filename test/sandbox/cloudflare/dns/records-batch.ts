import type { Request, Route } from "../../routes.ts";
import { Refusal, success } from "../envelope.ts";
import { type Fields, isFields } from "../fields.ts";
import type { CloudflareState, Zone } from "../state.ts";
import { create, patch, type Records, remove, replace, shown } from "./records.ts";
import { zoneOf } from "./zones.ts";

/** Records per call on the free plan (docs, 2026). */
const MAX_RECORDS = 200;

export function recordBatchRoutes(state: CloudflareState): Route[] {
  return [
    {
      method: "POST",
      path: "/zones/{zone_id}/dns_records/batch",
      answer: (request) => success(batch(state, request)),
    },
  ];
}

/** One transaction in this order: deletes, patches, puts, posts. One bad item cancels all of it. */
function batch(state: CloudflareState, { params, call }: Request): object {
  const zone = zoneOf(state, params);
  const items = (name: string): Fields[] => fieldsOf(call.body, name);
  const count = ["deletes", "patches", "puts", "posts"].reduce(
    (sum, name) => sum + items(name).length,
    0,
  );
  if (count === 0 || count > MAX_RECORDS)
    throw new Refusal(400, 1004, `DNS Validation Error: a batch has 1 to ${MAX_RECORDS} records.`);
  const draft: Records = new Map(state.records);
  const result = {
    deletes: items("deletes").map((item) => shown(remove(draft, zone, idOf(item)))),
    patches: items("patches").map((item) => shown(patch(draft, zone, idOf(item), item))),
    puts: items("puts").map((item) => shown(replace(draft, zone, idOf(item), item))),
    posts: items("posts").map((item) => shown(create(draft, zone, item))),
  };
  commit(state.records, draft, zone);
  return result;
}

function commit(records: Records, draft: Records, zone: Zone): void {
  for (const [id, record] of records)
    if (record.zone_id === zone.id && !draft.has(id)) records.delete(id);
  for (const [id, record] of draft) records.set(id, record);
}

function fieldsOf(body: unknown, name: string): Fields[] {
  const list = isFields(body) ? body[name] : undefined;
  return Array.isArray(list) ? list.filter(isFields) : [];
}

function idOf(item: Fields): string {
  return typeof item.id === "string" ? item.id : "";
}
