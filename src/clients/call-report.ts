/** One request that was sent, for logs and metrics. */
export interface CallReport {
  readonly method: string;
  /** The name in the client's table of operations: `records.list`. */
  readonly operation: string;
  /** Undefined if there was no response. */
  readonly status: number | undefined;
  /** From sending to the end of the response, without the time in the queue. Milliseconds. */
  readonly ms: number;
  /**
   * How long the request waited in the queue, in milliseconds; undefined if the client has no
   * queue.
   */
  readonly waitedMs?: number | undefined;
  /** How many more requests the service allows for now; undefined if it does not say. */
  readonly remaining?: number | undefined;
}

export type OnCall = ((report: CallReport) => void) | undefined;

/** How to read further facts from a response or an error. */
export interface Reading<A> {
  /** For clients that throw on any status but success. */
  readonly statusOf?: (error: unknown) => number | undefined;
  readonly remaining?: (answer: A) => number | undefined;
}

/** Reports the call when its response is complete, or when it has failed. */
export async function withCallReport<A extends { readonly status: number }>(
  call: Pick<CallReport, "method" | "operation" | "waitedMs">,
  onCall: OnCall,
  answer: () => Promise<A>,
  { statusOf, remaining }: Reading<A> = {},
): Promise<A> {
  const started = performance.now();
  const report = (outcome: Pick<CallReport, "status" | "remaining">): void =>
    onCall?.({ ...call, ...outcome, ms: Math.round(performance.now() - started) });
  const answered = await answer().catch((error: unknown) => {
    report({ status: statusOf?.(error) });
    throw error;
  });
  report({ status: answered.status, remaining: remaining?.(answered) });
  return answered;
}
