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
  receive,
  remainingOf,
  retryAfterMs,
  type SdkCall,
  succeeded,
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
  reads,
} from "./operations.ts";
import { allPages, Items, itemsOf, type ListPage } from "./pagination.ts";
import { createRateLimiter, RateLimitTooLong } from "./rate-limiter.ts";
import { createSdk, type Sdk } from "./sdk.ts";

export interface CloudflareOptions {
  readonly token: string;
  /** Cloudflare's own unless told. */
  readonly baseUrl?: string | undefined;
  /** Ends waiting for a turn and for another try. A call that is under way comes to its end. */
  readonly signal?: AbortSignal | undefined;
  /** Told of every request that was sent, answered or not. */
  readonly onCall?: OnCall;
  /** Of one request with its whole answer. Milliseconds, 30_000 unless told. */
  readonly timeoutMs?: number | undefined;
  /** The first wait before another try, at most; it doubles from try to try. Milliseconds, 500 unless told. */
  readonly backoffMs?: number | undefined;
}

export interface Cloudflare {
  /**
   * Sends one request and answers its `result`.
   *
   * @param hide - texts in the request that no message may repeat, such as a client secret
   * @throws {ServiceError} for every failure; `doubtful` when a write may have happened all the same
   */
  request<T>(
    operation: CloudflareOperationName,
    result: z.ZodType<T>,
    request: (sdk: Sdk) => SdkCall,
    hide?: readonly string[],
  ): Promise<T>;
  /** All items of a list. @throws {ServiceError} when any page of it could not be read */
  list<T>(
    operation: CloudflareOperationName,
    item: z.ZodType<T>,
    request: (sdk: Sdk, page: ListPage) => SdkCall,
  ): Promise<readonly T[]>;
  /** How many requests cfauth may still send before it has to wait for its limit. */
  callsLeft(): number;
  /** Ends what is still waiting. */
  close(): void;
}

/** An answer that did what it was asked, and what reading it took. */
interface Success {
  readonly envelope: Envelope;
  readonly bytes: number;
  readonly ms: number;
}

const BASE_URL = "https://api.cloudflare.com/client/v4";
const READ_TRIES = 3;
const LIMITED_TRIES = 2;

/** Cloudflare's API: the rate kept, failures told apart, reads tried again. Writes are sent once, unless they were not let in. */
export function createCloudflare(options: CloudflareOptions): Cloudflare {
  const { token, baseUrl = BASE_URL, timeoutMs = 30_000, backoffMs: firstMs = 500 } = options;
  const { signal, close } = linkAbortSignals(options.signal);
  const sdk = createSdk({ token, baseUrl, timeoutMs });
  const lane = createRateLimiter(signal);
  const allowed = plainGuard(baseUrl);
  const lists = createListBudgets();

  const send = async (
    failed: FailedCloudflareCall,
    name: CloudflareOperationName,
    asked: () => SdkCall,
    waitedMs: number,
  ): Promise<Success> => {
    const sentAt = performance.now();
    const call = { method: failed.operation.method, operation: name, waitedMs };
    const said = { remaining: remainingOf };
    const answer = await withCallReport(
      call,
      options.onCall,
      () => allowed().then(() => receive(asked())),
      said,
    ).catch((error: unknown) => {
      throw cloudflareConnectionError(failed, error);
    });
    const envelope = envelopeOf(answer);
    const restMs = retryAfterMs(answer);
    if (restMs > 0) lane.pause(restMs);
    if (succeeded(answer, envelope))
      return { envelope, bytes: answer.size, ms: performance.now() - sentAt };
    throw cloudflareResponseError(failed, answer, envelope, restMs);
  };

  const ask = (
    name: CloudflareOperationName,
    asked: () => SdkCall,
    hide: readonly string[] = [],
  ): Promise<Success> => {
    const operation: CloudflareOperation = CLOUDFLARE_OPERATIONS[name];
    const failed: FailedCloudflareCall = { operation, hide: [token, ...hide] };
    const fresh = operation.fresh === true;
    const attempt = () =>
      lane
        .run((waitedMs) => send(failed, name, asked, waitedMs), { fresh })
        .catch(heldBack(failed));
    return withRetries(attempt, {
      firstMs,
      signal,
      shouldRetry: (error, failures) => again(failed, error, failures),
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
    callsLeft: lane.callsLeft,
    close,
  };
}

/** A request that was not let in has done nothing, so even a write is sent again, but for one that rests on a read just before it. */
function again(
  { operation }: FailedCloudflareCall,
  error: ServiceError,
  failures: number,
): boolean {
  if (operation.fresh === true) return false;
  if (error.code === "CFA-CF-RATE-LIMIT") return error.status === 429 && failures < LIMITED_TRIES;
  return reads(operation) && error.transient && failures < READ_TRIES;
}

const heldBack =
  (failed: FailedCloudflareCall) =>
  (error: unknown): never => {
    if (error instanceof ServiceError) throw error;
    if (error instanceof RateLimitTooLong) throw rateLimitError(failed, error.ms);
    if (error instanceof Error && error.name === "AbortError") throw cloudflareAborted(failed);
    throw error;
  };
