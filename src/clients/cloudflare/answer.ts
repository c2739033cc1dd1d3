import { APIError } from "cloudflare/core/error";
import { z } from "zod";
import { tryParseJson } from "../../core/text/json.ts";
import { parseRetryAfter } from "../../core/text/retry-after.ts";

/** A promise of the SDK, before the SDK parses the response. */
export interface SdkCall {
  asResponse(): Promise<Response>;
}

/** A response with any status. */
export interface CloudflareAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined if it is not JSON. */
  readonly body: unknown;
  /** Length of a successful body, in characters; 0 if the SDK reported a failure. */
  readonly size: number;
}

/** @throws the SDK's error if there is no response at all */
export async function receive(call: SdkCall): Promise<CloudflareAnswer> {
  try {
    const response = await call.asResponse();
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

/**
 * Fields that are only for people are optional, so that an unusual error does not invalidate the
 * response.
 */
const Refusal = z.looseObject({
  code: z.union([z.number(), z.string()]).optional().catch(undefined),
  message: z.string().optional().catch(undefined),
});
const Refusals = z.array(Refusal.catch({})).nullish().catch(undefined);
const count = z.number().optional().catch(undefined);

/**
 * The envelope of every API response. Some deletions are documented without `success`, so its
 * absence is no failure.
 */
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

/** Undefined if the response is not from the API, such as an error page of a proxy. */
export function envelopeOf({ body }: CloudflareAnswer): Envelope | undefined {
  const envelope = Envelope.safeParse(body).data;
  return envelope !== undefined && ("success" in envelope || "result" in envelope)
    ? envelope
    : undefined;
}

/**
 * True if the call isSuccess. A 200 may report a failure in its body, which the SDK does not
 * notice.
 */
export const isSuccess = (
  answer: CloudflareAnswer,
  envelope: Envelope | undefined,
): envelope is Envelope =>
  answer.status < 300 && envelope !== undefined && envelope.success !== false;

/**
 * How long the API asks cfauth to pause, in milliseconds: the `retry-after` of a 429, or the time
 * until an exhausted window ends. At most one hour. The longest real window is five minutes; a
 * value of years is a fault, and cfauth would obey it until a restart.
 *
 * @see https://developers.cloudflare.com/fundamentals/api/reference/limits/ (`Ratelimit:
 *   "default";r=50;t=30`, checked 2026-11)
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

/**
 * The remaining requests in the window that has the fewest; undefined if the response does not say.
 */
export function remainingOf({ headers }: Pick<CloudflareAnswer, "headers">): number | undefined {
  const left = [...(headers.get("ratelimit") ?? "").matchAll(/;\s*r=(\d+)/g)].map(([, count]) =>
    Number(count),
  );
  return left.length === 0 ? undefined : Math.min(...left);
}

const MAX_RETRY_AFTER_MS = 3_600_000;

/** The pause after a 429 that does not say how long. */
const DEFAULT_RETRY_AFTER_MS = 60_000;
