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
  /** How cfauth reaches it, with the path prefix if there is one: `http://authentik-server:9000`. */
  readonly url: string;
  /** Finds the addresses of the host, those to which the token may go; undefined: as the system does. */
  readonly lookup?: LookupFunction | undefined;
  /** Ends waiting for another try. A call that is under way comes to its end. */
  readonly signal?: AbortSignal | undefined;
  /** Told of every request that was sent, answered or not. */
  readonly onCall?: OnCall;
  /** Of one request with its whole answer. Milliseconds, 30_000 unless told. */
  readonly timeoutMs?: number | undefined;
  /** The first wait before another try, at most; it doubles from try to try. Milliseconds, 500 unless told. */
  readonly backoffMs?: number | undefined;
}

export interface AuthentikRequest {
  readonly method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Below `/api/v3`, with its closing slash: without it every one is a 404. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Texts in the request that no message may repeat. */
  readonly hide?: readonly string[];
}

export interface Authentik {
  /**
   * Sends one request and answers what came back.
   *
   * @throws {ServiceError} for every failure; `doubtful` when a write may have happened all the same
   */
  request<T>(
    operation: AuthentikOperationName,
    answer: z.ZodType<T>,
    request: AuthentikRequest,
  ): Promise<T>;
  /** All items of a list. @throws {ServiceError} when any page of it could not be read */
  list<T>(
    operation: AuthentikOperationName,
    item: z.ZodType<T>,
    request: AuthentikRequest,
  ): Promise<readonly T[]>;
  /** Ends what is still waiting. */
  close(): void;
}

const READ_TRIES = 3;
/** The cap from 2025.12 on, where the default is only 20. */
const PAGE_SIZE = 100;

/** `next` is the number of the next page, 0 when there is none. */
const PageOf = z.looseObject({
  pagination: z.looseObject({ next: z.number() }),
  results: z.array(z.unknown()),
});

/** Authentik's API v3: failures told apart, reads tried again, writes sent once. */
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
      answerOf(client, request, reader),
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
        AUTHENTIK_OPERATIONS[name].reads && error.transient && failures < READ_TRIES,
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

/** An answer that did what it was asked, and what reading it took. */
interface Success extends Omit<PageCost, "items"> {
  readonly body: unknown;
}

interface Page<T> extends Omit<PageCost, "items"> {
  readonly items: readonly T[];
  /** Number of the next page, higher than this one's; 0 when there is none. */
  readonly next: number;
}

/** @throws {BeyondLimit} when the list is larger than any honest one */
async function allPages<T>(
  budget: ListBudget,
  ask: (page: number) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let page = 1; page !== 0; ) {
    const { next, items, bytes, ms } = await ask(page);
    budget.spend({ items: items.length, bytes, ms });
    for (const item of items) all.push(item);
    page = next;
  }
  return all;
}

/** Finds the error that the lookup threw; got wraps it. */
const refusedAddress = (error: unknown): ServiceError | undefined =>
  causesOf(error).find((cause) => cause instanceof ServiceError);

/** Redirects are not followed: the token would go with them, and after one a POST would come as a GET. */
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

/** Read as a stream: as a whole, the answer would be in memory before anyone could say that it is too large. */
async function answerOf(
  client: Got,
  { method = "GET", path, query, body }: AuthentikRequest,
  reader: Reader,
): Promise<AuthentikAnswer & { readonly size: number }> {
  const stream = client.stream(path.replace(/^\//, ""), {
    method,
    ...(query !== undefined && { searchParams: query }),
    ...(body !== undefined && { json: body }),
  });
  // Without a body got waits for one to be written, of all methods that may have one.
  if (method !== "GET" && body === undefined) stream.end();
  const text = await reader.text(stream);
  return {
    status: stream.response?.statusCode ?? 0,
    body: text === "" ? {} : tryParseJson(text),
    size: text.length,
  };
}
