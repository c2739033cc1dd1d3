/** What the child process says. */
export interface MemoryReport {
  /** How the calls ended, each different end once. */
  readonly ends: readonly string[];
  /** Most memory that the process had at any time, in MiB. */
  readonly peakMiB: number;
}
