import type { Workload } from "./workload.ts";

/**
 * The container that this process runs in; undefined outside of Docker, and where the container has a host name of its own.
 *
 * @param hostname - the machine's name: in a container its short id
 */
export const findSelf = (workloads: readonly Workload[], hostname: string): Workload | undefined =>
  /^[0-9a-f]{12,64}$/.test(hostname)
    ? workloads.find(({ id }) => id.startsWith(hostname))
    : undefined;
