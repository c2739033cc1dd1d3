/** How long a reader may still take once cfauth is told to end, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/**
 * Until those who read have taken all that was written: an exit forgets what has not gone into a pipe yet, and 64 kB are all that
 * one holds. A reader that has gone has taken everything.
 *
 * @param stop - from then on nobody is waited for longer than a moment
 */
export async function flushed(
  streams: readonly NodeJS.WritableStream[],
  stop: AbortSignal,
): Promise<void> {
  const enough = Promise.withResolvers<void>();
  const hurry = (): void => void setTimeout(enough.resolve, LAST_WORDS_MS);
  if (stop.aborted) hurry();
  else stop.addEventListener("abort", hurry, { once: true });
  await Promise.race([
    Promise.all(
      streams.map((stream) => new Promise<void>((over) => stream.write("", () => over()))),
    ),
    enough.promise,
  ]);
}
