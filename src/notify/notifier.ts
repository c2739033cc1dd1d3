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
  /** Of this installation; empty while it is not known yet. */
  readonly owner: () => string;
  readonly dryRun: boolean;
  readonly log: Pick<Log, "warn" | "info">;
  /** Told of each message and target how it ended. */
  readonly onSent?: (result: Sent) => void;
  readonly patience?: Partial<Omit<DeliveryTimeouts, "signal">>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export type Sent = "ok" | "failed";

export interface Notifier extends StatusSink {
  /** Lets go what can still go within a second. */
  close(): Promise<void>;
}

const PATIENCE = { tries: 3, timeoutMs: 10_000, backoffMs: 2_000 };

/** How long the end of the daemon waits for messages, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/** A timer that is to wait longer would go off at once. Milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Tells people what they want to hear of. Nothing waits for it, and nothing fails by it. */
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
  const lanes = targets.map((target) =>
    laneTo(target, { ...PATIENCE, ...patience, signal: stop.signal }, log, onSent),
  );
  let quiet = INITIAL_THROTTLE;
  /** Goes off when a problem has lasted long enough though nothing else happens. */
  let timer: NodeJS.Timeout | undefined;

  const hear = (news: StatusTransitions | undefined, at: number): void => {
    clearTimeout(timer);
    if (stop.signal.aborted) return;
    const heard = selectEvents(quiet, news, at, dryRun);
    quiet = heard.quiet;
    const message = messageOf(heard.events, { id: randomUUID(), at, owner: owner(), dryRun });
    if (message !== undefined) for (const lane of lanes) lane.enqueue(message);
    if (heard.wakeAt !== undefined)
      timer = setTimeout(
        () => hear(undefined, now()),
        Math.min(LONGEST_TIMER_MS, Math.max(0, heard.wakeAt - at)),
      ).unref();
  };

  return {
    transitions: hear,
    close: async () => {
      clearTimeout(timer);
      const sent = Promise.all(lanes.map((lane) => lane.idle()));
      const patient = new AbortController();
      await Promise.race([
        sent,
        sleep(LAST_WORDS_MS, undefined, { signal: patient.signal }).catch(() => undefined),
      ]);
      patient.abort();
      stop.abort();
      await sent;
    },
  };
}

/** A service that is down is told of once, and once when it takes messages again. */
function laneTo(
  target: Target,
  patience: DeliveryTimeouts,
  log: NotifierOptions["log"],
  onSent: NotifierOptions["onSent"],
): DeliveryQueue {
  let missed = 0;
  const failed = (why: string): void => {
    missed += 1;
    onSent?.("failed");
    if (missed === 1) log.warn({ to: target.name, why }, "notification not delivered");
  };
  return createDeliveryQueue({
    send: async (message) => {
      const result = await deliver(target, message, patience);
      if (!result.delivered) return failed(result.why);
      onSent?.("ok");
      if (missed > 0) log.info({ to: target.name, missed }, "notifications delivered again");
      missed = 0;
    },
    dropped: () => failed("too many wait already"),
    signal: patience.signal,
  });
}
