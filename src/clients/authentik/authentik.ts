import type { LookupFunction } from "node:net";
import got, { type Got } from "got";
import { z } from "zod";
import { ServiceError } from "../../core/errors.ts";
import { tryParseJson } from "../../core/text/json.ts";
import { linkAbortSignals } from "../abort.ts";
import { type OnCall, withCallReport } from "../call-report.ts";
import { causesOf } from "../cause.ts";
import { beyondLimitIn, createReader, type Reader } from "../limited.ts";
import { MAX_ANSWER_BYTES, MAX_ANSWER_VALUES } from "../limits.ts";
import { createListBudgets, type ListBudget, type PageCost } from "../list-budget.ts";
import { parseResponse } from "../parse-response.ts";
import { withRetries } from "../retry.ts";
import {
  type AuthentikAnswer,
  authentikAborted,
  authentikConnectionError,
  authentikResponseError,
  type FailedAuthentikCall,
  invalidAuthentikResponse,
  oversizedAuthentikResponse,
} from "./errors.ts";
import { AUTHENTIK_OPERATIONS, type AuthentikOperationName } from "./operations.ts";

export interface AuthentikOptions {
  readonly token: string;
  /** The URL that cfauth uses, including any path prefix: `http://authentik-server:9000`. */
  readonly url: string;
  /** Looks up the addresses to which the token may be sent; undefined means the system's lookup. */
  readonly lookup?: LookupFunction | undefined;
  /** Ends waiting between retries. A request that was already sent is completed. */
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

export interface AuthentikRequest {
  readonly method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** The path below `/api/v3`, with a trailing slash. Without it every path is a 404. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Texts in the request that no message may repeat. */
  readonly hide?: readonly string[];
}

export interface Authentik {
  /**
   * Sends one request and returns the response.
   *
   * @throws {ServiceError} for every failure; `outcomeUnknown` if a write may have happened anyway
   */
  request<T>(
    operation: AuthentikOperationName,
    answer: z.ZodType<T>,
    request: AuthentikRequest,
  ): Promise<T>;
  /** Returns all items of a list. @throws {ServiceError} if any page could not be read */
  list<T>(
    operation: AuthentikOperationName,
    item: z.ZodType<T>,
    request: AuthentikRequest,
  ): Promise<readonly T[]>;
  /** Aborts all waiting calls. */
  close(): void;
}

const MAX_READ_ATTEMPTS = 3;
/** The maximum since 2025.12; the default is only 20. */
const PAGE_SIZE = 100;

/** `next` is the number of the next page, 0 if there is none. */
const PageOf = z.looseObject({
  pagination: z.looseObject({ next: z.number() }),
  results: z.array(z.unknown()),
});

/**
 * Creates the client for Authentik's API v3. It classifies failures and retries reads; writes are
 * sent once.
 */
export function createAuthentik(options: AuthentikOptions): Authentik {
  const { signal, close } = linkAbortSignals(options.signal);
  const client = createClient(options);
  const reader = createReader({ maxBytes: MAX_ANSWER_BYTES, maxValues: MAX_ANSWER_VALUES });
  const lists = createListBudgets();
  const failedOf = (
    name: AuthentikOperationName,
    hide: readonly string[] = [],
  ): FailedAuthentikCall => ({
    operation: AUTHENTIK_OPERATIONS[name],
    url: options.url,
    hide: [options.token, ...hide],
  });

  const send = async (
    name: AuthentikOperationName,
    request: AuthentikRequest,
  ): Promise<Success> => {
    const failed = failedOf(name, request.hide);
    if (signal.aborted) throw authentikAborted(failed);
    const call = { method: request.method ?? "GET", operation: name };
    const sentAt = performance.now();
    const answer = await withCallReport(call, options.onCall, () =>
      sendRequest(client, request, reader),
    ).catch((error: unknown) => {
      throw refusedAddress(error) ?? authentikConnectionError(failed, error);
    });
    if (answer.status < 300 && answer.body !== undefined)
      return { body: answer.body, bytes: answer.size, ms: performance.now() - sentAt };
    throw authentikResponseError(failed, answer);
  };

  const ask = (name: AuthentikOperationName, request: AuthentikRequest): Promise<Success> =>
    withRetries(() => send(name, request), {
      firstMs: options.backoffMs ?? 500,
      signal,
      shouldRetry: (error, failures) =>
        AUTHENTIK_OPERATIONS[name].reads && error.transient && failures < MAX_READ_ATTEMPTS,
    });

  return {
    request: async (name, answer, request) =>
      parseResponse(answer, (await ask(name, request)).body, (where) =>
        invalidAuthentikResponse(AUTHENTIK_OPERATIONS[name], where),
      ),
    list: async (name, item, request) => {
      using budget = lists.open();
      return await allPages(budget, async (page) => {
        const { body, bytes, ms } = await ask(name, {
          ...request,
          query: { ...request.query, page, page_size: PAGE_SIZE },
        });
        const { pagination, results } = parseResponse(PageOf, body, (where) =>
          invalidAuthentikResponse(AUTHENTIK_OPERATIONS[name], where),
        );
        if (pagination.next !== 0 && pagination.next <= page)
          throw invalidAuthentikResponse(AUTHENTIK_OPERATIONS[name], "pagination.next");
        const items = results.map((it) =>
          parseResponse(item, it, (where) =>
            invalidAuthentikResponse(AUTHENTIK_OPERATIONS[name], where),
          ),
        );
        return { next: pagination.next, items, bytes, ms };
      }).catch((error: unknown) => {
        const beyond = beyondLimitIn(error);
        throw beyond === undefined
          ? error
          : oversizedAuthentikResponse(failedOf(name), "list", beyond);
      });
    },
    close,
  };
}

/** A successful response and the cost of reading it. */
interface Success extends Omit<PageCost, "items"> {
  readonly body: unknown;
}

interface Page<T> extends Omit<PageCost, "items"> {
  readonly items: readonly T[];
  /** The number of the next page, higher than this one's; 0 if there is none. */
  readonly next: number;
}

/** @throws {BeyondLimit} if the list exceeds the limits */
async function allPages<T>(
  budget: ListBudget,
  readPage: (page: number) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let page = 1; page !== 0; ) {
    const { next, items, bytes, ms } = await readPage(page);
    budget.spend({ items: items.length, bytes, ms });
    for (const item of items) all.push(item);
    page = next;
  }
  return all;
}

