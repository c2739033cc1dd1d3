import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Docker } from "../../clients/docker/docker.ts";
import { type Backoff, backoffMs } from "../../core/backoff.ts";
import { ServiceError } from "../../core/errors.ts";
import type { Log } from "../../log/log.ts";
import type { Watch } from "../source.ts";

/**
 * The events that can change the list. cfauth subscribes to no others.
 *
 * | event               | what may have changed                                        |
 * |---------------------|--------------------------------------------------------------|
 * | start, die          | what runs; `die` is sent whenever a container ends           |
 * | rename              | the name by which cloudflared finds the container            |
 * | health_status       | whether a route may open; sent when the health changes       |
 * | pause, unpause      | the same                                                     |
 * | connect, disconnect | the networks that a container is on                          |
 *
 * Not subscribed: `kill` stands for any signal, including a reload; `exec_*` is sent for every
 * health check; `stop` and `destroy` follow a `die`; `create` is sent before the container runs;
 * `update` changes limits, which cfauth does not read.
 */
export const WATCHED = {
  type: ["container", "network"],
  event: ["start", "die", "rename", "health_status", "pause", "unpause", "connect", "disconnect"],
};

/**
 * How many seconds of past events each subscription requests. The engine sends the headers slightly
 * before it subscribes (moby api/server/router/system, checked 2026-11), so events in between would
 * be in neither the list nor the stream.
 */
const OVERLAP_SECONDS = 2;

export interface RetryTiming {
  /** The delay before the next attempt, in milliseconds. */
  readonly delay?: (failures: number) => number;
  /** A stream that lasted this long counts as a success, whatever ended it. Milliseconds. */
  readonly lastedMs?: number;
}

export interface WatchOptions extends RetryTiming {
  readonly docker: Docker;
  readonly log: Pick<Log, "debug">;
  readonly onChange: () => void;
  readonly onState: (up: boolean, fault?: ServiceError) => void;
}

/**
 * Follows the engine's events. Their content is ignored: any byte means "list again", so nothing in
 * them can be misread. A stream that ends is reopened for as long as the watch lasts. Because
 * events may have been lost, reopening counts as a change.
 */
export function watchEvents(options: WatchOptions): Watch {
  const stop = new AbortController();
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const callbacks = onlyChanges(options, stop.signal);
  const over = follow({ ...options, ...callbacks }, stop.signal, resolve).finally(resolve);
  return {
    ready,
    close: () => {
      stop.abort();
      return over;
    },
  };
}

async function follow(
  { docker, log, onChange, onState, delay = streamRetryMs, lastedMs = 10_000 }: WatchOptions,
  signal: AbortSignal,
  opened: () => void,
): Promise<void> {
  for (let attempts = 0, failures = 0; !signal.aborted; attempts++) {
    const begun = performance.now();
    const elapsed = (): number => Math.round(performance.now() - begun);
    try {
      const stream = await docker.events(
        WATCHED,
        Math.floor(Date.now() / 1_000) - OVERLAP_SECONDS,
        signal,
      );
      const ended = finished(stream, { writable: false });
      stream.on("data", onChange);
      onState(true);
      opened();
      if (attempts > 0) onChange();
      // The stream is reopened however it ends; a persistent fault shows up then.
      await ended.catch(() => undefined);
      failures = elapsed() >= lastedMs ? 0 : failures + 1;
      log.debug({ ms: elapsed() }, "event stream ended");
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      failures += 1;
      onState(false, error);
    }
    await sleep(delay(failures), undefined, { signal }).catch(() => undefined);
  }
}

/** Everything that depends on one engine would otherwise reconnect at the same moment. */
const STREAM_BACKOFF: Backoff = { firstMs: 500, maxMs: 30_000, jitter: 0.5 };

/**
 * How long to wait before the event stream is opened again.
 *
 * @param failures - consecutive streams that could not be opened or ended early; 0 after a good one
 * @param random - 0 … 1
 * @returns milliseconds, 250 … 30_000
 */
export const streamRetryMs = (failures: number, random = Math.random()): number =>
  backoffMs(STREAM_BACKOFF, failures + 1, random);

/** Reports the state only when it changes, and nothing after close. */
function onlyChanges(
  { onChange, onState }: WatchOptions,
  signal: AbortSignal,
): Pick<WatchOptions, "onChange" | "onState"> {
  let last: boolean | undefined;
  return {
    onChange: () => {
      if (!signal.aborted) onChange();
    },
    onState: (up, fault) => {
      if (up !== last && !signal.aborted) onState(up, fault);
      last = up;
    },
  };
}
