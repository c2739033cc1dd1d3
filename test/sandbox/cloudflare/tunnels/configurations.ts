import type { Request, Route } from "../../routes.ts";
import { Refusal, success } from "../envelope.ts";
import { isFields } from "../fields.ts";
import { timestamp } from "../ids.ts";
import type { CloudflareState, TunnelConfiguration } from "../state.ts";
import { documentFault } from "./ingress-rules.ts";
import { tunnelOf } from "./tunnels.ts";

export function configurationRoutes(state: CloudflareState): Route[] {
  const path = "/accounts/{account_id}/cfd_tunnel/{tunnel_id}/configurations";
  return [
    { method: "GET", path, answer: (request) => success(read(state, request)) },
    { method: "PUT", path, answer: (request) => success(write(state, request)) },
  ];
}

/** A tunnel that was never configured has version 0 and no document. */
function read(state: CloudflareState, { params }: Request): object {
  const tunnel = tunnelOf(state, params);
  const never = {
    version: 0,
    source: tunnel.config_src,
    created_at: tunnel.created_at,
    config: null,
  };
  return {
    tunnel_id: tunnel.id,
    account_id: state.accountId,
    ...(state.configurations.get(tunnel.id) ?? never),
  };
}

/** A PUT replaces the whole document, unconditionally: whatever the writer did not copy is lost. */
function write(state: CloudflareState, request: Request): object {
  const tunnel = tunnelOf(state, request.params);
  const { body } = request.call;
  const config = isFields(body) ? body.config : undefined;
  const fault =
    documentFault(config) ?? (state.refusesMarks === true ? markFault(config) : undefined);
  if (fault !== undefined)
    throw new Refusal(400, 1056, `Bad Configuration: Validation failed: ${fault}`);
  state.configurations.set(tunnel.id, {
    version: (state.configurations.get(tunnel.id)?.version ?? 0) + 1,
    source: tunnel.config_src,
    created_at: timestamp(),
    config: config as TunnelConfiguration["config"],
  });
  return read(state, request);
}

function markFault(config: unknown): string | undefined {
  const strange = /"audTag":\[[^\]]*"cfauth:/.test(JSON.stringify(config));
  return strange ? "audTag must be the audience of an Access application" : undefined;
}
