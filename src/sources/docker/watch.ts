import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Docker } from "../../clients/docker.ts";
import { WorldError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { Watch } from "../source.ts";
import { retryDelay } from "./retry-delay.ts";

/**
 * The events after which a list may tell something else than before; the engine sends no others.
 *
 * | event               | what may be different then                                |
 * |---------------------|-----------------------------------------------------------|
 * | start, die          | what runs; `die` comes with every end, killed or not      |
 * | rename              | the name that cloudflared finds it by                     |
 * | health_status       | whether a route may open; sent when it changes            |
 * | pause, unpause      | the same                                                  |
 * | connect, disconnect | the networks that a container is on                       |
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

export interface Waiting {
  /** Milliseconds before the next try. */
  readonly delay?: (failures: number) => number;
  /** A stream that lasted so long was a good one, whatever ended it. Milliseconds. */
  readonly lastedMs?: number;
}

export interface WatchOptions extends Waiting {
  readonly docker: Docker;
  readonly log: Pick<Log, "debug">;
  readonly onChange: () => void;
  readonly onState: (up: boolean, fault?: WorldError) => void;
}

/**
 * Follows the engine's events. What they say is not looked at: any byte means "look again", so that nothing in them can be
 * misread. A stream that ends, as a proxy ends an idle one every ten minutes or so, is opened again, for ever.
 */
export function watchEvents(options: WatchOptions): Watch {
  const stop = new AbortController();
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const over = follow(options, stop.signal, resolve).finally(resolve);
  return {
    ready,
    close: () => {
      stop.abort();
      return over;
    },
  };
}

async function follow({ docker, log, onChange, onState, delay = (failures) => retryDelay(failures, Math.random()), lastedMs = 10_000 }: WatchOptions, signal: AbortSignal, ready: () => void): Promise<void> {
  /** Undefined until the first stream is open or could not be opened. */
  let up: boolean | undefined;
  const state = (now: boolean, fault?: WorldError): void => {
    if (up === now) return;
    up = now;
    onState(now, fault);
  };
  for (let failures = 0, tries = 0; !signal.aborted; tries++) {
    const begun = performance.now();
    try {
      const stream = await docker.events(WATCHED, Math.floor(Date.now() / 1_000) - OVERLAP_SECONDS, signal);
      if (signal.aborted) return;
      stream.on("data", () => signal.aborted || onChange());
      state(true);
      ready();
      // Events may have been lost since the stream before this one.
      if (tries > 0) onChange();
      await finished(stream, { writable: false }).catch(() => undefined);
      failures = performance.now() - begun >= lastedMs ? 0 : failures + 1;
      log.debug({ ms: Math.round(performance.now() - begun) }, "event stream ended");
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof WorldError)) throw error;
      failures += 1;
      state(false, error);
      log.debug({ err: error }, "event stream not opened");
    }
    await sleep(delay(failures), undefined, { signal }).catch(() => undefined);
  }
}
