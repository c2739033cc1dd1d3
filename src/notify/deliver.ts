import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import got, { type Request, type Response } from "got";
import { safeCause } from "../clients/cause.ts";
import { beginningOf } from "../clients/limited.ts";
import { MAX_RECEIPT_BYTES } from "../clients/limits.ts";
import { privateLookup } from "../clients/private-lookup.ts";
import type { Target } from "../config/notify-target.ts";
import { backoffMs } from "../core/backoff.ts";
import { jsonText } from "../core/text/json-text.ts";
import { parseRetryAfter } from "../core/text/retry-after.ts";
import { requestFor } from "./formats.ts";
import type { Message } from "./message.ts";

export type Delivery =
  | { readonly delivered: true }
  /** The reason contains no part of the address. */
  | { readonly delivered: false; readonly why: string };

export interface DeliveryTimeouts {
  readonly tries: number;
  /** For one attempt, including the whole response. Milliseconds. */
  readonly timeoutMs: number;
  /** The longest first wait before a retry; it doubles. Milliseconds. */
  readonly backoffMs: number;
  /** Aborts the delivery, even during a request. */
  readonly signal: AbortSignal;
}

/** If a service asks for a longer pause, the message is given up. Milliseconds. */
const MAX_RETRY_AFTER_MS = 60_000;

const DELIVERY_BACKOFF = { maxMs: 8_000, jitter: 0.5 } as const;

/** Sends the message, with retries. Never throws. */
export async function deliver(
  target: Target,
  message: Message,
  timeouts: DeliveryTimeouts,
): Promise<Delivery> {
  const { tries, signal } = timeouts;
  for (let failures = 1; ; failures++) {
    const answer = await attempt(target, message, timeouts);
    if ("accepted" in answer) return { delivered: true };
    const backoff = { ...DELIVERY_BACKOFF, firstMs: timeouts.backoffMs };
    const restMs = Math.max(answer.retryAfterMs, backoffMs(backoff, failures, Math.random()));
    if (!answer.retry || failures >= tries || restMs > MAX_RETRY_AFTER_MS || signal.aborted)
      return { delivered: false, why: answer.why };
    await sleep(restMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

type Answer =
  | { readonly accepted: true }
  | { readonly retry: boolean; readonly why: string; readonly retryAfterMs: number };

/** Redirects are not followed, because the tokens would follow too. */
async function attempt(
  target: Target,
  message: Message,
  { timeoutMs, signal }: DeliveryTimeouts,
): Promise<Answer> {
  try {
    const { url, headers, json } = requestFor(target, message);
    const stream = got.stream.post(url, {
      headers: { ...headers, "content-type": "application/json" },
      body: jsonText(json),
      timeout: { request: timeoutMs },
      retry: { limit: 0 },
      followRedirect: false,
      ...(url.startsWith("http:") && { dnsLookup: privateLookup }),
      throwHttpErrors: false,
      signal,
    });
    const { statusCode, headers: answered } = await receipt(stream);
    if (statusCode >= 200 && statusCode < 300) return { accepted: true };
    const retryable = statusCode === 408 || statusCode === 429 || statusCode >= 500;
    const retryAfterMs = retryable ? parseRetryAfter(answered["retry-after"], Date.now()) : 0;
    return {
      retry: retryable,
      why: describeStatus(statusCode),
      retryAfterMs: retryAfterMs ?? 0,
    };
  } catch (error) {
    // The error message may repeat the address.
    const { code, name } = safeCause(error, []);
    return {
      retry: true,
      why: code === "ETIMEDOUT" ? "no answer in time" : `no answer (${code ?? name})`,
      retryAfterMs: 0,
    };
  }
}

/**
 * The status and headers of the response. The body is ignored: if it is endless or breaks off after
 * the status has arrived, the message still counts as accepted.
 *
 * @throws if no response arrives
 */
async function receipt(
  stream: Request,
): Promise<{ readonly statusCode: number; readonly headers: IncomingHttpHeaders }> {
  try {
    await beginningOf(stream, MAX_RECEIPT_BYTES);
  } catch (error) {
    if (stream.response === undefined) throw error;
  }
  const { statusCode, headers } = stream.response as Response;
  return { statusCode, headers };
}

function describeStatus(status: number): string {
  if (status >= 300 && status < 400)
    return `it redirects to another address (${status}): use the final address`;
  if (status === 401 || status === 403) return `it rejects the token (${status})`;
  if (status === 404 || status === 410) return `nothing exists at that address (${status})`;
  return status === 429 ? "it limits the message rate (429)" : `it answered ${status}`;
}
