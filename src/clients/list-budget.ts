import { BeyondLimit, largerThan } from "./limited.ts";
import { MAX_LIST_ITEMS, MAX_LIST_MS, MAX_LIST_PAGES, MAX_LISTS_BYTES } from "./limits.ts";

/** What one page of a list took. */
export interface PageCost {
  readonly items: number;
  readonly bytes: number;
  /** From sending to the end of the answer. */
  readonly ms: number;
}

/** Adds up the pages of one list; one page by itself ends by the time that every request has. It counts until it is disposed of. */
export interface ListBudget extends Disposable {
  /** @throws {BeyondLimit} when the pages so far are more than a list may have */
  spend(page: PageCost): void;
}

/** The lists of one service. A list that never ends is given up: half of it would look as if the other half did not exist. */
export interface ListBudgets {
  open(): ListBudget;
}

export function createListBudgets(): ListBudgets {
  let allBytes = 0;
  return {
    open: () => {
      let [pages, items, bytes, ms] = [0, 0, 0, 0];
      return {
        spend: (page) => {
          pages += 1;
          items += page.items;
          bytes += page.bytes;
          ms += page.ms;
          allBytes += page.bytes;
          if (pages > MAX_LIST_PAGES) throw largerThan(MAX_LIST_PAGES, "pages");
          if (items > MAX_LIST_ITEMS) throw largerThan(MAX_LIST_ITEMS, "items");
          if (allBytes > MAX_LISTS_BYTES)
            throw new BeyondLimit(
              `and those beside it are together ${largerThan(MAX_LISTS_BYTES, "bytes").message.slice("is ".length)}`,
            );
          if (pages > 1 && ms > MAX_LIST_MS)
            throw new BeyondLimit(`takes longer than ${MAX_LIST_MS / 1_000} s`);
        },
        [Symbol.dispose]: () => {
          allBytes -= bytes;
        },
      };
    },
  };
}
