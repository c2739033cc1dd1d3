/** One request that was sent, for logs and metrics. */
export interface CallReport {
  readonly method: string;
  /** From the client's table of operations: `records.list`. */
  readonly operation: string;
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  /** From sending to the end of the answer, in milliseconds, without the time it waited for its turn. */
  readonly ms: number;
  /** How long it waited for its turn before it was sent, in milliseconds; undefined where none waits. */
  readonly waitedMs?: number | undefined;
  /** How many more requests the service lets in for now; undefined where it does not say. */
  readonly remaining?: number | undefined;
}

export type OnCall = ((report: CallReport) => void) | undefined;

/** Where more is to be read than the status of an answer. */
export interface Reading<A> {
  /** For clients that throw what is not a success. */
  readonly statusOf?: (error: unknown) => number | undefined;
  readonly remaining?: (answer: A) => number | undefined;
}

/** Tells of the call when its answer is there, or when it is certain that none comes. */
export async function withCallReport<A extends { readonly status: number }>(
  call: Pick<CallReport, "method" | "operation" | "waitedMs">,
  onCall: OnCall,
  answer: () => Promise<A>,
  { statusOf, remaining }: Reading<A> = {},
): Promise<A> {
  const started = performance.now();
  const report = (said: Pick<CallReport, "status" | "remaining">): void =>
    onCall?.({ ...call, ...said, ms: Math.round(performance.now() - started) });
  const answered = await answer().catch((error: unknown) => {
    report({ status: statusOf?.(error) });
    throw error;
  });
  report({ status: answered.status, remaining: remaining?.(answered) });
  return answered;
}
