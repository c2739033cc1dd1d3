import { randomUUID } from "node:crypto";
import { type Delivery, deliver } from "./deliver.ts";
import { type Letterhead, messageOf, testEvent } from "./message.ts";
import type { Target } from "./target.ts";

export type Tested = Delivery & {
  /** `ntfy at ntfy.sh` */
  readonly to: string;
};

/** Sends a test to each target, once. Never throws. @param at - milliseconds since 1970 */
export async function sendTest(
  targets: readonly Target[],
  letterhead: Pick<Letterhead, "at" | "owner">,
  signal: AbortSignal,
  timeoutMs = 10_000,
): Promise<readonly Tested[]> {
  const message = messageOf([testEvent], { id: randomUUID(), dryRun: false, ...letterhead });
  if (message === undefined) return [];
  return Promise.all(
    targets.map(async (target) => ({
      to: target.name,
      ...(await deliver(target, message, { tries: 1, timeoutMs, backoffMs: 0, signal })),
    })),
  );
}
