import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Docker } from "../../clients/docker/docker.ts";
import { ServiceError } from "../../core/errors.ts";
import type { Log } from "../../log/log.ts";
import type { Watch } from "../source.ts";
import { retryDelay } from "./retry-delay.ts";

/**
 * The events after which a list may tell something else than before; the engine is asked for no others.
 *
 * | event               | what may be different then                           |
 * |---------------------|------------------------------------------------------|
 * | start, die          | what runs; `die` comes with every end, killed or not |
 * | rename              | the name that cloudflared finds it by                |
 * | health_status       | whether a route may open; sent when it changes       |
 * | pause, unpause      | the same                                             |
 * | connect, disconnect | the networks that a container is on                  |
 *
 * Left out: `kill` is any signal, a reload as well; `exec_*` comes with every health check; `stop` and `destroy` follow a
 * `die`; `create` is not running yet; `update` changes limits, which nobody here reads.
 */
export const WATCHED = {
  type: ["container", "network"],
  event: ["start", "die", "rename", "health_status", "pause", "unpause", "connect", "disconnect"],
};

/**
 * Past events asked for with each subscription, in seconds: the engine sends the headers a moment before it has subscribed
 * (moby api/server/router/system, checked 2026-11), and what happens in between would be in neither list nor stream.
 */
const OVERLAP_SECONDS = 2;

export interface RetryTiming {
  /** Milliseconds before the next try. */
  readonly delay?: (failures: number) => number;
  /** A stream that lasted so long was a good one, whatever ended it. Milliseconds. */
  readonly lastedMs?: number;
}

export interface WatchOptions extends RetryTiming {
  readonly docker: Docker;
  readonly log: Pick<Log, "debug">;
  readonly onChange: () => void;
  readonly onState: (up: boolean, fault?: ServiceError) => void;
}

/**
 * Follows the engine's events. What they say is not looked at: any byte means "look again", so that nothing in them can be
 * misread. A stream that ends is opened again, for ever; as events may have been lost, that counts as a change.
 */
export function watchEvents(options: WatchOptions): Watch {
  const stop = new AbortController();
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const over = follow({ ...options, ...told(options, stop.signal) }, stop.signal, resolve).finally(
    resolve,
  );
  return {
    ready,
    close: () => {
      stop.abort();
      return over;
    },
  };
}

async function follow(
  { docker, log, onChange, onState, delay = patience, lastedMs = 10_000 }: WatchOptions,
  signal: AbortSignal,
  opened: () => void,
): Promise<void> {
  for (let tries = 0, failures = 0; !signal.aborted; tries++) {
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
      if (tries > 0) onChange();
      // However it ends, it is opened again: what is wrong, if anything, shows then.
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

const patience = (failures: number): number => retryDelay(failures, Math.random());

/** Tells of the state only when it becomes another one, and of nothing after the close. */
function told(
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
