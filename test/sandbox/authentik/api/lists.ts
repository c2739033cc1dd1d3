import type { Answer, Request } from "../../routes.ts";
import type { Version } from "../versions.ts";
import { Refusal } from "./refusal.ts";

export interface Page<Row> {
  readonly number: number;
  readonly rows: readonly Row[];
  answer(results: readonly object[]): Answer;
}

/** @throws {Refusal} 404 past the end */
export function pageOf<Row>(
  { call: { query } }: Request,
  all: readonly Row[],
  version: Version,
): Page<Row> {
  const size = pageSize(query.get("page_size"), version);
  const total = Math.max(1, Math.ceil(all.length / size));
  const number = query.get("page") === "last" ? total : Number(query.get("page") ?? 1);
  if (!Number.isInteger(number) || number < 1 || number > total)
    throw new Refusal(404, { detail: "Invalid page." });
  const pagination = {
    next: number < total ? number + 1 : 0,
    previous: number - 1,
    count: all.length,
    current: number,
    total_pages: total,
    start_index: all.length === 0 ? 0 : (number - 1) * size + 1,
    end_index: Math.min(number * size, all.length),
  };
  return {
    number,
    rows: all.slice((number - 1) * size, number * size),
    answer: (results) => ({
      status: 200,
      body: version.trimmed("list", { pagination, results, autocomplete: {} }),
    }),
  };
}

function pageSize(wished: string | null, version: Version): number {
  const { usual, most } = version.has("smallPages")
    ? { usual: 20, most: 100 }
    : { usual: 100, most: Infinity };
  const size = Number(wished ?? usual);
  return Number.isInteger(size) && size > 0 ? Math.min(size, most) : usual;
}

/** Sorts by the field in `?ordering=` (`-` reverses the order), else by `usual`. Does not sort by an unknown field. */
export function ordered<Row extends object>(
  rows: readonly Row[],
  { call: { query } }: Request,
  usual: keyof Row & string,
): Row[] {
  const wish = query.get("ordering") ?? usual;
  const field = wish.replace(/^-/, "") as keyof Row;
  const sign = wish.startsWith("-") ? -1 : 1;
  const compare = (a: unknown, b: unknown): number =>
    a === b ? 0 : (a as string) < (b as string) ? -1 : 1;
  return rows.toSorted((a, b) => sign * compare(a[field], b[field]));
}

/** By parameter: whether the row matches. `values` has every value of a repeated parameter. */
export type Filters<Row> = Readonly<
  Record<string, (row: Row, value: string, values: readonly string[]) => boolean>
>;

/** A parameter without a filter or without a value has no effect. */
export function filtered<Row>(
  rows: readonly Row[],
  { call: { query } }: Request,
  filters: Filters<Row>,
): Row[] {
  const active = Object.entries(filters).flatMap(([name, fits]) => {
    const value = query.get(name);
    return value ? [(row: Row): boolean => fits(row, value, query.getAll(name))] : [];
  });
  return rows.filter((row) => active.every((fits) => fits(row)));
}

/** A filter for the exact value of one field. */
export function exactly<Row>(field: keyof Row): (row: Row, value: string) => boolean {
  return (row, value) => String(row[field]) === value;
}

/** `?search=`: the text occurs in one of the fields, in any letter case. */
export function containing<Row>(
  ...fields: readonly (keyof Row)[]
): (row: Row, value: string) => boolean {
  return (row, value) =>
    fields.some((field) => String(row[field]).toLowerCase().includes(value.toLowerCase()));
}
