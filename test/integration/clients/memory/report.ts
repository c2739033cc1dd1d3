/** The output of the child process. */
export interface MemoryReport {
  /** How the calls ended, without repetitions. */
  readonly ends: readonly string[];
  /** The peak memory of the process, in MiB. */
  readonly peakMiB: number;
}
