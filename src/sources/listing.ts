import type { Workload } from "../core/domain/workload.ts";
import type { Source } from "./source.ts";

/** Lists a source and keeps the last list so that other callers can reuse it. */
export interface Listing {
  /** Lists now. @throws {ServiceError} */
  list(): Promise<readonly Workload[]>;
  /**
   * Returns the last list if it is younger than `maxAgeMs`, otherwise a new one. @throws
   * {ServiceError}
   */
  recent(maxAgeMs: number): Promise<readonly Workload[]>;
}

/** @param uptime - a monotonic clock in milliseconds */
export function createListing(source: Pick<Source, "list">, uptime: () => number): Listing {
  let last: { readonly workloads: Promise<readonly Workload[]>; readonly at: number } | undefined;
  const list = (): Promise<readonly Workload[]> => {
    const workloads = source.list();
    const listed = { workloads, at: uptime() };
    last = listed;
    workloads.catch(() => {
      if (last === listed) last = undefined;
    });
    return workloads;
  };
  return {
    list,
    recent: (maxAgeMs) =>
      last !== undefined && uptime() - last.at < maxAgeMs ? last.workloads : list(),
  };
}
