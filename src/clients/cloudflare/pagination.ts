import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { ListBudget, PageCost } from "../list-budget.ts";
import type { Envelope } from "./answer.ts";

export interface ListPage {
  readonly page: number;
  readonly per_page: number;
}

/** What a list answers as its `result`. Nothing in place of a list is not an empty list, unless the API counts none. */
export const Items = z.array(z.unknown());
export const itemsOf = ({ result, result_info: info }: Envelope): unknown =>
  result === null && info?.total_count === 0 ? [] : result;

export interface PageAnswer<T> extends Omit<PageCost, "items"> {
  readonly items: readonly T[];
  readonly info: Envelope["result_info"];
}

/**
 * All items of a list, page after page, until the API's own count says so, a page is not full, or a page brings nothing new.
 *
 * Not the SDK's way, which ignores `total_pages` and never ends where the last page is given again for every later one
 * (cloudflare-typescript#2661, checked 2026-11).
 *
 * @throws {BeyondLimit} when the list is larger than any honest one
 */
export async function allPages<T>(
  perPage: number,
  budget: ListBudget,
  ask: (page: ListPage) => Promise<PageAnswer<T>>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let before: readonly T[] = [];
  for (let page = 1; ; page += 1) {
    const { items, info, bytes, ms } = await ask({ page, per_page: perPage });
    budget.spend({ items: items.length, bytes, ms });
    if (items.length === 0 || isDeepStrictEqual(items, before)) return all;
    for (const item of items) all.push(item);
    if (last(info, { page, per_page: perPage }, items.length, all.length)) return all;
    before = items;
  }
}

/** An API that gives fewer on a page than was wished for says so: only its own page length tells a short page. */
function last(
  info: Envelope["result_info"],
  { page, per_page }: ListPage,
  found: number,
  sofar: number,
): boolean {
  if (info?.total_pages !== undefined) return page >= info.total_pages;
  if (info?.total_count !== undefined && sofar >= info.total_count) return true;
  return found < (info?.per_page ?? per_page);
}
