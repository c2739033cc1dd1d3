import { BeyondLimit, largerThan } from "./limited.ts";
import { MAX_LIST_ITEMS, MAX_LIST_MS, MAX_LIST_PAGES, MAX_LISTS_BYTES } from "./limits.ts";

/** What it cost to read one page of a list. */
export interface PageCost {
  readonly items: number;
  readonly bytes: number;
  /** From sending to the end of the response. Milliseconds. */
  readonly ms: number;
}

/**
 * Adds up the cost of one list. A single page is limited by the request timeout. Its bytes count
 * until it is disposed.
 */
export interface ListBudget extends Disposable {
  /** @throws {BeyondLimit} if the pages so far exceed the limits */
  spend(page: PageCost): void;
}

/**
 * The budgets of one service's lists. An endless list fails as a whole, because half of it would
 * look as if the rest did not exist.
 */
export interface ListBudgets {
  open(): ListBudget;
}

export function createListBudgets(): ListBudgets {
  let totalBytes = 0;
  return {
    open: () => {
      let [pages, items, bytes, ms] = [0, 0, 0, 0];
      return {
        spend: (page) => {
          pages += 1;
          items += page.items;
          bytes += page.bytes;
          ms += page.ms;
          totalBytes += page.bytes;
          if (pages > MAX_LIST_PAGES) throw largerThan(MAX_LIST_PAGES, "pages");
          if (items > MAX_LIST_ITEMS) throw largerThan(MAX_LIST_ITEMS, "items");
          if (totalBytes > MAX_LISTS_BYTES)
            throw new BeyondLimit(
              `and the other lists together are ${largerThan(MAX_LISTS_BYTES, "bytes").message.slice("is ".length)}`,
            );
          if (pages > 1 && ms > MAX_LIST_MS)
            throw new BeyondLimit(`takes longer than ${MAX_LIST_MS / 1_000} s`);
        },
        [Symbol.dispose]: () => {
          totalBytes -= bytes;
        },
      };
    },
  };
}