/** Finds the error that the lookup threw; got wraps it. */
const refusedAddress = (error: unknown): ServiceError | undefined =>
  causesOf(error).find((cause) => cause instanceof ServiceError);

/**
 * Redirects are not followed, because the token would follow them and a POST would become a GET.
 */
const createClient = ({ url, token, lookup, timeoutMs = 30_000 }: AuthentikOptions): Got =>
  got.extend({
    prefixUrl: `${url.replace(/\/+$/, "")}/api/v3`,
    headers: { authorization: `Bearer ${token}`, accept: "application/json" },
    retry: { limit: 0 },
    timeout: { request: timeoutMs },
    followRedirect: false,
    throwHttpErrors: false,
    ...(lookup !== undefined && { dnsLookup: lookup }),
  });

/**
 * Sends a request and reads the response as a stream, so that one that is too large never fills the
 * memory.
 */
async function sendRequest(
  client: Got,
  { method = "GET", path, query, body }: AuthentikRequest,
  reader: Reader,
): Promise<AuthentikAnswer & { readonly size: number }> {
  const stream = client.stream(path.replace(/^\//, ""), {
    method,
    ...(query !== undefined && { searchParams: query }),
    ...(body !== undefined && { json: body }),
  });
  // For methods that may have a body, got waits until one is written.
  if (method !== "GET" && body === undefined) stream.end();
  const text = await reader.text(stream);
  return {
    status: stream.response?.statusCode ?? 0,
    body: text === "" ? {} : tryParseJson(text),
    size: text.length,
  };
}
