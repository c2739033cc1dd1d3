import type { Envelope } from "./answer.ts";

export interface Page {
  readonly page: number;
  readonly per_page: number;
}

/** More pages than any list of ours can have. */
const MOST = 1_000;

/**
 * All items of a list, page after page, until the API's own count says so, a page is not full, or a page brings nothing new.
 *
 * Not the SDK's way, which ignores `total_pages` and never ends where the last page is given again for every later one
 * (cloudflare-typescript#2661, checked 2026-11).
 */
export async function allPages(perPage: number, ask: (page: Page) => Promise<Envelope>): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  let before = "";
  for (let page = 1; page <= MOST; page += 1) {
    const envelope = await ask({ page, per_page: perPage });
    const found = Array.isArray(envelope.result) ? envelope.result : [];
    const text = JSON.stringify(found);
    if (found.length === 0 || text === before) break;
    items.push(...found);
    if (last(envelope, { page, per_page: perPage }, found.length, items.length)) break;
    before = text;
  }
  return items;
}

/** An API that gives fewer on a page than was wished for says so: only its own page length tells a short page. */
function last({ result_info: info }: Envelope, { page, per_page }: Page, found: number, sofar: number): boolean {
  if (info?.total_pages !== undefined) return page >= info.total_pages;
  if (info?.total_count !== undefined && sofar >= info.total_count) return true;
  return found < (info?.per_page ?? per_page);
}
