/** How long to wait for a reader after the stop signal, in milliseconds. */
const FLUSH_TIMEOUT_MS = 1_000;

/**
 * Waits until everything written has been read: `process.exit` drops data that does not fit into a
 * pipe's 64 kB. A closed reader does not delay the exit.
 *
 * @param stop - after an abort, waits no longer than a second
 */
export async function flushed(
  streams: readonly NodeJS.WritableStream[],
  stop: AbortSignal,
): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const startTimeout = (): void => void setTimeout(timeout.resolve, FLUSH_TIMEOUT_MS);
  if (stop.aborted) startTimeout();
  else stop.addEventListener("abort", startTimeout, { once: true });
  await Promise.race([
    Promise.all(
      streams.map((stream) => new Promise<void>((over) => stream.write("", () => over()))),
    ),
    timeout.promise,
  ]);
}
