import { Agent as HttpAgent, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Readable } from "node:stream";
import Dockerode from "dockerode";
import type { z } from "zod";
import type { DockerAddress } from "../../config/docker-address.ts";
import { tryParseJson } from "../../core/text/json.ts";
import { type OnCall, withCallReport } from "../call-report.ts";
import { createCollector } from "../collect.ts";
import { NoList } from "../excerpt.ts";
import { createReader, createTurns } from "../limited.ts";
import { MAX_ENGINE_ANSWER_BYTES, MAX_ENGINE_ANSWER_VALUES } from "../limits.ts";
import { parseResponse } from "../parse-response.ts";
import { readContainerList, type WeighLabel } from "./container-list.ts";
import {
  type FailedDockerCall,
  invalidDockerResponse,
  type ProcessUser,
  statusOf,
  throwDockerError,
} from "./errors.ts";

export interface DockerOptions {
  /** The user of this process, named if the socket may not be opened. */
  readonly user?: ProcessUser;
  /**
   * Timeout for one request with its whole response. Milliseconds, default 30_000, because a
   * starting engine is slow.
   */
  readonly timeoutMs?: number;
  /** How long the engine may take to accept a subscription. Milliseconds, default 10_000. */
  readonly subscribeMs?: number;
  /** Called for every request that was sent, with or without a response. */
  readonly onCall?: OnCall;
}

/** The engine's API. All requests are GET and change nothing. */
export interface Docker {
  /**
   * Lists the running containers, with only the fields that a source reads. If a container has more
   * labels or ports than are kept, its field `Unread` says how many are left out.
   *
   * @param weighLabel - decides which labels are kept first; by default all are equal
   * @throws {ServiceError}
   */
  containers<T>(shape: z.ZodType<T>, weighLabel?: WeighLabel): Promise<T>;
  /** Reads information about the engine. @throws {ServiceError} */
  info<T>(shape: z.ZodType<T>): Promise<T>;
  /** Inspects a network. @throws {ServiceError} with status 404 if it does not exist */
  network<T>(name: string, shape: z.ZodType<T>): Promise<T>;
  /**
   * Inspects an image by the id of its content.
   *
   * @throws {ServiceError} with status 404 if the engine no longer has it
   */
  image<T>(id: string, shape: z.ZodType<T>): Promise<T>;
  /**
   * Opens a stream of events and resolves when its headers have arrived. It ends when `signal` is
   * aborted.
   *
   * @param sinceSeconds - the first moment to report, by the engine's clock; seconds since 1970
   * @throws {ServiceError}
   */
  events(
    filters: Readonly<Record<string, readonly string[]>>,
    sinceSeconds: number,
    signal: AbortSignal,
  ): Promise<Readable>;
}

const LIST = "/containers/json";

/** After this time without data, TCP checks that the other side still exists. */
const KEEP_ALIVE_MS = 30_000;

/** Short, because a container list waits for it and the engine only reads its own store. */
const IMAGE_TIMEOUT_MS = 5_000;

