import { randomUUID } from "node:crypto";
import type { Target } from "../config/notify-target.ts";
import { type Delivery, deliver } from "./deliver.ts";
import { type MessageMeta, messageOf, testEvent } from "./message.ts";

export type TestDelivery = Delivery & {
  /** `ntfy at ntfy.sh` */
  readonly to: string;
};

/** Sends a test message to each target, without retries. Never throws. */
export async function sendTest(
  targets: readonly Target[],
  meta: Pick<MessageMeta, "at" | "owner">,
  signal: AbortSignal,
  timeoutMs = 10_000,
): Promise<readonly TestDelivery[]> {
  const message = messageOf([testEvent], { id: randomUUID(), dryRun: false, ...meta });
  if (message === undefined) return [];
  return Promise.all(
    targets.map(async (target) => ({
      to: target.name,
      ...(await deliver(target, message, { tries: 1, timeoutMs, backoffMs: 0, signal })),
    })),
  );
}
