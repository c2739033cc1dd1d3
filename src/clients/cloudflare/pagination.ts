import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { ListBudget, PageCost } from "../list-budget.ts";
import type { Envelope } from "./answer.ts";

export interface ListPage {
  readonly page: number;
  readonly per_page: number;
}

/**
 * The `result` of a list. A `null` result counts as an empty list only if the API also reports a
 * total of 0.
 */
export const Items = z.array(z.unknown());
export const itemsOf = ({ result, result_info: info }: Envelope): unknown =>
  result === null && info?.total_count === 0 ? [] : result;

export interface PageAnswer<T> extends Omit<PageCost, "items"> {
  readonly items: readonly T[];
  readonly info: Envelope["result_info"];
}

/**
 * Reads all items of a list, page by page, until the API's count is reached, a page is not full, or
 * a page repeats the previous one.
 *
 * The SDK's own pagination is not used. It ignores `total_pages` and never ends if the API repeats
 * the last page for later page numbers (cloudflare-typescript#2661, checked 2026-11).
 *
 * @throws {BeyondLimit} if the list exceeds the limits
 */
export async function allPages<T>(
  perPage: number,
  budget: ListBudget,
  readPage: (page: ListPage) => Promise<PageAnswer<T>>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let previous: readonly T[] = [];
  for (let page = 1; ; page += 1) {
    const { items, info, bytes, ms } = await readPage({ page, per_page: perPage });
    budget.spend({ items: items.length, bytes, ms });
    if (items.length === 0 || isDeepStrictEqual(items, previous)) return all;
    for (const item of items) all.push(item);
    const counts = { onPage: items.length, soFar: all.length };
    if (isLastPage(info, { page, per_page: perPage }, counts)) return all;
    previous = items;
  }
}

/**
 * An API that caps the page size reports its own `per_page`, and only that shows whether a page is
 * full.
 */
function isLastPage(
  info: Envelope["result_info"],
  { page, per_page }: ListPage,
  { onPage, soFar }: { readonly onPage: number; readonly soFar: number },
): boolean {
  if (info?.total_pages !== undefined) return page >= info.total_pages;
  if (info?.total_count !== undefined && soFar >= info.total_count) return true;
  return onPage < (info?.per_page ?? per_page);
}
