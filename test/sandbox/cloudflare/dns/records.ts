import type { Request, Route } from "../../routes.ts";
import { paged, Refusal, success } from "../envelope.ts";
import { isFields } from "../fields.ts";
import { hexId, timestamp } from "../ids.ts";
import type { CloudflareState, DnsRecord, Zone } from "../state.ts";
import { filtered } from "./record-filters.ts";
import { normalised, refuseCollision } from "./record-rules.ts";
import { zoneOf } from "./zones.ts";

export type Records = Map<string, DnsRecord>;

export function recordRoutes(state: CloudflareState): Route[] {
  const all = "/zones/{zone_id}/dns_records";
  const one = `${all}/{dns_record_id}`;
  const zone = ({ params }: Request): Zone => zoneOf(state, params);
  const id = ({ params }: Request): string => params.dns_record_id ?? "";
  return [
    {
      method: "GET",
      path: all,
      answer: (request) => paged(request, listed(state, request), { usual: 100, most: 5_000_000 }),
    },
    {
      method: "POST",
      path: all,
      answer: (request) => success(shown(create(state.records, zone(request), request.call.body))),
    },
    {
      method: "GET",
      path: one,
      answer: (request) => success(shown(recordOf(state.records, zone(request), id(request)))),
    },
    {
      method: "PUT",
      path: one,
      answer: (request) =>
        success(shown(replace(state.records, zone(request), id(request), request.call.body))),
    },
    {
      method: "PATCH",
      path: one,
      answer: (request) =>
        success(shown(patch(state.records, zone(request), id(request), request.call.body))),
    },
    {
      method: "DELETE",
      path: one,
      answer: (request) => success({ id: remove(state.records, zone(request), id(request)).id }),
    },
  ];
}

export function create(records: Records, zone: Zone, body: unknown): DnsRecord {
  const content = normalised(zone, body);
  refuseCollision(content, inZone(records, zone));
  const now = timestamp();
  const record = { id: hexId(), zone_id: zone.id, ...content, created_on: now, modified_on: now };
  records.set(record.id, record);
  return record;
}

/** Omitted fields get their defaults: a PUT without a comment removes the comment. */
export function replace(records: Records, zone: Zone, id: string, body: unknown): DnsRecord {
  const old = recordOf(records, zone, id);
  const content = normalised(zone, body);
  refuseCollision(
    content,
    inZone(records, zone).filter((other) => other.id !== id),
  );
  const record = {
    id,
    zone_id: zone.id,
    ...content,
    created_on: old.created_on,
    modified_on: timestamp(),
  };
  records.set(id, record);
  return record;
}

export function patch(records: Records, zone: Zone, id: string, body: unknown): DnsRecord {
  const { name, type, content, proxied, ttl, comment, tags, settings } = recordOf(
    records,
    zone,
    id,
  );
  return replace(records, zone, id, {
    name,
    type,
    content,
    proxied,
    ttl,
    comment,
    tags,
    settings,
    ...(isFields(body) ? body : {}),
  });
}

export function remove(records: Records, zone: Zone, id: string): DnsRecord {
  const record = recordOf(records, zone, id);
  records.delete(id);
  return record;
}

/** A record as the API returns it, with read-only fields. */
export function shown(record: DnsRecord): object {
  return { ...record, proxiable: ["A", "AAAA", "CNAME"].includes(record.type), meta: {} };
}

function listed(state: CloudflareState, request: Request): object[] {
  return filtered(inZone(state.records, zoneOf(state, request.params)), request.call.query).map(
    shown,
  );
}

function recordOf(records: Records, zone: Zone, id: string): DnsRecord {
  const record = records.get(id);
  if (record?.zone_id !== zone.id) throw new Refusal(404, 81044, "Record does not exist.");
  return record;
}

function inZone(records: Records, zone: Zone): DnsRecord[] {
  return [...records.values()].filter((record) => record.zone_id === zone.id);
}
