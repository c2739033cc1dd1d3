import type { Workload } from "./workload.ts";

/**
 * The container that this process runs in; undefined outside Docker, or if the container has a
 * custom host name.
 *
 * @param hostname - the machine's host name: in a container its short id by default
 */
export const findSelf = (workloads: readonly Workload[], hostname: string): Workload | undefined =>
  /^[0-9a-f]{12,64}$/.test(hostname)
    ? workloads.find(({ id }) => id.startsWith(hostname))
    : undefined;
