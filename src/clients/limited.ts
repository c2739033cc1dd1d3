import { causesOf } from "./cause.ts";
import { createCollector } from "./collect.ts";
import { MAX_ANSWER_DEPTH } from "./limits.ts";

/** A response exceeds a limit. The message completes "the answer …" or "the list …". */
export class BeyondLimit extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BeyondLimit";
  }
}

/** Finds the exceeded limit in an error, even if a library wrapped it. */
export const beyondLimitIn = (error: unknown): BeyondLimit | undefined =>
  causesOf(error).find((cause) => cause instanceof BeyondLimit);

const MIB = 1024 * 1024;

const formatBytes = (bytes: number): string =>
  bytes >= MIB ? `${bytes / MIB} MiB` : `${bytes / 1024} KiB`;

const formatCount = (count: number): string => count.toLocaleString("en");

export const largerThan = (
  limit: number,
  what: "bytes" | "values" | "items" | "pages",
): BeyondLimit =>
  new BeyondLimit(
    `is larger than ${what === "bytes" ? formatBytes(limit) : `${formatCount(limit)} ${what}`}`,
  );

export interface AnswerLimits {
  readonly maxBytes: number;
  /** JSON values: objects, lists and fields. */
  readonly maxValues: number;
}

/** Reads the responses of one service. */
export interface Reader {
  /**
   * Reads a response to its end. As soon as it exceeds a limit it is given up: the rest is not read
   * and nothing is parsed.
   *
   * @throws {BeyondLimit}
   */
  text(stream: AsyncIterable<Uint8Array>): Promise<string>;
}

/**
 * Larger responses are read one at a time, so that eight at once do not take eight times the
 * memory.
 */
const LARGE_BYTES = 512 * 1024;

export function createReader({ maxBytes, maxValues }: AnswerLimits): Reader {
  const turn = createTurns();
  const collect = createCollector();
  /**
   * Shared by all large responses, because new buffers would pile up faster than they are
   * collected.
   */
  let scratch: Buffer | undefined;
  return {
    text: async (stream) => {
      await using turns = new AsyncDisposableStack();
      const chunks: Uint8Array[] = [];
      let size = 0;
      let large: Buffer | undefined;
      for await (const chunk of stream) {
        collect(chunk.byteLength);
        if (size + chunk.byteLength > maxBytes) throw largerThan(maxBytes, "bytes");
        if (large === undefined && size + chunk.byteLength > LARGE_BYTES) {
          turns.defer(await turn());
          scratch ??= Buffer.allocUnsafeSlow(maxBytes);
          large = scratch;
          large.set(Buffer.concat(chunks.splice(0), size));
        }
        if (large === undefined) chunks.push(chunk);
        else large.set(chunk, size);
        size += chunk.byteLength;
      }
      const text = (large ?? Buffer.concat(chunks, size)).toString("utf8", 0, size);
      assertJsonWithin(text, maxValues);
      return text;
    },
  };
}

/**
 * A mutex. @returns a function that waits for its turn and returns the function that ends the turn
 */
export function createTurns(): () => Promise<() => void> {
  let last = Promise.resolve();
  return async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = last;
    last = promise;
    await before;
    return resolve;
  };
}

/** Reads a stream up to the limit. Leaving the loop early closes the stream and its connection. */
export async function beginningOf(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > maxBytes) break;
  }
  return Buffer.concat(chunks, Math.min(size, maxBytes)).toString("utf8");
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/**
 * Measures a JSON text before it is parsed, because `[{},{},…` takes twenty times its length in
 * memory and recursive code runs out of stack on a deep structure. Invalid JSON is measured the
 * same way and then rejected by the parser.
 *
 * @throws {BeyondLimit}
 */
function assertJsonWithin(text: string, maxValues: number): void {
  let values = 1;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (quoted && sign === BACKSLASH) at += 1;
    else if (sign === QUOTE) quoted = !quoted;
    else if (quoted) continue;
    else if (sign === COMMA) values += 1;
    else if (CLOSING.has(sign)) depth -= 1;
    else if (OPENING.has(sign)) {
      values += 1;
      depth += 1;
    }
    if (depth > MAX_ANSWER_DEPTH)
      throw new BeyondLimit(`is nested deeper than ${MAX_ANSWER_DEPTH} levels`);
    if (values > maxValues) throw largerThan(maxValues, "values");
  }
}
