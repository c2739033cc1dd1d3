import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What may be read before memory is freed. */
const UNFREED_BYTES = 2 * 1024 * 1024;

/**
 * Frees the memory of what is no longer used after each 2 MiB that were read. V8 by itself lets buffers that it does not hold in its
 * own heap pile up to a few hundred MB (measured with Node 24, 2026-12): too much beside a service that sends more than it should,
 * again and again.
 *
 * @returns is called with how many bytes were read
 */
export function createCollector(): (bytes: number) => void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let unfreed = 0;
  return (bytes) => {
    unfreed += bytes;
    if (unfreed <= UNFREED_BYTES) return;
    collect();
    unfreed = 0;
  };
}
