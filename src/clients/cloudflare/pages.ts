import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Envelope } from "./answer.ts";

export interface Page {
  readonly page: number;
  readonly per_page: number;
}

/** More pages than any list of ours can have. */
const MOST = 1_000;

/** What a list answers as its `result`. Nothing in place of a list is not an empty list, unless the API counts none. */
export const Items = z.array(z.unknown());
export const itemsOf = ({ result, result_info: info }: Envelope): unknown => (result === null && info?.total_count === 0 ? [] : result);

export interface PageAnswer {
  readonly items: readonly unknown[];
  readonly info: Envelope["result_info"];
}

/**
 * All items of a list, page after page, until the API's own count says so, a page is not full, or a page brings nothing new.
 *
 * Not the SDK's way, which ignores `total_pages` and never ends where the last page is given again for every later one
 * (cloudflare-typescript#2661, checked 2026-11).
 */
export async function allPages(perPage: number, ask: (page: Page) => Promise<PageAnswer>): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  let before: readonly unknown[] = [];
  for (let page = 1; page <= MOST; page += 1) {
    const { items, info } = await ask({ page, per_page: perPage });
    if (items.length === 0 || isDeepStrictEqual(items, before)) break;
    all.push(...items);
    if (last(info, { page, per_page: perPage }, items.length, all.length)) break;
    before = items;
  }
  return all;
}

/** An API that gives fewer on a page than was wished for says so: only its own page length tells a short page. */
function last(info: Envelope["result_info"], { page, per_page }: Page, found: number, sofar: number): boolean {
  if (info?.total_pages !== undefined) return page >= info.total_pages;
  if (info?.total_count !== undefined && sofar >= info.total_count) return true;
  return found < (info?.per_page ?? per_page);
}
