import type { Message } from "./message.ts";

/** Messages to one target, one after the other. */
export interface DeliveryQueue {
  enqueue(message: Message): void;
  /** Resolves when nothing is under way and nothing waits. */
  idle(): Promise<void>;
}

export interface DeliveryQueueOptions {
  /** Never rejects. */
  readonly send: (message: Message) => Promise<void>;
  /** Told of one that is given up for newer ones. */
  readonly dropped: () => void;
  /** Once aborted what waits is let go. */
  readonly signal: AbortSignal;
}

/** More than these do not wait: the oldest is given up, since the newest tell how things are. */
const MOST_WAITING = 20;

export function createDeliveryQueue({
  send,
  dropped,
  signal,
}: DeliveryQueueOptions): DeliveryQueue {
  const waiting: Message[] = [];
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift())
      await send(next);
    running = undefined;
  };
  return {
    enqueue: (message) => {
      waiting.push(message);
      if (waiting.length > MOST_WAITING) {
        waiting.shift();
        dropped();
      }
      running ??= run();
    },
    idle: async () => running,
  };
}
