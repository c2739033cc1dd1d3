import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How much may be read before memory is freed. */
const UNFREED_BYTES = 2 * 1024 * 1024;

/**
 * Runs the garbage collector after each 2 MiB that were read. On its own, V8 lets buffers outside
 * its heap pile up to a few hundred MB (measured with Node 24, 2026-12). That is too much if a
 * service repeatedly sends more than it should.
 *
 * @returns a function to call with the number of bytes that were read
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
