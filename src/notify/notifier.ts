import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Target } from "../config/notify-target.ts";
import type { Log } from "../log/log.ts";
import type { StatusSink } from "../status/sink.ts";
import type { StatusTransitions } from "../status/transitions.ts";
import { type DeliveryTimeouts, deliver } from "./deliver.ts";
import { createDeliveryQueue, type DeliveryQueue } from "./delivery-queue.ts";
import { messageOf } from "./message.ts";
import { INITIAL_THROTTLE, selectEvents } from "./throttle.ts";

export interface NotifierOptions {
  readonly targets: readonly Target[];
  /** The owner of this installation; empty while it is not known. */
  readonly owner: () => string;
  readonly dryRun: boolean;
  readonly log: Pick<Log, "warn" | "info">;
  /** Called with the result for each message and target. */
  readonly onSent?: (result: Sent) => void;
  readonly patience?: Partial<Omit<DeliveryTimeouts, "signal">>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export type Sent = "ok" | "failed";

export interface Notifier extends StatusSink {
  /** Waits up to a second for messages that are being sent. */
  close(): Promise<void>;
}

const DEFAULT_TIMEOUTS = { tries: 3, timeoutMs: 10_000, backoffMs: 2_000 };

/** How long shutdown waits for messages, in milliseconds. */
const FLUSH_TIMEOUT_MS = 1_000;

/** A timer with a longer delay would fire at once. Milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Sends notifications. Nothing waits for it, and its failures affect nothing else. */
export function createNotifier({
  targets,
  owner,
  dryRun,
  log,
  onSent,
  patience,
  now = Date.now,
}: NotifierOptions): Notifier {
  const stop = new AbortController();
  const queues = targets.map((target) =>
    createQueue(target, { ...DEFAULT_TIMEOUTS, ...patience, signal: stop.signal }, log, onSent),
  );
  let quiet = INITIAL_THROTTLE;
  /** Fires when a problem has lasted long enough to be reported and no pass has ended meanwhile. */
  let timer: NodeJS.Timeout | undefined;

  const onTransitions = (news: StatusTransitions | undefined, at: number): void => {
    clearTimeout(timer);
    if (stop.signal.aborted) return;
    const selection = selectEvents(quiet, news, at, dryRun);
    quiet = selection.quiet;
    const message = messageOf(selection.events, { id: randomUUID(), at, owner: owner(), dryRun });
    if (message !== undefined) for (const lane of queues) lane.enqueue(message);
    if (selection.wakeAt !== undefined)
      timer = setTimeout(
        () => onTransitions(undefined, now()),
        Math.min(MAX_TIMER_MS, Math.max(0, selection.wakeAt - at)),
      ).unref();
  };

  return {
    transitions: onTransitions,
    close: async () => {
      clearTimeout(timer);
      const sent = Promise.all(queues.map((lane) => lane.idle()));
      const deadline = new AbortController();
      await Promise.race([
        sent,
        sleep(FLUSH_TIMEOUT_MS, undefined, { signal: deadline.signal }).catch(() => undefined),
      ]);
      deadline.abort();
      stop.abort();
      await sent;
    },
  };
}

/** Logs once when a target starts to fail, and once when it accepts messages again. */
function createQueue(
  target: Target,
  patience: DeliveryTimeouts,
  log: NotifierOptions["log"],
  onSent: NotifierOptions["onSent"],
): DeliveryQueue {
  let failures = 0;
  const failed = (why: string): void => {
    failures += 1;
    onSent?.("failed");
    if (failures === 1) log.warn({ to: target.name, why }, "notification not delivered");
  };
  return createDeliveryQueue({
    send: async (message) => {
      const result = await deliver(target, message, patience);
      if (!result.delivered) return failed(result.why);
      onSent?.("ok");
      if (failures > 0)
        log.info({ to: target.name, missed: failures }, "notifications delivered again");
      failures = 0;
    },
    dropped: () => failed("too many messages are waiting"),
    signal: patience.signal,
  });
}
