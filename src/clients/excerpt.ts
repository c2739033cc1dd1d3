import { BeyondLimit } from "./limited.ts";

/**
 * The priority of an entry if an item is too large to keep everything.
 *
 * | weight    | kept                                           | counts as unread if left out |
 * |-----------|------------------------------------------------|------------------------------|
 * | `always`  | without a budget; only for few, short entries  | –                            |
 * | `first`   | within a budget                                | yes                          |
 * | `rest`    | within a second budget of the same size        | yes                          |
 * | `spare`   | within a sixteenth of that budget              | no                           |
 * | `ignored` | never                                          | no                           |
 */
export type Weight = "always" | "first" | "rest" | "spare" | "ignored";

const SPARE_SHARE = 1 / 16;

/** Which parts of a JSON value are kept. Fields without a rule are left out. */
export type Keep =
  | "scalar"
  | { readonly kind: "fields"; readonly fields: Readonly<Record<string, Keep>> }
  | Entries;

/** The entries of a map, weighed by name, or of a list, weighed by their JSON text. */
export interface Entries {
  readonly kind: "entries";
  /** Distinguishes this map or list from the others of the item. */
  readonly name: string;
  readonly of: Keep;
  readonly weigh: (nameOrText: string) => Weight;
  /** The maximum for one entry: its name and value as JSON. */
  readonly maxBytes: number;
}

/** The part of one list item that is kept. */
export interface Excerpt {
  /** JSON. */
  readonly text: Buffer;
  /** Its approximate size in memory. */
  readonly cost: number;
  /** How many counted entries were left out, by the name of their map or list. */
  readonly unread: ReadonlyMap<string, number>;
}

/** For names, numbers and addresses. What the engine itself writes is far shorter. */
export const MAX_SCALAR_BYTES = 1_024;

/** The memory that an entry and a list item take in addition to their text, in bytes. */
const ENTRY_COST = 32;
const ITEM_COST = 512;

const NONE = new Uint8Array();

const SHORT_BYTES = 64;

/** The initial size of the buffer, enough for most containers. It grows. */
const INITIAL_BYTES = 8 * 1024;

/** A map or list that is currently open. */
interface Frame {
  readonly keep: Exclude<Keep, "scalar">;
  readonly isMap: boolean;
  /** Where the current entry begins in the excerpt; undefined before its first character. */
  start: number | undefined;
  /** True if an earlier entry was kept, so that a comma is needed. */
  hasKept: boolean;
  /** In a map: the rule for the entry's value; undefined until the name has been read. */
  value: Keep | undefined;
  weight: Weight;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x5b, 0x5d, 0x7b, 0x7d];
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** The text is not a JSON list, or contains a map or list where the rule has none. */
export class NoList extends Error {}

export interface ExcerptOptions {
  readonly item: Keep;
  /**
   * For each map and list of one item: the budget of `first` entries, and as much again for `rest`.
   */
  readonly budget: () => number;
  /** The maximum for one item. */
  readonly maxBytes: number;
  readonly onItem: (excerpt: Excerpt) => void;
}

/**
 * Reads a JSON list byte by byte and keeps the parts of each item that a rule names. Other parts
 * take no memory, however long they are. Kept texts, entries and items have limits. An excerpt is
 * not validated here; JSON.parse does that.
 */
export class ExcerptReader {
  readonly #options: ExcerptOptions;
  #text = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;
  #frames: Frame[] = [];
  #isDone = false;
  #isQuoted = false;
  #isEscaped = false;
  /** Where the current string begins. */
  #quoteAt = 0;
  /** The nesting depth inside an entry that is left out; undefined while the entry is kept. */
  #skipped: number | undefined;
  /** The spent budget, by map or list and weight. */
  #spent = new Map<string, number>();
  #unread = new Map<string, number>();

  constructor(options: ExcerptOptions) {
    this.#options = options;
  }

  /** @throws {NoList} @throws {BeyondLimit} */
  write(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#isQuoted) at = this.#readString(chunk, at);
      else if (this.#skipped !== undefined && this.#skipped > 0)
        at = this.#skip(chunk, at, this.#skipped);
      else {
        this.#readSign(chunk[at] ?? 0);
        at += 1;
      }
    }
  }

