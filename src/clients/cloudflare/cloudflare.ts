import type { z } from "zod";
import { ServiceError } from "../../core/errors.ts";
import { linkAbortSignals } from "../abort.ts";
import { type OnCall, withCallReport } from "../call-report.ts";
import { beyondLimitIn } from "../limited.ts";
import { createListBudgets } from "../list-budget.ts";
import { parseResponse } from "../parse-response.ts";
import { plainGuard } from "../private-lookup.ts";
import { withRetries } from "../retry.ts";
import {
  type Envelope,
  envelopeOf,
  isSuccess,
  receive,
  remainingOf,
  retryAfterMs,
  type SdkCall,
} from "./answer.ts";
import {
  cloudflareAborted,
  cloudflareConnectionError,
  cloudflareResponseError,
  type FailedCloudflareCall,
  invalidCloudflareResponse,
  oversizedCloudflareResponse,
  rateLimitError,
} from "./errors.ts";
import {
  CLOUDFLARE_OPERATIONS,
  type CloudflareOperation,
  type CloudflareOperationName,
  isRead,
} from "./operations.ts";
import { allPages, Items, itemsOf, type ListPage } from "./pagination.ts";
import { createRateLimiter, RateLimitTooLong } from "./rate-limiter.ts";
import { createSdk, type Sdk } from "./sdk.ts";

export interface CloudflareOptions {
  readonly token: string;
  /** Default: Cloudflare's own API. */
  readonly baseUrl?: string | undefined;
  /**
   * Ends waiting in the queue and between retries. A request that was already sent is completed.
   */
  readonly signal?: AbortSignal | undefined;
  /** Called for every request that was sent, with or without a response. */
  readonly onCall?: OnCall;
  /** Timeout for one request with its whole response. Milliseconds, default 30_000. */
  readonly timeoutMs?: number | undefined;
  /**
   * The maximum delay before the first retry; it doubles with each retry. Milliseconds, default
   * 500.
   */
  readonly backoffMs?: number | undefined;
}

export interface Cloudflare {
  /**
   * Sends one request and returns its `result`.
   *
   * @param hide - texts in the request that no message may repeat, such as a client secret
   * @throws {ServiceError} for every failure; `outcomeUnknown` if a write may have happened anyway
   */
  request<T>(
    operation: CloudflareOperationName,
    result: z.ZodType<T>,
    request: (sdk: Sdk) => SdkCall,
    hide?: readonly string[],
  ): Promise<T>;
  /** Returns all items of a list. @throws {ServiceError} if any page could not be read */
  list<T>(
    operation: CloudflareOperationName,
    item: z.ZodType<T>,
    request: (sdk: Sdk, page: ListPage) => SdkCall,
  ): Promise<readonly T[]>;
  /** How many requests cfauth may still send before it must wait for the rate limit. */
  callsLeft(): number;
  /** Aborts all waiting calls. */
  close(): void;
}

/** A successful response and the cost of reading it. */
interface Success {
  readonly envelope: Envelope;
  readonly bytes: number;
  readonly ms: number;
}

const BASE_URL = "https://api.cloudflare.com/client/v4";
const MAX_READ_ATTEMPTS = 3;
const MAX_RATE_LIMITED_ATTEMPTS = 2;

/**
 * Creates the client for Cloudflare's API. It keeps the rate limit, classifies failures and retries
 * reads. Writes are sent once, except after a 429, which means that nothing happened.
 */
export function createCloudflare(options: CloudflareOptions): Cloudflare {
  const { token, baseUrl = BASE_URL, timeoutMs = 30_000, backoffMs: firstMs = 500 } = options;
  const { signal, close } = linkAbortSignals(options.signal);
  const sdk = createSdk({ token, baseUrl, timeoutMs });
  const limiter = createRateLimiter(signal);
  const checkAddress = plainGuard(baseUrl);
  const lists = createListBudgets();

  const send = async (
    failed: FailedCloudflareCall,
    name: CloudflareOperationName,
    sdkCall: () => SdkCall,
    waitedMs: number,
  ): Promise<Success> => {
    const sentAt = performance.now();
    const call = { method: failed.operation.method, operation: name, waitedMs };
    const answer = await withCallReport(
      call,
      options.onCall,
      () => checkAddress().then(() => receive(sdkCall())),
      { remaining: remainingOf },
    ).catch((error: unknown) => {
      throw cloudflareConnectionError(failed, error);
    });
    const envelope = envelopeOf(answer);
    const pauseMs = retryAfterMs(answer);
    if (pauseMs > 0) limiter.pause(pauseMs);
    if (isSuccess(answer, envelope))
      return { envelope, bytes: answer.size, ms: performance.now() - sentAt };
    throw cloudflareResponseError(failed, answer, envelope, pauseMs);
  };

  const ask = (
    name: CloudflareOperationName,
    sdkCall: () => SdkCall,
    hide: readonly string[] = [],
  ): Promise<Success> => {
    const operation: CloudflareOperation = CLOUDFLARE_OPERATIONS[name];
    const failed: FailedCloudflareCall = { operation, hide: [token, ...hide] };
    const fresh = operation.fresh === true;
    const attempt = () =>
      limiter
        .run((waitedMs) => send(failed, name, sdkCall, waitedMs), { fresh })
        .catch(toServiceError(failed));
    return withRetries(attempt, {
      firstMs,
      signal,
      shouldRetry: (error, failures) => shouldRetry(failed, error, failures),
    });
  };

  return {
    request: async (name, result, request, hide) => {
      const { envelope } = await ask(name, () => request(sdk), hide);
      return parseResponse(result, envelope.result, (where) =>
        invalidCloudflareResponse(CLOUDFLARE_OPERATIONS[name], where),
      );
    },
    list: async (name, item, request) => {
      using budget = lists.open();
      return await allPages(CLOUDFLARE_OPERATIONS[name].perPage, budget, async (page) => {
        const { envelope, bytes, ms } = await ask(name, () => request(sdk, page));
        const found = parseResponse(Items, itemsOf(envelope), (where) =>
          invalidCloudflareResponse(CLOUDFLARE_OPERATIONS[name], where),
        );
        const items = found.map((it) =>
          parseResponse(item, it, (where) =>
            invalidCloudflareResponse(CLOUDFLARE_OPERATIONS[name], where),
          ),
        );
        return { items, info: envelope.result_info, bytes, ms };
      }).catch((error: unknown) => {
        const beyond = beyondLimitIn(error);
        throw beyond === undefined
          ? error
          : oversizedCloudflareResponse(
              { operation: CLOUDFLARE_OPERATIONS[name], hide: [] },
              "list",
              beyond,
            );
      });
    },
    callsLeft: limiter.callsLeft,
    close,
  };
}

/**
 * A rate-limited request had no effect, so even a write is sent again, unless it depends on a read
 * just before it.
 */
function shouldRetry(
  { operation }: FailedCloudflareCall,
  error: ServiceError,
  failures: number,
): boolean {
  if (operation.fresh === true) return false;
  if (error.code === "CFA-CF-RATE-LIMIT")
    return error.status === 429 && failures < MAX_RATE_LIMITED_ATTEMPTS;
  return isRead(operation) && error.transient && failures < MAX_READ_ATTEMPTS;
}

const toServiceError =
  (failed: FailedCloudflareCall) =>
  (error: unknown): never => {
    if (error instanceof ServiceError) throw error;
    if (error instanceof RateLimitTooLong) throw rateLimitError(failed, error.ms);
    if (error instanceof Error && error.name === "AbortError") throw cloudflareAborted(failed);
    throw error;
  };
