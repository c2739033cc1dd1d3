import type { z } from "zod";
import { WorldError } from "../errors.ts";
import { type Asked, answerOf, type Envelope, envelopeOf, remainingOf, restAsked, succeeded } from "./cloudflare/answer.ts";
import { type Failed, misunderstood, refused, resting, stopped, unanswered } from "./cloudflare/fault.ts";
import { createLane, LongRest } from "./cloudflare/lane.ts";
import { type OperationName, operations, reads } from "./cloudflare/operations.ts";
import { allPages, Items, itemsOf, type Page } from "./cloudflare/pages.ts";
import { createSdk, type Sdk } from "./cloudflare/sdk.ts";
import { plainGuard } from "./private-lookup.ts";
import { type OnCall, reported } from "./report.ts";
import { retried } from "./retry.ts";
import { shaped } from "./shape.ts";
import { stoppable } from "./stop.ts";

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
   * @throws {WorldError} for every failure; `doubtful` when a write may have happened all the same
   */
  ask<T>(operation: OperationName, result: z.ZodType<T>, request: (sdk: Sdk) => Asked, hide?: readonly string[]): Promise<T>;
  /** All items of a list. @throws {WorldError} when any page of it could not be read */
  list<T>(operation: OperationName, item: z.ZodType<T>, request: (sdk: Sdk, page: Page) => Asked): Promise<readonly T[]>;
  /** Ends what is still waiting. */
  close(): void;
}

const BASE_URL = "https://api.cloudflare.com/client/v4";
const READ_TRIES = 3;
const LIMITED_TRIES = 2;

/** Cloudflare's API: the rate kept, failures told apart, reads tried again. Writes are sent once, unless they were not let in. */
export function createCloudflare(options: CloudflareOptions): Cloudflare {
  const { token, baseUrl = BASE_URL, timeoutMs = 30_000, backoffMs: baseMs = 500 } = options;
  const { signal, close } = stoppable(options.signal);
  const sdk = createSdk({ token, baseUrl, timeoutMs });
  const lane = createLane(signal);
  const allowed = plainGuard(baseUrl);

  const send = async (failed: Failed, name: OperationName, asked: () => Asked, waitedMs: number): Promise<Envelope> => {
    const call = { method: failed.operation.method, operation: name, waitedMs };
    const said = { remaining: remainingOf };
    const answer = await reported(call, options.onCall, () => allowed().then(() => answerOf(asked())), said).catch((error: unknown) => {
      throw unanswered(failed, error);
    });
    const envelope = envelopeOf(answer);
    const restMs = restAsked(answer);
    if (restMs > 0) lane.rest(restMs);
    if (succeeded(answer, envelope)) return envelope;
    throw refused(failed, answer, envelope, restMs);
  };

  const ask = (name: OperationName, asked: () => Asked, hide: readonly string[] = []): Promise<Envelope> => {
    const failed: Failed = { operation: operations[name], hide: [token, ...hide] };
    const attempt = () => lane.run((waitedMs) => send(failed, name, asked, waitedMs)).catch(heldBack(failed));
    return retried(attempt, { baseMs, signal, again: (error, failures) => again(failed, error, failures) });
  };

  return {
    ask: async (name, result, request, hide) => {
      const envelope = await ask(name, () => request(sdk), hide);
      return shaped(result, envelope.result, (where) => misunderstood(operations[name], where));
    },
    list: async (name, item, request) => {
      const items = await allPages(operations[name].perPage, async (page) => {
        const envelope = await ask(name, () => request(sdk, page));
        return { items: shaped(Items, itemsOf(envelope), (where) => misunderstood(operations[name], where)), info: envelope.result_info };
      });
      return items.map((it) => shaped(item, it, (where) => misunderstood(operations[name], where)));
    },
    close,
  };
}

/** A request that was not let in has done nothing, so even a write is sent again. */
function again({ operation }: Failed, error: WorldError, failures: number): boolean {
  if (error.code === "CFA-CF-RATE-LIMIT") return error.status === 429 && failures < LIMITED_TRIES;
  return reads(operation) && error.transient && failures < READ_TRIES;
}

const heldBack =
  (failed: Failed) =>
  (error: unknown): never => {
    if (error instanceof WorldError) throw error;
    if (error instanceof LongRest) throw resting(failed, error.ms);
    if (error instanceof Error && error.name === "AbortError") throw stopped(failed);
    throw error;
  };
