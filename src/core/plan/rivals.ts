import { formatDuration } from "../text/duration.ts";
import type { Holder } from "./holder.ts";
import type { RouteRequest } from "./route-requests.ts";
import type { Tenancy } from "./tenure.ts";
import type { PendingRoute } from "./types.ts";

/**
 * A route whose tenant is missing or unsure: the others that ask for it wait.
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
  const unknown = "the container that had it when cfauth started";
  if (unsure) {
    const holder = tenant === undefined ? unknown : `container ${tenant.workload}`;
    return [
      {
        route: heir.key,
        cause: "rival",
        reason: `${holder}, which has it and whose labels are faulty`,
      },
    ];
  }
  const holder =
    tenant === undefined ? unknown : `container ${tenant.workload}, which had it and stopped`;
  const first =
    others.length === 0
      ? heir.workload
      : `${heir.workload}, before ${others.map(({ workload }) => workload).join(" and ")},`;
  const wait = formatDuration(until - now);
  return [
    {
      route: heir.key,
      cause: "rival",
      reason: `${holder}; ${first} takes over in ${wait} unless it comes back`,
    },
  ];
}

/**
 * A path inside a hostname whose holder is missing: it waits, because only the holder can admit it.
 */
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
  const wait = formatDuration(until - now);
  return {
    route: request.key,
    cause: "rival",
    reason: `${holder}; ${request.workload} continues in ${wait} unless it comes back`,
  };
}