export function createDocker(
  address: DockerAddress,
  { user = thisUser(), timeoutMs = 30_000, subscribeMs = 10_000, onCall }: DockerOptions = {},
): Docker {
  const engine = connect(address);
  const reader = createReader({
    maxBytes: MAX_ENGINE_ANSWER_BYTES,
    maxValues: MAX_ENGINE_ANSWER_VALUES,
  });
  const turn = createTurns();
  const collect = createCollector();
  const about = (path: string): FailedDockerCall => ({ address, path, user });
  /** Any status but 200 is thrown. */
  const reported = <T>(
    path: string,
    answer: () => Promise<T>,
  ): Promise<{ readonly status: number; readonly body: T }> =>
    withCallReport(
      { method: "GET", operation: path.slice(1) },
      onCall,
      async () => ({ body: await answer(), status: 200 }),
      { statusOf },
    );
  /**
   * @param name - the path as messages show it
   * @param answerMs - timeout for the whole response
   */
  const get = async <T>(
    path: string,
    shape: z.ZodType<T>,
    name = path,
    answerMs = timeoutMs,
  ): Promise<T> => {
    const { body } = await reported(name, async () =>
      reader.text(await open(engine, path, {}, AbortSignal.timeout(answerMs))),
    ).catch((error: unknown) => throwDockerError(about(name), error));
    return parseResponse(shape, tryParseJson(body), (where) =>
      invalidDockerResponse(about(name), where),
    );
  };
  return {
    containers: async (shape, weighLabel = () => "rest") => {
      await using turns = new AsyncDisposableStack();
      turns.defer(await turn());
      const list = async () => {
        const stream = await open(engine, LIST, {}, AbortSignal.timeout(timeoutMs));
        return readContainerList(countBytes(stream, collect), weighLabel);
      };
      const { body } = await reported(LIST, list).catch((error: unknown) => {
        if (error instanceof NoList) throw invalidDockerResponse(about(LIST), error.message);
        return throwDockerError(about(LIST), error);
      });
      return parseResponse(shape, body, (where) => invalidDockerResponse(about(LIST), where));
    },
    info: (shape) => get("/info", shape),
    network: (name, shape) => get(`/networks/${encodeURIComponent(name)}`, shape),
    image: (id, shape) =>
      get(
        `/images/${encodeURIComponent(id).replace("%3A", ":")}/json`,
        shape,
        "/images/<id>/json",
        Math.min(timeoutMs, IMAGE_TIMEOUT_MS),
      ),
    events: async (filters, sinceSeconds, signal) => {
      const timeout = new AbortController();
      const timer = setTimeout(() => timeout.abort(), subscribeMs);
      try {
        const query = { filters: JSON.stringify(filters), since: sinceSeconds };
        const ended = AbortSignal.any([signal, timeout.signal]);
        const { body: stream } = await reported("/events", () =>
          open(engine, "/events", query, ended),
        );
        // Otherwise a proxy that vanishes without closing the connection leaves the stream open for
        // ever.
        stream.socket.setKeepAlive(true, KEEP_ALIVE_MS);
        return stream;
      } catch (error) {
        return throwDockerError(about("/events"), error);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Calls `onBytes` for each chunk before it is read. */
async function* countBytes(
  stream: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    onBytes(chunk.byteLength);
    yield chunk;
  }
}

/**
 * Sends a request and resolves with the response as a stream. dockerode's own `listContainers`
 * buffers the response and never settles if the connection breaks in the middle (docker-modem 5.0,
 * lib/modem.js handles only errors of the request).
 */
function open(
  engine: Dockerode,
  path: string,
  options: Readonly<Record<string, string | number>>,
  abortSignal: AbortSignal,
): Promise<IncomingMessage> {
  const request = {
    path: `${path}?`,
    method: "GET",
    options,
    abortSignal,
    isStream: true,
    statusCodes: ANY_STATUS,
  };
  return new Promise((resolve, reject) =>
    engine.modem.dial(request, (error, answer) => {
      if (error) return reject(error);
      const response = answer as IncomingMessage;
      if (response.statusCode === 200) return resolve(response);
      response.destroy();
      reject(
        Object.assign(new Error(`status ${response.statusCode}`), {
          statusCode: response.statusCode,
        }),
      );
    }),
  );
}

/**
 * Accepts every status, because docker-modem buffers the whole body of an unexpected status,
 * however long it is.
 */
const ANY_STATUS: Record<number, true> = Object.fromEntries(
  Array.from({ length: 500 }, (_, index) => [100 + index, true]),
);

const thisUser = (): ProcessUser => ({
  uid: process.getuid?.(),
  gids: process.getgroups?.() ?? [],
});

/**
 * dockerode reads missing options from the environment, hence every `undefined`. Connections are
 * not reused, because a kept one may have died with an engine that was restarted in between.
 */
function connect(address: DockerAddress): Dockerode {
  const none = {
    socketPath: undefined,
    host: undefined,
    port: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    protocol: undefined,
    timeout: undefined,
    pathPrefix: "/",
  };
  const https = address.kind === "tcp" && address.tls !== undefined;
  const agent = https ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false });
  const at =
    address.kind === "socket"
      ? { socketPath: address.path }
      : { host: address.host, port: address.port, ...address.tls };
  return new Dockerode({
    ...none,
    ...at,
    protocol: https ? "https" : "http",
    agent,
  } as unknown as Dockerode.DockerOptions);
}
