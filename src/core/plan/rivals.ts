import { formatDuration } from "../text/duration.ts";
import type { Holder } from "./holder.ts";
import type { RouteRequest } from "./route-requests.ts";
import type { Tenancy } from "./tenure.ts";
import type { PendingRoute } from "./types.ts";

/**
 * Those who would get a route whose tenant is missing: they wait for its grace.
 *
 * @param requests - in order of precedence
 */
export function waitForTenant(
  requests: readonly RouteRequest[],
  vacancy: Extract<Tenancy, { readonly is: "vacant" }>,
  now: number,
): readonly PendingRoute[] {
  const [heir, ...others] = requests.filter(({ kind }) => kind === "sound");
  if (heir === undefined) return [];
  const { tenant, until, unsure } = vacancy;
  if (unsure) {
    const unclear =
      tenant === undefined
        ? "the container that had it when cfauth started"
        : `container ${tenant.workload}`;
    return [
      {
        route: heir.key,
        cause: "rival",
        reason: `${unclear}, which has it and whose labels are faulty`,
      },
    ];
  }
  const holder =
    tenant === undefined
      ? "the container that had it when cfauth started"
      : `container ${tenant.workload}, which had it and stopped`;
  const first =
    others.length === 0
      ? heir.workload
      : `${heir.workload}, before ${others.map(({ workload }) => workload).join(" and ")},`;
  return [
    {
      route: heir.key,
      cause: "rival",
      reason: `${holder}; ${first} takes over in ${formatDuration(until - now)} unless it comes back`,
    },
  ];
}

/** One that asks for a path of a hostname whose holder is missing: only the holder can admit it. */
export function waitForHolder(
  request: RouteRequest,
  { name, until }: Extract<Holder, { readonly is: "missing" }>,
  now: number,
): PendingRoute {
  const { hostname } = request.route;
  const holder =
    name === undefined
      ? `the container that held ${hostname} when cfauth started`
      : `container ${name}, which holds ${hostname} and stopped`;
  return {
    route: request.key,
    cause: "rival",
    reason: `${holder}; unless it comes back, ${request.workload} goes on in ${formatDuration(until - now)}`,
  };
}
