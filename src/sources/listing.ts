import type { Workload } from "../core/domain/workload.ts";
import type { Source } from "./source.ts";

/** The list of a source, kept for a moment for others who ask for it. */
export interface Listing {
  /** Now. @throws {ServiceError} */
  list(): Promise<readonly Workload[]>;
  /** The last one where it is not older than this, in milliseconds, else a new one. @throws {ServiceError} */
  recent(maxAgeMs: number): Promise<readonly Workload[]>;
}

/** @param uptime - milliseconds of a clock that only goes forward */
export function createListing(source: Pick<Source, "list">, uptime: () => number): Listing {
  let last: { readonly workloads: Promise<readonly Workload[]>; readonly at: number } | undefined;
  const list = (): Promise<readonly Workload[]> => {
    const workloads = source.list();
    const asked = { workloads, at: uptime() };
    last = asked;
    workloads.catch(() => {
      if (last === asked) last = undefined;
    });
    return workloads;
  };
  return {
    list,
    recent: (maxAgeMs) =>
      last !== undefined && uptime() - last.at < maxAgeMs ? last.workloads : list(),
  };
}
