import type { Request, Route } from "../../routes.ts";
import { paged, Refusal, success } from "../envelope.ts";
import { isFields, isText } from "../fields.ts";
import { timestamp, tunnelSecret, uuid } from "../ids.ts";
import type { CloudflareState, Tunnel } from "../state.ts";

export function tunnelRoutes(state: CloudflareState): Route[] {
  const all = "/accounts/{account_id}/cfd_tunnel";
  const one = `${all}/{tunnel_id}`;
  const show = (tunnel: Tunnel): object => shown(state, tunnel);
  return [
    {
      method: "GET",
      path: all,
      answer: (request) =>
        paged(request, listed(state, request).map(show), { usual: 20, most: 1000 }),
    },
    {
      method: "POST",
      path: all,
      answer: (request) => success(created(state, create(state, request))),
    },
    { method: "GET", path: one, answer: ({ params }) => success(show(tunnelOf(state, params))) },
    { method: "PATCH", path: one, answer: (request) => success(show(patch(state, request))) },
    { method: "DELETE", path: one, answer: ({ params }) => success(show(remove(state, params))) },
    {
      method: "GET",
      path: `${one}/token`,
      answer: ({ params }) => success(connectorToken(state.accountId, tunnelOf(state, params))),
    },
  ];
}

/** The token for `cloudflared tunnel run --token`. */
export function connectorToken(accountId: string, { id, secret }: Tunnel): string {
  return Buffer.from(JSON.stringify({ a: accountId, t: id, s: secret })).toString("base64");
}

export function tunnelOf(state: CloudflareState, params: Request["params"]): Tunnel {
  const tunnel = state.tunnels.get(params.tunnel_id ?? "");
  if (!tunnel) throw new Refusal(404, 1003, "Tunnel not found");
  return tunnel;
}

/** Deleted tunnels stay in the list for ever, unless the request has `is_deleted=false`. */
function listed(state: CloudflareState, { call: { query } }: Request): Tunnel[] {
  const deleted = query.get("is_deleted");
  const fits = ({ id, name, status, deleted_at }: Tunnel): boolean =>
    (deleted ?? `${deleted_at !== null}`) === `${deleted_at !== null}` &&
    (query.get("name") ?? name) === name &&
    (query.get("uuid") ?? id) === id &&
    (query.get("status") ?? status) === status;
  return [...state.tunnels.values()].filter(fits);
}

/** Without `config_src` the tunnel is configured locally. */
function create(state: CloudflareState, { call: { body } }: Request): Tunnel {
  const fields = isFields(body) ? body : {};
  const name = freeName(state, fields.name);
  const tunnel: Tunnel = {
    id: uuid(),
    name,
    config_src: fields.config_src === "cloudflare" ? "cloudflare" : "local",
    status: state.cloudflared ? "healthy" : "inactive",
    secret: fields.tunnel_secret === undefined ? tunnelSecret() : longEnough(fields.tunnel_secret),
    created_at: timestamp(),
    deleted_at: null,
  };
  state.tunnels.set(tunnel.id, tunnel);
  return tunnel;
}

function patch(state: CloudflareState, { params, call: { body } }: Request): Tunnel {
  const old = tunnelOf(state, params);
  const fields = isFields(body) ? body : {};
  const tunnel: Tunnel = {
    ...old,
    name: fields.name === undefined ? old.name : freeName(state, fields.name, old.id),
    secret: fields.tunnel_secret === undefined ? old.secret : longEnough(fields.tunnel_secret),
  };
  state.tunnels.set(tunnel.id, tunnel);
  return tunnel;
}

function remove(state: CloudflareState, params: Request["params"]): Tunnel {
  const old = tunnelOf(state, params);
  if (old.status === "healthy" || old.status === "degraded")
    throw new Refusal(400, 1022, "Cannot delete tunnel because it has active connections");
  const tunnel: Tunnel = { ...old, deleted_at: old.deleted_at ?? timestamp() };
  state.tunnels.set(tunnel.id, tunnel);
  state.configurations.delete(tunnel.id);
  return tunnel;
}

function freeName(state: CloudflareState, name: unknown, ownId?: string): string {
  if (!isText(name)) throw new Refusal(400, 1002, "Tunnel name is required");
  const taken = [...state.tunnels.values()].some(
    (other) => other.name === name && other.deleted_at === null && other.id !== ownId,
  );
  if (taken) throw new Refusal(409, 1013, "You already have a tunnel with this name");
  return name;
}

function longEnough(secret: unknown): string {
  if (typeof secret === "string" && Buffer.from(secret, "base64").length >= 32) return secret;
  throw new Refusal(400, 1002, "tunnel_secret must be base64 of at least 32 bytes");
}

/** Only the answer to a creation and `…/token` contain the secret. */
function created(state: CloudflareState, tunnel: Tunnel): object {
  const { id, name, secret } = tunnel;
  const credentials_file = {
    AccountTag: state.accountId,
    TunnelID: id,
    TunnelName: name,
    TunnelSecret: secret,
  };
  return {
    ...shown(state, tunnel),
    credentials_file,
    token: connectorToken(state.accountId, tunnel),
  };
}

function shown(
  state: CloudflareState,
  { id, name, config_src, status, created_at, deleted_at }: Tunnel,
): object {
  const active = status === "healthy" || status === "degraded";
  return {
    id,
    account_tag: state.accountId,
    name,
    status,
    config_src,
    remote_config: config_src === "cloudflare",
    tun_type: "cfd_tunnel",
    metadata: {},
    connections: [],
    conns_active_at: active ? created_at : null,
    conns_inactive_at: active ? null : created_at,
    created_at,
    deleted_at,
  };
}
