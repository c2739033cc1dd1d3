import type { Route } from "../../routes.ts";
import { success } from "../envelope.ts";
import type { Propagation } from "../propagation.ts";
import type { CloudflareState, Tunnel } from "../state.ts";
import { tunnelOf } from "./tunnels.ts";

/** A healthy tunnel has one connector with the usual four connections, a degraded one has two connections. */
const CONNECTIONS: Readonly<Record<Tunnel["status"], number>> = {
  healthy: 4,
  degraded: 2,
  down: 0,
  inactive: 0,
};

export function connectionRoutes(state: CloudflareState, propagation: Propagation): Route[] {
  const path = "/accounts/{account_id}/cfd_tunnel/{tunnel_id}/connections";
  return [
    {
      method: "GET",
      path,
      answer: ({ params }) =>
        success(connectors(tunnelOf(state, params), propagation, state.laggards)),
    },
    {
      method: "DELETE",
      path,
      answer: ({ params }) => {
        const tunnel = tunnelOf(state, params);
        if (CONNECTIONS[tunnel.status] > 0)
          state.tunnels.set(tunnel.id, { ...tunnel, status: "down" });
        return success(null);
      },
    },
  ];
}

/** `config_version` is the version that the connector runs, which may be behind the document. */
function connectors(
  tunnel: Tunnel,
  propagation: Propagation,
  laggards: readonly number[] = [],
): object[] {
  const count = CONNECTIONS[tunnel.status];
  if (count === 0) return [];
  const client = tunnel.id.replace(/^.{8}/, "c0ffee00");
  const conns = Array.from({ length: count }, (_, index) => ({
    id: tunnel.id.replace(/^.{8}/, `c0ffee1${index}`),
    uuid: tunnel.id.replace(/^.{8}/, `c0ffee1${index}`),
    client_id: client,
    client_version: "2026.8.2",
    colo_name: index % 2 === 0 ? "fra01" : "ams01",
    is_pending_reconnect: false,
    opened_at: tunnel.created_at,
    origin_ip: "192.0.2.10",
  }));
  const config_version = propagation.view().configurations.get(tunnel.id)?.version ?? 0;
  const first = {
    id: client,
    version: "2026.8.2",
    arch: "linux_amd64",
    features: [],
    run_at: tunnel.created_at,
    config_version,
    conns,
  };
  const others = laggards.map((version, index) => ({
    ...first,
    id: tunnel.id.replace(/^.{8}/, `c0ffee5${index}`),
    config_version: version,
  }));
  return [first, ...others];
}
