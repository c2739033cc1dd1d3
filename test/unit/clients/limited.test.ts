import { describe, expect, it, test } from "vitest";
import { beginningOf, createReader } from "../../../src/clients/limited.ts";
import {
  MAX_ANSWER_BYTES,
  MAX_ANSWER_DEPTH,
  MAX_ANSWER_VALUES,
  MAX_LIST_ITEMS,
  MAX_LIST_MS,
  MAX_LIST_PAGES,
  MAX_LISTS_BYTES,
} from "../../../src/clients/limits.ts";
import { createListBudgets } from "../../../src/clients/list-budget.ts";

const LIMITS = { maxBytes: MAX_ANSWER_BYTES, maxValues: MAX_ANSWER_VALUES };

async function* chunksOf(text: string, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = (text: string, size?: number): Promise<string> =>
  createReader(LIMITS).text(chunksOf(text, size));

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const values = (count: number): string =>
  `[${Array.from({ length: count - 1 }, () => "1").join(",")}]`;

describe("the limits of an answer", () => {
  it.each([
    {
      what: "size",
      fits: " ".repeat(MAX_ANSWER_BYTES),
      beyond: " ".repeat(MAX_ANSWER_BYTES + 1),
      says: "is larger than 4 MiB",
    },
    {
      what: "number of values",
      fits: values(MAX_ANSWER_VALUES),
      beyond: values(MAX_ANSWER_VALUES + 1),
      says: "is larger than 400,000 values",
    },
    {
      what: "depth",
      fits: nested(MAX_ANSWER_DEPTH),
      beyond: nested(MAX_ANSWER_DEPTH + 1),
      says: "is nested deeper than 64 levels",
    },
  ])(
    "an answer at the limit of $what is parsed, and one beyond it is refused",
    async ({ fits, beyond, says }) => {
      expect(await read(fits)).toBe(fits);
      await expect(read(beyond)).rejects.toThrow(says);
    },
  );

  it("characters within a string do not count for the limits of an answer", async () => {
    const text = JSON.stringify(`\\"${"[{,".repeat(MAX_ANSWER_VALUES)}`);
    expect(await read(text)).toBe(text);
  });

  it("an answer is parsed to the same text in small and in large chunks", async () => {
    const [small, large] = ["ä€😀".repeat(10), "ä€😀".repeat(100_000)];
    expect([await read(small, 1), await read(large, 4_099)]).toEqual([small, large]);
  });

  it("a large answer is not mixed with another one that is read at the same time", async () => {
    const reader = createReader(LIMITS);
    const [ones, twos] = ["1".repeat(1_000_000), "2".repeat(1_000_000)];
    expect(await Promise.all([reader.text(chunksOf(ones)), reader.text(chunksOf(twos))])).toEqual([
      ones,
      twos,
    ]);
  });

  it("a large answer that breaks off does not delay the next one", async () => {
    const reader = createReader(LIMITS);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* chunksOf("1".repeat(1_000_000));
      throw new Error("gone");
    }
    await expect(reader.text(broken())).rejects.toThrow("gone");
    expect(await reader.text(chunksOf("2".repeat(1_000_000)))).toHaveLength(1_000_000);
  });
});

test("only the beginning of a page is read", async () => {
  let sent = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      sent += 1;
      yield Buffer.alloc(1_000, "x");
    }
  }
  expect(await beginningOf(endless(), 2_500)).toBe("x".repeat(2_500));
  expect(sent).toBe(3);
});

describe("the limits of a list", () => {
  const page = { items: 0, bytes: 0, ms: 0 };

  it.each([
    {
      what: "items",
      page: { ...page, items: MAX_LIST_ITEMS },
      more: { ...page, items: 1 },
      says: "is larger than 10,000 items",
    },
    {
      what: "bytes",
      page: { ...page, bytes: MAX_LISTS_BYTES },
      more: { ...page, bytes: 1 },
      says: "together are larger than 8 MiB",
    },
    {
      what: "time",
      page: { ...page, ms: MAX_LIST_MS },
      more: { ...page, ms: 1 },
      says: "takes longer than 120 s",
    },
  ])(
    "a list at the limit of $what continues, and one beyond it is refused",
    ({ page: full, more, says }) => {
      const budget = createListBudgets().open();
      budget.spend(full);
      expect(() => budget.spend(more)).toThrow(says);
    },
  );

  it("a list at the limit of pages continues, and one beyond it is refused", () => {
    const budget = createListBudgets().open();
    for (let number = 1; number <= MAX_LIST_PAGES; number += 1) budget.spend(page);
    expect(() => budget.spend(page)).toThrow("is larger than 200 pages");
  });

  it("a list shares the limit of bytes with concurrent ones until it is finished", () => {
    const lists = createListBudgets();
    const first = lists.open();
    first.spend({ ...page, bytes: MAX_LISTS_BYTES });
    {
      using beside = lists.open();
      expect(() => beside.spend({ ...page, bytes: 1 })).toThrow("together are larger than 8 MiB");
    }
    first[Symbol.dispose]();
    expect(() => lists.open().spend({ ...page, bytes: MAX_LISTS_BYTES })).not.toThrow();
  });
});
