import type { Answer, Request, Route } from "../../routes.ts";
import type { Version } from "../versions.ts";
import { type Fields, readFields } from "./fields.ts";
import { type Filters, filtered, ordered, pageOf } from "./lists.ts";
import { missing } from "./refusal.ts";

/** A kind of object, served like Django REST framework does. */
export interface Resource<Row extends object> {
  /** `/core/applications/` */
  readonly path: string;
  /** The field in the path of a single object. */
  readonly key: keyof Row & string;
  /** The name in a 404. */
  readonly model: string;
  readonly rows: () => Row[];
  readonly show: (row: Row, request: Request) => object;
  readonly filters: Filters<Row>;
  /** @throws {Refusal} for a filter that gets 400 instead of an empty list */
  readonly checkFilters?: (query: URLSearchParams) => void;
  readonly order: keyof Row & string;
  /** Replaces the default list. */
  readonly list?: (request: Request) => Answer;
  readonly write?: Writing<Row>;
}

export interface Writing<Row> {
  readonly fields: Fields;
  /** The name of the kind in the table of versions. Fields that the version does not know are ignored. */
  readonly kind: string;
  readonly create: (values: Record<string, unknown>) => Row;
  /** Runs before the object is created (`row` is absent) or changed. @throws {Refusal} */
  readonly check?: (values: Record<string, unknown>, row: Row | undefined) => void;
  /** Runs after a creation, change or deletion. */
  readonly written?: (row: Row, verb: "created" | "changed" | "removed") => void;
}

export function routesOf<Row extends object>(resource: Resource<Row>, version: Version): Route[] {
  const { path, write } = resource;
  const one = `${path}{key}/`;
  const show = (row: Row, request: Request, status = 200): Answer => ({
    status,
    body: resource.show(row, request),
  });
  const reads: Route[] = [
    {
      method: "GET",
      path,
      answer: (request) => (resource.list ?? listing(resource, version))(request),
    },
    { method: "GET", path: one, answer: (request) => show(rowOf(resource, request), request) },
  ];
  if (!write) return reads;
  return [
    ...reads,
    {
      method: "POST",
      path,
      answer: (request) => show(created(resource, write, version, request), request, 201),
    },
    {
      method: "PUT",
      path: one,
      answer: (request) => show(changed(resource, write, version, request, false), request),
    },
    {
      method: "PATCH",
      path: one,
      answer: (request) => show(changed(resource, write, version, request, true), request),
    },
    { method: "DELETE", path: one, answer: (request) => removed(resource, write, request) },
  ];
}

/** @throws {Refusal} 404 */
export function rowOf<Row extends object>(
  { rows, key, model }: Resource<Row>,
  { params }: Request,
): Row {
  const row = rows().find((candidate) => String(candidate[key]) === params["key"]);
  if (!row) throw missing(model);
  return row;
}

function listing<Row extends object>(
  resource: Resource<Row>,
  version: Version,
): (request: Request) => Answer {
  return (request) => {
    resource.checkFilters?.(request.call.query);
    const page = pageOf(
      request,
      ordered(filtered(resource.rows(), request, resource.filters), request, resource.order),
      version,
    );
    return page.answer(page.rows.map((row) => resource.show(row, request)));
  };
}

function created<Row extends object>(
  { rows }: Resource<Row>,
  write: Writing<Row>,
  version: Version,
  { call }: Request,
): Row {
  const values = readFields(known(write, version), call.body, false);
  write.check?.(values, undefined);
  const row = write.create(values);
  rows().push(row);
  write.written?.(row, "created");
  return row;
}

/** PUT differs from PATCH only in its required fields. Both keep the value of an omitted field. */
function changed<Row extends object>(
  resource: Resource<Row>,
  write: Writing<Row>,
  version: Version,
  request: Request,
  partial: boolean,
): Row {
  const row = rowOf(resource, request);
  const values = readFields(known(write, version), request.call.body, partial);
  write.check?.(values, row);
  Object.assign(row, values);
  write.written?.(row, "changed");
  return row;
}

function removed<Row extends object>(
  resource: Resource<Row>,
  write: Writing<Row>,
  request: Request,
): Answer {
  const row = rowOf(resource, request);
  const rows = resource.rows();
  rows.splice(rows.indexOf(row), 1);
  write.written?.(row, "removed");
  return { status: 204 };
}

function known<Row>({ fields, kind }: Writing<Row>, version: Version): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => version.knows(kind, name)));
}
