import PQueue from "p-queue";

/** A timer that is to wait longer goes off at once: a service that asks for a month of peace would get none at all. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface TriggerOptions {
  /** Never rejects; answers when the next look is due by itself, in milliseconds from now. */
  readonly run: () => Promise<number>;
  /** How long a burst must be quiet before it is looked at; grows while bursts follow one another. Milliseconds. */
  readonly quietMs?: readonly number[];
  /** The longest that a burst is waited for. Milliseconds. */
  readonly longestMs?: number;
  /** After so long without a burst the first event is answered at once again. Milliseconds. */
  readonly calmMs?: number;
}

export interface Trigger {
  /** Something may have changed: look again, at once when it has been calm, else when the burst is over. */
  poke(): void;
  /** Looks now. Resolves when that look is over. */
  now(): Promise<void>;
  /** No further look is begun; resolves when the one under way is over. */
  close(): Promise<void>;
}

/**
 * Turns events into looks: one runs, at most one waits. The first event after a calm is answered at once; what follows is
 * gathered until it is quiet, so a hundred containers that start together are two or three looks, not a hundred.
 */
export function createTrigger({ run, quietMs = [500, 1_500, 4_500], longestMs = 30_000, calmMs = 15_000 }: TriggerOptions): Trigger {
  const queue = new PQueue({ concurrency: 1 });
  /** How many looks the burst under way has had. Cleared by a calm. */
  let looks = 0;
  /** When the burst was last stirred, and when its first unanswered event came. Milliseconds of a monotonic clock. */
  let stirred = -Infinity;
  let pending: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let alarm: NodeJS.Timeout | undefined;
  let closed = false;

  const enqueue = (): void => {
    clearTimeout(timer);
    pending = undefined;
    looks += 1;
    if (closed || queue.size > 0) return;
    void queue.add(async () => {
      clearTimeout(alarm);
      const next = await run();
      clearTimeout(alarm);
      if (!closed) alarm = setTimeout(enqueue, Math.min(next, LONGEST_TIMER_MS));
    });
  };

  const poke = (): void => {
    if (closed) return;
    const at = performance.now();
    if (pending === undefined && at - stirred > calmMs) looks = 0;
    stirred = at;
    if (looks === 0) return enqueue();
    pending ??= at;
    const quiet = quietMs[Math.min(looks, quietMs.length) - 1] ?? 0;
    clearTimeout(timer);
    timer = setTimeout(enqueue, Math.max(0, Math.min(quiet, pending + longestMs - at)));
  };

  return {
    poke,
    now: async () => {
      enqueue();
      await queue.onIdle();
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      clearTimeout(alarm);
      queue.clear();
      await queue.onIdle();
    },
  };
}