  /** @throws {NoList} if the list is incomplete */
  end(): void {
    if (!this.#isDone) throw new NoList("the list breaks off");
  }

  /** Skips to the end of a left-out map or list, or to the next string in it. */
  #skip(chunk: Uint8Array, from: number, open: number): number {
    let [at, depth] = [from, open];
    for (; at < chunk.length && depth > 0 && !this.#isQuoted; at += 1) {
      const sign = chunk[at];
      if (sign === QUOTE) this.#isQuoted = true;
      else if (sign === OPEN_MAP || sign === OPEN_LIST) depth += 1;
      else if (sign === CLOSE_MAP || sign === CLOSE_LIST) depth -= 1;
    }
    this.#skipped = depth;
    return at;
  }

  #readString(chunk: Uint8Array, from: number): number {
    let at = this.#isEscaped ? from + 1 : from;
    while (at < chunk.length && chunk[at] !== QUOTE) at += chunk[at] === BACKSLASH ? 2 : 1;
    // If an escape is split between two chunks, `at` is beyond the chunk.
    this.#isEscaped = at > chunk.length;
    const isComplete = at < chunk.length;
    const next = isComplete ? at + 1 : chunk.length;
    this.#copy(chunk, from, next);
    this.#isQuoted = !isComplete;
    if (isComplete && this.#skipped === undefined) this.#nameRead();
    return next;
  }

  #readSign(sign: number): void {
    if (BLANKS.has(sign)) return;
    const isOpening = sign === OPEN_LIST || sign === OPEN_MAP;
    const isClosing = sign === CLOSE_LIST || sign === CLOSE_MAP;
    const frame = this.#frames.at(-1);
    if (frame === undefined) this.#begin(sign);
    else if (sign === COMMA) this.#endEntry(frame);
    else if (isClosing) this.#close(frame, sign);
    else if (this.#skipped !== undefined) this.#skipped += Number(isOpening);
    else if (isOpening) this.#open(frame, sign);
    else this.#put(frame, sign);
    if (sign === QUOTE) this.#isQuoted = true;
  }

