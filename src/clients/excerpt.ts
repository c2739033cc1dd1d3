import { BeyondLimit } from "./limited.ts";

/**
 * What counts first where not everything of an item can be kept.
 *
 * | weight    | is kept                                        | counts as unread beyond that |
 * |-----------|------------------------------------------------|------------------------------|
 * | `always`  | whatever there is; for few, short entries only | –                            |
 * | `first`   | within a budget                                | yes                          |
 * | `rest`    | within another budget, which is as large       | yes                          |
 * | `spare`   | within a sixteenth of that                     | no                           |
 * | `ignored` | never                                          | no                           |
 */
export type Weight = "always" | "first" | "rest" | "spare" | "ignored";

const SPARE_SHARE = 1 / 16;

/** What is kept of a JSON value. Fields that have no rule are left out. */
export type Keep =
  | "scalar"
  | { readonly kind: "fields"; readonly fields: Readonly<Record<string, Keep>> }
  | Entries;

/** The entries of a map, weighed by their names, or of a list, weighed by their JSON text. */
export interface Entries {
  readonly kind: "entries";
  /** Tells it from the other maps and lists of an item. */
  readonly name: string;
  readonly of: Keep;
  readonly weigh: (nameOrText: string) => Weight;
  /** Of one entry: its name and its value, as JSON. */
  readonly maxBytes: number;
}

/** As much of one item of a list as is kept. */
export interface Excerpt {
  /** JSON. */
  readonly text: Buffer;
  /** What it takes in memory, roughly. */
  readonly cost: number;
  /** How many entries were left out although they count, by the name of their map or list. */
  readonly unread: ReadonlyMap<string, number>;
}

/** A name, a number, an address: what the engine writes by itself is far shorter. */
export const MAX_SCALAR_BYTES = 1_024;

/** What an entry takes in memory beside its text, and an item of the list. */
const ENTRY_COST = 32;
const ITEM_COST = 512;

const NONE = new Uint8Array();

const SHORT_BYTES = 64;

/** Most containers need no more; it grows. */
const FIRST_BYTES = 8 * 1024;

/** A map or list that is open. */
interface Frame {
  readonly keep: Exclude<Keep, "scalar">;
  readonly isMap: boolean;
  /** Where the entry that is being read begins in the excerpt; undefined before its first sign. */
  start: number | undefined;
  /** Whether an entry before it was kept, so that a comma is needed. */
  hasKept: boolean;
  /** In a map: what is kept of the entry's value; undefined until its name was read. */
  value: Keep | undefined;
  weight: Weight;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x5b, 0x5d, 0x7b, 0x7d];
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** A text that is not one JSON list, or holds a map or list where the rule has none. */
export class NoList extends Error {}

export interface ExcerptOptions {
  readonly item: Keep;
  /** Of each map and list of one item: for what counts first, and as much again for the rest. */
  readonly budget: () => number;
  /** Of one item, whatever it is made of. */
  readonly maxBytes: number;
  readonly onItem: (excerpt: Excerpt) => void;
}

/**
 * Reads a JSON list byte by byte and keeps of each item what a rule names. What is not kept takes no memory, however long it is; of
 * the rest each text, each item and its entries have limits. The text of an excerpt is for JSON.parse, which checks it.
 */
export class ExcerptReader {
  readonly #options: ExcerptOptions;
  #text = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;
  #frames: Frame[] = [];
  #isDone = false;
  #isQuoted = false;
  #isEscaped = false;
  /** Where the string that is being read begins. */
  #quoteAt = 0;
  /** Maps and lists that are open within an entry that is left out; undefined while the entry is kept. */
  #skipped: number | undefined;
  /** By map or list and weight. */
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

  /** @throws {NoList} where the list has not come to its end */
  end(): void {
    if (!this.#isDone) throw new NoList("the list breaks off");
  }

  /** Goes on to the end of a map or list that is left out, or to the next string in it. */
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
    // An escape may be cut in two: then `at` is behind the chunk.
    this.#isEscaped = at > chunk.length;
    const isOver = at < chunk.length;
    const next = isOver ? at + 1 : chunk.length;
    this.#copy(chunk, from, next);
    this.#isQuoted = !isOver;
    if (isOver && this.#skipped === undefined) this.#nameRead();
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

  /** @returns where the next sign goes */
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

  /** Signs of the entry itself, not of a map or list within it. */
  #copy(chunk: Uint8Array, from: number, to: number): void {
    const frame = this.#frames.at(-1);
    if (this.#skipped !== undefined || frame === undefined) return;
    if (this.#length + to - from - (frame.start ?? 0) > this.#limitOf(frame)) {
      this.#leaveOut(frame, chunk.subarray(from, to));
      return;
    }
    this.#makeRoom(to - from);
    // Most are short, for which this is faster than a call of `set`.
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

  /** The entry is too long. A name that is itself too long is weighed by its beginning. */
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

  /** In a map, the first string of an entry is its name. */
  #nameRead(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined || !frame.isMap || frame.value !== undefined) return;
    const name = nameIn(this.#text.toString("utf8", this.#quoteAt, this.#length));
    const { keep } = frame;
    if (keep.kind === "entries") frame.weight = keep.weigh(name);
    frame.value =
      keep.kind === "entries"
        ? keep.of
        : Object.hasOwn(keep.fields, name)
          ? keep.fields[name]
          : undefined;
    if (frame.value === undefined || frame.weight === "ignored") this.#skipped = 0;
  }

  #open(frame: Frame, sign: number): void {
    const isMap = sign === OPEN_MAP;
    const keep = frame.isMap
      ? frame.value
      : frame.keep.kind === "entries"
        ? frame.keep.of
        : undefined;
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
    const purse = `${keep.name} ${weight}`;
    const spent = (this.#spent.get(purse) ?? 0) + cost;
    const isWithin = weight === "always" || spent <= budget;
    if (isWithin) this.#spent.set(purse, spent);
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
