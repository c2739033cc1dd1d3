import type { Message } from "./message.ts";

/** Sends messages to one target, one after the other. */
export interface DeliveryQueue {
  enqueue(message: Message): void;
  /** Resolves when the queue is empty and nothing is being sent. */
  idle(): Promise<void>;
}

export interface DeliveryQueueOptions {
  /** Never rejects. */
  readonly send: (message: Message) => Promise<void>;
  /** Called when a message is dropped in favour of newer ones. */
  readonly dropped: () => void;
  /** An abort drops the waiting messages. */
  readonly signal: AbortSignal;
}

/** A full queue drops its oldest message, because the newest ones describe the current state. */
const MAX_WAITING = 20;

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
      if (waiting.length > MAX_WAITING) {
        waiting.shift();
        dropped();
      }
      running ??= run();
    },
    idle: async () => running,
  };
}