  #begin(sign: number): void {
    if (sign !== OPEN_LIST || this.#isDone) throw new NoList("not a list");
    const { item, maxBytes } = this.#options;
    this.#frames.push(
      frameOf({ kind: "entries", name: "", of: item, weigh: () => "always", maxBytes }, false),
    );
  }

  #put(frame: Frame, sign: number): void {
    if (sign === QUOTE) this.#quoteAt = this.#startEntry(frame);
    else if (sign !== COLON) this.#startEntry(frame);
    if (this.#length - (frame.start ?? 0) < this.#limitOf(frame)) this.#append(sign);
    else this.#leaveOut(frame, NONE);
  }

  /** @returns where the next character goes */
  #startEntry(frame: Frame): number {
    if (frame.start !== undefined) return this.#length;
    frame.start = this.#length;
    if (frame.hasKept) this.#append(COMMA);
    return this.#length;
  }

  #append(sign: number): void {
    this.#makeRoom(1);
    this.#text[this.#length] = sign;
    this.#length += 1;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed > this.#options.maxBytes) throw this.#oversized();
    if (needed <= this.#text.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#options.maxBytes, 2 * needed));
    larger.set(this.#text.subarray(0, this.#length));
    this.#text = larger;
  }

  /** Copies characters of the entry itself, not of a nested map or list. */
  #copy(chunk: Uint8Array, from: number, to: number): void {
    const frame = this.#frames.at(-1);
    if (this.#skipped !== undefined || frame === undefined) return;
    if (this.#length + to - from - (frame.start ?? 0) > this.#limitOf(frame)) {
      this.#leaveOut(frame, chunk.subarray(from, to));
      return;
    }
    this.#makeRoom(to - from);
    // Most texts are short, and for those a loop is faster than `set`.
    if (to - from < SHORT_BYTES)
      for (let at = from; at < to; at += 1) this.#text[this.#length + at - from] = chunk[at] ?? 0;
    else this.#text.set(chunk.subarray(from, to), this.#length);
    this.#length += to - from;
  }

  #limitOf({ keep, weight }: Frame): number {
    return keep.kind === "fields" || (weight === "always" && keep.name !== "")
      ? MAX_SCALAR_BYTES
      : keep.maxBytes;
  }

  /** Leaves out an entry that is too long. A name that is too long is weighed by its beginning. */
  #leaveOut(frame: Frame, more: Uint8Array): void {
    if (this.#frames.length === 1) throw this.#oversized();
    const { keep } = frame;
    if (keep.kind === "entries" && frame.isMap && frame.value === undefined) {
      const read = Buffer.concat([this.#text.subarray(this.#quoteAt + 1, this.#length), more]);
      frame.weight = keep.weigh(read.toString("latin1", 0, MAX_SCALAR_BYTES));
    }
    if (keep.kind === "entries") this.#countUnread(keep, frame.weight);
    this.#skipped = 0;
  }

  /** Handles the first string of a map entry, which is its name. */
  #nameRead(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined || !frame.isMap || frame.value !== undefined) return;
    const name = nameIn(this.#text.toString("utf8", this.#quoteAt, this.#length));
    const { keep } = frame;
    if (keep.kind === "entries") frame.weight = keep.weigh(name);
    if (keep.kind === "entries") frame.value = keep.of;
    else if (Object.hasOwn(keep.fields, name)) frame.value = keep.fields[name];
    if (frame.value === undefined || frame.weight === "ignored") this.#skipped = 0;
  }

  #open(frame: Frame, sign: number): void {
    const isMap = sign === OPEN_MAP;
    const listRule = frame.keep.kind === "entries" ? frame.keep.of : undefined;
    const keep = frame.isMap ? frame.value : listRule;
    if (keep === undefined || keep === "scalar" || (keep.kind === "fields" && !isMap))
      throw new NoList("another kind of value");
    this.#startEntry(frame);
    this.#append(sign);
    this.#frames.push(frameOf(keep, isMap));
  }

  #close(frame: Frame, sign: number): void {
    if ((sign === CLOSE_MAP) !== frame.isMap) throw new NoList("not JSON");
    this.#endEntry(frame);
    this.#frames.pop();
    if (this.#frames.length === 0) this.#isDone = true;
    else this.#append(sign);
  }

  #endEntry(frame: Frame): void {
    if (this.#frames.length === 1 && this.#skipped !== undefined)
      throw new NoList("not a list of maps");
    const isKept =
      this.#skipped === undefined &&
      frame.start !== undefined &&
      this.#isWithinBudget(frame, frame.start);
    if (isKept && this.#frames.length === 1) this.#emit();
    else if (isKept) frame.hasKept = true;
    else this.#length = frame.start ?? this.#length;
    this.#skipped = undefined;
    frame.start = undefined;
    frame.value = undefined;
    frame.weight = "always";
  }

  #isWithinBudget(frame: Frame, start: number): boolean {
    const { keep } = frame;
    if (keep.kind === "fields" || this.#frames.length === 1) return true;
    const from = frame.hasKept ? start + 1 : start;
    const weight = frame.isMap
      ? frame.weight
      : keep.weigh(this.#text.toString("utf8", from, this.#length));
    if (weight === "ignored") return false;
    const cost = this.#length - start + ENTRY_COST;
    const budget = this.#options.budget() * (weight === "spare" ? SPARE_SHARE : 1);
    const budgetKey = `${keep.name} ${weight}`;
    const spent = (this.#spent.get(budgetKey) ?? 0) + cost;
    const isWithin = weight === "always" || spent <= budget;
    if (isWithin) this.#spent.set(budgetKey, spent);
    else this.#countUnread(keep, weight);
    return isWithin;
  }

  #countUnread({ name }: Entries, weight: Weight): void {
    if (weight === "spare" || weight === "ignored") return;
    this.#unread.set(name, (this.#unread.get(name) ?? 0) + 1);
  }

  #emit(): void {
    const spent = [...this.#spent.values()].reduce((sum, cost) => sum + cost, 0);
    const text = Buffer.from(this.#text.subarray(0, this.#length));
    this.#options.onItem({ text, cost: ITEM_COST + spent, unread: this.#unread });
    this.#length = 0;
    this.#spent = new Map();
    this.#unread = new Map();
  }

  #oversized(): BeyondLimit {
    return new BeyondLimit(
      `has an item that is larger than ${this.#options.maxBytes / 1024} KiB without what cfauth leaves out`,
    );
  }
}

const frameOf = (keep: Frame["keep"], isMap: boolean): Frame => ({
  keep,
  isMap,
  start: undefined,
  hasKept: false,
  value: undefined,
  weight: "always",
});

function nameIn(json: string): string {
  try {
    return JSON.parse(json) as string;
  } catch {
    throw new NoList("not JSON");
  }
}
