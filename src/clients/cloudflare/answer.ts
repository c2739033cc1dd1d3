import { APIError } from "cloudflare/core/error";
import { z } from "zod";
import { tryParseJson } from "../../core/text/json.ts";
import { parseRetryAfter } from "../../core/text/retry-after.ts";

/** A promise of the SDK, before it has looked into the answer. */
export interface SdkCall {
  asResponse(): Promise<Response>;
}

/** What came back over the wire, whatever its status. */
export interface CloudflareAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined when it is not JSON. */
  readonly body: unknown;
  /** Length of a success, in characters; 0 for what the SDK took for a failure. */
  readonly size: number;
}

/** @throws what the SDK throws when there is no answer at all */
export async function receive(asked: SdkCall): Promise<CloudflareAnswer> {
  try {
    const response = await asked.asResponse();
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: tryParseJson(text),
      size: text.length,
    };
  } catch (error) {
    if (!(error instanceof APIError) || error.status === undefined || error.headers === undefined)
      throw error;
    return { status: error.status, headers: error.headers, body: error.error, size: 0 };
  }
}

/** What is only for people is taken as it comes: an answer does not count for none since its error has another shape. */
const Refusal = z.looseObject({
  code: z.union([z.number(), z.string()]).optional().catch(undefined),
  message: z.string().optional().catch(undefined),
});
const Refusals = z.array(Refusal.catch({})).nullish().catch(undefined);
const count = z.number().optional().catch(undefined);

/** What every answer of the API comes in. Some deletions are documented without `success`, so its absence is no failure. */
const Envelope = z.looseObject({
  success: z.boolean().optional(),
  errors: Refusals,
  result: z.unknown(),
  result_info: z
    .looseObject({ page: count, per_page: count, total_count: count, total_pages: count })
    .nullish()
    .catch(undefined),
});

export type Envelope = z.infer<typeof Envelope>;

/** Undefined for what is not the API's: an error page of something on the way. */
export function envelopeOf({ body }: CloudflareAnswer): Envelope | undefined {
  const envelope = Envelope.safeParse(body).data;
  return envelope !== undefined && ("success" in envelope || "result" in envelope)
    ? envelope
    : undefined;
}

/** Whether it did what it was asked. A 200 may say in its body that it did not, and the SDK would not notice. */
export const succeeded = (
  answer: CloudflareAnswer,
  envelope: Envelope | undefined,
): envelope is Envelope =>
  answer.status < 300 && envelope !== undefined && envelope.success !== false;

/**
 * How long the API wants to be left alone, in milliseconds: `retry-after` of a 429, or the window that has nothing remaining; an
 * hour at most. Its longest is five minutes, and what says years is broken, and would be believed until the next restart.
 *
 * @see https://developers.cloudflare.com/fundamentals/api/reference/limits/ (`Ratelimit: "default";r=50;t=30`, checked 2026-11)
 */
export const retryAfterMs = (answer: CloudflareAnswer): number =>
  Math.min(MAX_RETRY_AFTER_MS, requestedPauseMs(answer));

function requestedPauseMs({ status, headers }: CloudflareAnswer): number {
  const afterMs = parseRetryAfter(headers.get("retry-after") ?? undefined, Date.now());
  if (status === 429 && afterMs !== undefined) return afterMs;
  const empty = (headers.get("ratelimit") ?? "")
    .split(",")
    .filter((item) => /;\s*r=0\b/.test(item));
  const seconds = empty.map((item) => Number(/;\s*t=(\d+)/.exec(item)?.[1] ?? 0));
  return Math.max(
    status === 429 && seconds.length === 0 ? DEFAULT_RETRY_AFTER_MS : 0,
    ...seconds.map((it) => it * 1_000),
  );
}

/** How many requests are left in the window that has the fewest, where the answer says so. */
export function remainingOf({ headers }: Pick<CloudflareAnswer, "headers">): number | undefined {
  const left = [...(headers.get("ratelimit") ?? "").matchAll(/;\s*r=(\d+)/g)].map(([, count]) =>
    Number(count),
  );
  return left.length === 0 ? undefined : Math.min(...left);
}

const MAX_RETRY_AFTER_MS = 3_600_000;

/** The pause after a 429 that does not say how long. */
const DEFAULT_RETRY_AFTER_MS = 60_000;
