/** One request that was sent, for logs and metrics. */
export interface CallReport {
  readonly method: string;
  /** From the client's table of operations: `records.list`. */
  readonly operation: string;
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  /** From sending to the end of the answer, in milliseconds, without the time it waited for its turn. */
  readonly ms: number;
}

export type OnCall = ((report: CallReport) => void) | undefined;

/** Tells of the call when its answer is there, or when it is certain that none comes. */
export async function reported<A extends { readonly status: number }>(
  call: Pick<CallReport, "method" | "operation">,
  onCall: OnCall,
  answer: () => Promise<A>,
): Promise<A> {
  const started = performance.now();
  const report = (status: number | undefined): void => onCall?.({ ...call, status, ms: Math.round(performance.now() - started) });
  const answered = await answer().catch((error: unknown) => {
    report(undefined);
    throw error;
  });
  report(answered.status);
  return answered;
}
