import PQueue from "p-queue";

/** A timer that is to wait longer goes off at once: a service that asks for a month of peace would get none at all. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface RunResult {
  /** When the next look is due by itself, in milliseconds from now. */
  readonly nextMs: number;
  /** Whether the look that is due by itself may wait for events that are being gathered: they lead to a look as well. */
  readonly patient?: boolean;
  /** Whether the look led to changes: then what follows is gathered, so that the changes are few and large. */
  readonly changed: boolean;
  /** How long events are not answered, in milliseconds: the next look is dear, and would most likely come to the same. */
  readonly holdMs?: number;
}

export interface SchedulerOptions {
  /** Never rejects. */
  readonly run: () => Promise<RunResult>;
  /** Between two looks that change nothing, at least. Milliseconds. */
  readonly breathMs?: number;
  /** After the first, second, … look that changed something: how long events must be quiet, and how long that is waited for at most. Milliseconds. */
  readonly gather?: readonly { readonly quietMs: number; readonly longestMs: number }[];
  /** After so long without changes it is as at the beginning. Milliseconds. */
  readonly calmMs?: number;
}

export interface Scheduler {
  /** Something may have changed: look again, at once when it has been calm, else when the burst is over. */
  requestRun(): void;
  /** How often it was poked so far. */
  requests(): number;
  /** Looks now. Resolves when that look is over. */
  now(): Promise<void>;
  /** No further look is begun; resolves when the one under way is over. */
  close(): Promise<void>;
}

const GATHER: SchedulerOptions["gather"] = [
  { quietMs: 1_000, longestMs: 20_000 },
  { quietMs: 3_000, longestMs: 30_000 },
  { quietMs: 5_000, longestMs: 30_000 },
];

/**
 * Turns events into looks: one runs, at most one waits. The first event is answered at once. A look costs nothing but a list
 * of containers, so events that lead to no change (other people's containers coming and going) are simply looked at; once a
 * look has changed something, what follows is gathered until it is quiet: a hundred containers that start together are two
 * or three updates of the tunnel, not a hundred.
 */
export function createScheduler({
  run,
  breathMs = 500,
  gather = GATHER ?? [],
  calmMs = 15_000,
}: SchedulerOptions): Scheduler {
  const queue = new PQueue({ concurrency: 1 });
  /** How many looks have changed something since it was calm, and when the last of them ended. */
  let busy = 0;
  let changedAt = -Infinity;
  /** When the last look began, and when the first event came that it has not seen. Milliseconds of a monotonic clock. */
  let lookedAt = -Infinity;
  /** Until when the last look holds events up, by the same clock. */
  let heldUntil = -Infinity;
  let pending: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let alarm: NodeJS.Timeout | undefined;
  let closed = false;
  let pokes = 0;

  const look = async (): Promise<void> => {
    clearTimeout(alarm);
    lookedAt = performance.now();
    const { nextMs, changed, holdMs = 0, patient = false } = await run();
    heldUntil = performance.now() + holdMs;
    if (changed) [busy, changedAt] = [busy + 1, performance.now()];
    clearTimeout(alarm);
    if (!closed)
      alarm = setTimeout(
        () => (patient && pending !== undefined ? undefined : enqueue()),
        Math.min(nextMs, LONGEST_TIMER_MS),
      );
  };

  const enqueue = (next = look): void => {
    clearTimeout(timer);
    pending = undefined;
    if (!closed && queue.size === 0) void queue.add(next);
  };

  /** For an event: the look that ran when it came may hold it up. */
  const answer = async (): Promise<void> => {
    const held = heldUntil - performance.now();
    if (held <= 0) return look();
    pending ??= performance.now();
    if (!closed) timer = setTimeout(() => enqueue(answer), held);
  };

  const waitMs = (at: number, since: number): number => {
    const stage = gather[Math.min(busy, gather.length) - 1];
    const ms =
      stage === undefined
        ? lookedAt + breathMs - at
        : Math.min(stage.quietMs, since + stage.longestMs - at);
    return Math.max(ms, heldUntil - at);
  };

  const poke = (): void => {
    if (closed) return;
    pokes += 1;
    const at = performance.now();
    if (pending === undefined && at - changedAt > calmMs) busy = 0;
    pending ??= at;
    const ms = waitMs(at, pending);
    clearTimeout(timer);
    if (ms <= 0) enqueue(answer);
    else timer = setTimeout(() => enqueue(answer), ms);
  };

  return {
    requestRun: poke,
    requests: () => pokes,
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
