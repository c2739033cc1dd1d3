import PQueue from "p-queue";

/** `setTimeout` fires at once for longer delays, so a very long Retry-After would become none. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface RunResult {
  /** When the next run is due by itself, in milliseconds from now. */
  readonly nextMs: number;
  /**
   * Whether the run that is due by itself may be left out while events are gathered: these lead to
   * a run as well.
   */
  readonly patient?: boolean;
  /**
   * Whether the run changed something. Then the events that follow are gathered, so that changes
   * are few and large.
   */
  readonly changed: boolean;
  /**
   * How long events wait, in milliseconds: the next run is expensive, and would most likely have
   * the same result.
   */
  readonly holdMs?: number;
}

export interface SchedulerOptions {
  /** Never rejects. */
  readonly run: () => Promise<RunResult>;
  /** The minimum between two runs that change nothing. Milliseconds. */
  readonly breathMs?: number;
  /**
   * After the first, second, … run that changed something: how long events must be quiet, and the
   * longest wait for that. Milliseconds.
   */
  readonly gather?: readonly { readonly quietMs: number; readonly maxWaitMs: number }[];
  /** After so long without changes, everything is as at the beginning. Milliseconds. */
  readonly calmMs?: number;
}

export interface Scheduler {
  /**
   * Something may have changed. Runs at once if it has been calm, otherwise when the burst is over.
   */
  requestRun(): void;
  /** How many runs have been requested so far. */
  requests(): number;
  /** Runs now. Resolves when that run is over. */
  now(): Promise<void>;
  /** Starts no further run. Resolves when the current one is over. */
  close(): Promise<void>;
}

const GATHER: SchedulerOptions["gather"] = [
  { quietMs: 1_000, maxWaitMs: 20_000 },
  { quietMs: 3_000, maxWaitMs: 30_000 },
  { quietMs: 5_000, maxWaitMs: 30_000 },
];

/**
 * Turns events into runs. One run is active, and at most one waits.
 *
 * The first event leads to a run at once. A run costs only a list of the containers, so events that
 * change nothing (other people's containers that come and go) simply lead to runs. Once a run has
 * changed something, the events that follow are gathered until it is quiet: a hundred containers
 * that start together cause two or three updates of the tunnel, not a hundred.
 */
export function createScheduler({
  run,
  breathMs = 500,
  gather = GATHER ?? [],
  calmMs = 15_000,
}: SchedulerOptions): Scheduler {
  const queue = new PQueue({ concurrency: 1 });
  /** How many runs have changed something since it was calm. */
  let busyRuns = 0;
  /** When the last of them ended. This and all other times: milliseconds of a monotonic clock. */
  let changedAt = -Infinity;
  /** When the last run began. */
  let begunAt = -Infinity;
  /** When the first event came that the last run has not seen. */
  let pendingSince: number | undefined;
  /** Until when events wait because of the last run. */
  let heldUntil = -Infinity;
  /** For the run that events lead to. */
  let eventTimer: NodeJS.Timeout | undefined;
  /** For the run that is due by itself. */
  let dueTimer: NodeJS.Timeout | undefined;
  let closed = false;
  let requests = 0;

  const runNow = async (): Promise<void> => {
    clearTimeout(dueTimer);
    begunAt = performance.now();
    const { nextMs, changed, holdMs = 0, patient = false } = await run();
    heldUntil = performance.now() + holdMs;
    if (changed) {
      busyRuns += 1;
      changedAt = performance.now();
    }
    clearTimeout(dueTimer);
    if (!closed)
      dueTimer = setTimeout(
        () => {
          if (!patient || pendingSince === undefined) enqueue();
        },
        Math.min(nextMs, MAX_TIMER_MS),
      );
  };

  const enqueue = (next = runNow): void => {
    clearTimeout(eventTimer);
    pendingSince = undefined;
    if (!closed && queue.size === 0) void queue.add(next);
  };

  /** Runs for an event, unless the run that was active when it came makes events wait. */
  const runForEvent = async (): Promise<void> => {
    const held = heldUntil - performance.now();
    if (held <= 0) return runNow();
    pendingSince ??= performance.now();
    if (!closed) eventTimer = setTimeout(() => enqueue(runForEvent), held);
  };

  const waitMs = (at: number, since: number): number => {
    const stage = gather[Math.min(busyRuns, gather.length) - 1];
    const ms =
      stage === undefined
        ? begunAt + breathMs - at
        : Math.min(stage.quietMs, since + stage.maxWaitMs - at);
    return Math.max(ms, heldUntil - at);
  };

  const requestRun = (): void => {
    if (closed) return;
    requests += 1;
    const at = performance.now();
    if (pendingSince === undefined && at - changedAt > calmMs) busyRuns = 0;
    pendingSince ??= at;
    const ms = waitMs(at, pendingSince);
    clearTimeout(eventTimer);
    if (ms <= 0) enqueue(runForEvent);
    else eventTimer = setTimeout(() => enqueue(runForEvent), ms);
  };

  return {
    requestRun,
    requests: () => requests,
    now: async () => {
      enqueue();
      await queue.onIdle();
    },
    close: async () => {
      closed = true;
      clearTimeout(eventTimer);
      clearTimeout(dueTimer);
      queue.clear();
      await queue.onIdle();
    },
  };
}
