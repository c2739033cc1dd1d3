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
  /** As whom this process runs: said where the socket may not be opened. */
  readonly user?: ProcessUser;
  /** Of one request with its whole answer. Milliseconds, 30_000 unless told: an engine at start is slow. */
  readonly timeoutMs?: number;
  /** How long the engine may take to accept a subscription. Milliseconds, 10_000 unless told. */
  readonly subscribeMs?: number;
  /** Told of every request that was sent, answered or not. */
  readonly onCall?: OnCall;
}

/** The engine's API. Only ever GET: no path here changes anything. */
export interface Docker {
  /**
   * What runs, as the engine lists it. Only fields that a source reads are in it; where a container has more labels or ports than are
   * kept, its field `Unread` says how many are left out.
   *
   * @param weighLabel - which labels are kept rather than others; all count alike unless told
   * @throws {ServiceError}
   */
  containers<T>(shape: z.ZodType<T>, weighLabel?: WeighLabel): Promise<T>;
  /** About the engine itself. @throws {ServiceError} */
  info<T>(shape: z.ZodType<T>): Promise<T>;
  /** About one network. @throws {ServiceError} with status 404 where there is none of that name */
  network<T>(name: string, shape: z.ZodType<T>): Promise<T>;
  /**
   * About one image, by the id of its content.
   *
   * @throws {ServiceError} with status 404 where the engine has it no more
   */
  image<T>(id: string, shape: z.ZodType<T>): Promise<T>;
  /**
   * A stream of events that is open: its headers are here. It ends when `signal` is aborted.
   *
   * @param sinceSeconds - events from then on, by the engine's clock; seconds since 1970
   * @throws {ServiceError}
   */
  events(
    filters: Readonly<Record<string, readonly string[]>>,
    sinceSeconds: number,
    signal: AbortSignal,
  ): Promise<Readable>;
}

const LIST = "/containers/json";

/** After so long without a byte the kernel asks whether the other side is still there. Milliseconds. */
const KEEP_ALIVE_MS = 30_000;

/** An image is looked up in the engine's own store, and a list waits for it. Milliseconds. */
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
  /** Whatever is not a 200 is thrown. */
  const told = <T>(
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
   * @param name - the path as messages show it, where it differs
   * @param patienceMs - for the whole answer
   */
  const get = async <T>(
    path: string,
    shape: z.ZodType<T>,
    name = path,
    patienceMs = timeoutMs,
  ): Promise<T> => {
    const { body } = await told(name, async () =>
      reader.text(await open(engine, path, {}, AbortSignal.timeout(patienceMs))),
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
        return readContainerList(counted(stream, collect), weighLabel);
      };
      const { body } = await told(LIST, list).catch((error: unknown) => {
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
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), subscribeMs);
      try {
        const query = { filters: JSON.stringify(filters), since: sinceSeconds };
        const ended = AbortSignal.any([signal, late.signal]);
        const { body: stream } = await told("/events", () => open(engine, "/events", query, ended));
        // A proxy that is gone without a farewell would leave the stream open for ever.
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

/** Tells of each chunk before it is read. */
async function* counted(
  stream: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    onBytes(chunk.byteLength);
    yield chunk;
  }
}

/**
 * The answer as a stream, once it is there. dockerode's own `listContainers` reads to the end by itself, and never comes back
 * when the connection breaks in the middle (docker-modem 5.0, lib/modem.js: only the request's errors are heard).
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

/** docker-modem reads the body of a status that it is not told of, to its end, however long it is. */
const ANY_STATUS: Record<number, true> = Object.fromEntries(
  Array.from({ length: 500 }, (_, index) => [100 + index, true]),
);

const thisUser = (): ProcessUser => ({
  uid: process.getuid?.(),
  gids: process.getgroups?.() ?? [],
});

/**
 * dockerode fills in from the environment whatever it is not told, hence every `undefined`. A connection is not used twice: a
 * kept one may have died with the engine that was restarted in between.
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
