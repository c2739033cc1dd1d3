import type { LookupFunction } from "node:net";
import got, { type Got } from "got";
import { z } from "zod";
import { jsonIn } from "../domain/json.ts";
import { WorldError } from "../errors.ts";
import { type Answer, type Failed, misunderstood, refused, stopped, unanswered } from "./authentik/fault.ts";
import { type OperationName, operations } from "./authentik/operations.ts";
import { type OnCall, reported } from "./report.ts";
import { retried } from "./retry.ts";
import { shaped } from "./shape.ts";
import { stoppable } from "./stop.ts";

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

export interface Request {
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
   * @throws {WorldError} for every failure; `doubtful` when a write may have happened all the same
   */
  ask<T>(operation: OperationName, answer: z.ZodType<T>, request: Request): Promise<T>;
  /** All items of a list. @throws {WorldError} when any page of it could not be read */
  list<T>(operation: OperationName, item: z.ZodType<T>, request: Request): Promise<readonly T[]>;
  /** Ends what is still waiting. */
  close(): void;
}

const READ_TRIES = 3;
/** The cap from 2025.12 on, where the default is only 20. */
const PAGE_SIZE = 100;

/** `next` is the number of the next page, 0 when there is none. */
const PageOf = z.looseObject({ pagination: z.looseObject({ next: z.number() }), results: z.array(z.unknown()) });

/** Authentik's API v3: failures told apart, reads tried again, writes sent once. */
export function createAuthentik(options: AuthentikOptions): Authentik {
  const { signal, close } = stoppable(options.signal);
  const client = createClient(options);
  const failedOf = (name: OperationName, hide: readonly string[] = []): Failed => ({
    operation: operations[name],
    url: options.url,
    hide: [options.token, ...hide],
  });

  const send = async (name: OperationName, request: Request): Promise<unknown> => {
    const failed = failedOf(name, request.hide);
    if (signal.aborted) throw stopped(failed);
    const call = { method: request.method ?? "GET", operation: name };
    const answer = await reported(call, options.onCall, () => answerOf(client, request)).catch((error: unknown) => {
      throw refusedAddress(error) ?? unanswered(failed, error);
    });
    if (answer.status < 300 && answer.body !== undefined) return answer.body;
    throw refused(failed, answer);
  };

  const ask = (name: OperationName, request: Request): Promise<unknown> =>
    retried(() => send(name, request), {
      baseMs: options.backoffMs ?? 500,
      signal,
      again: (error, failures) => operations[name].reads && error.transient && failures < READ_TRIES,
    });

  return {
    ask: async (name, answer, request) => shaped(answer, await ask(name, request), (where) => misunderstood(operations[name], where)),
    list: async (name, item, request) => {
      const items = await allPages(async (page) => {
        const answer = await ask(name, { ...request, query: { ...request.query, page, page_size: PAGE_SIZE } });
        return shaped(PageOf, answer, (where) => misunderstood(operations[name], where));
      });
      return items.map((it) => shaped(item, it, (where) => misunderstood(operations[name], where)));
    },
    close,
  };
}

/** Never the same page twice, whatever `next` says. */
async function allPages(ask: (page: number) => Promise<z.infer<typeof PageOf>>): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  for (let page = 1; page > 0; ) {
    const { pagination, results } = await ask(page);
    items.push(...results);
    page = pagination.next > page ? pagination.next : 0;
  }
  return items;
}

/** What the lookup threw, where it was that: got wraps it. */
function refusedAddress(error: unknown): WorldError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof WorldError) return at;
  return undefined;
}

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

async function answerOf(client: Got, { method = "GET", path, query, body }: Request): Promise<Answer> {
  const answer = await client(path.replace(/^\//, ""), {
    method,
    ...(query !== undefined && { searchParams: query }),
    ...(body !== undefined && { json: body }),
  });
  return { status: answer.statusCode, body: answer.body === "" ? {} : jsonIn(answer.body) };
}
