import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";
import { isNotFound } from "../../clients/not-found.ts";
import { ServiceError } from "../../core/errors.ts";
import { applyEach, type StateUpdate } from "../contract/apply.ts";
import type { ResourceDriver } from "../contract/driver.ts";
import { fileContains, writeTokenFile } from "./token-file.ts";
import type { ObservedTunnel, Tunnel, TunnelChange } from "./types.ts";

export interface TunnelDriverOptions {
  readonly cloudflare: Cloudflare;
  readonly account: string;
  /** The tunnel's name or id. If no tunnel has this name, it is created. */
  readonly name: string;
  /** The id in TUNNEL_TOKEN. It selects this tunnel, whatever its name is. */
  readonly tunnelId: string | undefined;
  /** The file for the connector token; undefined if no file is requested. */
  readonly tokenFile: string | undefined;
}

/** Observes and writes the tunnel and the file with its connector token. */
export function createTunnelDriver(
  options: TunnelDriverOptions,
): ResourceDriver<ObservedTunnel, TunnelChange> {
  return {
    kind: "tunnel",
    // While no connector is connected, every pass looks again: people are waiting for it.
    observe: (scope, before) =>
      scope === "routes" && before?.tunnel !== undefined && before.tunnel.connected !== false
        ? Promise.resolve(before)
        : observeAll(options),
    apply: (changes, observed) =>
      applyEach(changes, observed, (change) =>
        change.action === "create" ? create(options) : writeToken(options, change.id),
      ),
  };
}

async function observeAll(options: TunnelDriverOptions): Promise<ObservedTunnel> {
  const tunnel = await findTunnel(options);
  return { tunnel, tokenFile: await observeTokenFile(options, tunnel), name: options.name };
}

async function observeTokenFile(
  options: TunnelDriverOptions,
  tunnel: Tunnel | undefined,
): Promise<ObservedTunnel["tokenFile"]> {
  if (options.tokenFile === undefined) return undefined;
  return tunnel !== undefined &&
    (await fileContains(options.tokenFile, await tokenOf(options, tunnel.id)))
    ? "current"
    : "stale";
}

function findTunnel(options: TunnelDriverOptions): Promise<Tunnel | undefined> {
  const id = options.tunnelId ?? (UUID.test(options.name) ? options.name : undefined);
  return id === undefined ? findByName(options) : findById(options, id);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * @throws {ServiceError} CFA-TUNNEL-MISSING if it does not exist: a tunnel with a given id cannot
 *   be created
 */
async function findById(
  { cloudflare, account: account_id, tunnelId }: TunnelDriverOptions,
  id: string,
): Promise<Tunnel> {
  const setting = tunnelId === undefined ? "CFAUTH_TUNNEL" : "TUNNEL_TOKEN";
  try {
    const answer = await cloudflare.request("tunnels.get", TunnelAnswer, (sdk) =>
      sdk.zeroTrust.tunnels.cloudflared.get(id, { account_id }),
    );
    if (!answer.deleted_at) return tunnelFrom(answer);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  throw missingError(id, setting);
}

/** Without `is_deleted=false` the list includes deleted tunnels. */
async function findByName({
  cloudflare,
  account: account_id,
  name,
}: TunnelDriverOptions): Promise<Tunnel | undefined> {
  const tunnels = await cloudflare.list("tunnels.list", TunnelAnswer, (sdk, page) =>
    sdk.zeroTrust.tunnels.cloudflared.list({ account_id, name, is_deleted: false, ...page }),
  );
  const tunnel = tunnels.find((it) => it.name === name && !it.deleted_at);
  return tunnel && tunnelFrom(tunnel);
}

/**
 * Looks for a tunnel of that name first, and again if Cloudflare says that the name is taken: the
 * answer to an earlier attempt may have been lost.
 */
async function create(options: TunnelDriverOptions): Promise<StateUpdate<ObservedTunnel>> {
  const tunnel = (await findTunnel(options)) ?? (await createOrFind(options));
  const tokenFile = await observeTokenFile(options, tunnel);
  return (observed) => ({ ...observed, tunnel, tokenFile });
}

async function createOrFind(options: TunnelDriverOptions): Promise<Tunnel> {
  const { cloudflare, account: account_id, name } = options;
  const tunnel_secret = randomBytes(32).toString("base64");
  try {
    // Without config_src the tunnel would read its rules from a local file.
    const answer = await cloudflare.request(
      "tunnels.create",
      TunnelAnswer,
      (sdk) =>
        sdk.zeroTrust.tunnels.cloudflared.create({
          account_id,
          name,
          config_src: "cloudflare",
          tunnel_secret,
        }),
      [tunnel_secret],
    );
    return tunnelFrom(answer);
  } catch (error) {
    const found =
      error instanceof ServiceError && error.vendor.includes(NAME_TAKEN)
        ? await findByName(options)
        : undefined;
    if (found === undefined) throw error;
    return found;
  }
}

const NAME_TAKEN = "1013";

async function writeToken(
  options: TunnelDriverOptions,
  id: string,
): Promise<StateUpdate<ObservedTunnel>> {
  if (options.tokenFile !== undefined)
    await writeTokenFile(options.tokenFile, await tokenOf(options, id));
  return (observed) => ({
    ...observed,
    tokenFile: options.tokenFile === undefined ? undefined : "current",
  });
}

const tokenOf = (
  { cloudflare, account: account_id }: TunnelDriverOptions,
  id: string,
): Promise<string> =>
  cloudflare.request("tunnels.token", z.string(), (sdk) =>
    sdk.zeroTrust.tunnels.cloudflared.token.get(id, { account_id }),
  );

const TunnelAnswer = z.looseObject({
  id: z.string(),
  name: z.string(),
  config_src: z.string().nullish(),
  remote_config: z.boolean().nullish(),
  status: z.string().nullish(),
  deleted_at: z.string().nullish(),
});

function tunnelFrom({
  id,
  name,
  config_src,
  remote_config,
  status,
}: z.infer<typeof TunnelAnswer>): Tunnel {
  const local =
    config_src === undefined || config_src === null
      ? remote_config === false
      : config_src === "local";
  const connected = status ? ["healthy", "degraded"].includes(status) : undefined;
  return { id, name, source: local ? "local" : "cloudflare", connected };
}

const missingError = (id: string, setting: "TUNNEL_TOKEN" | "CFAUTH_TUNNEL"): ServiceError =>
  new ServiceError({
    service: "cloudflare",
    code: "CFA-TUNNEL-MISSING",
    message: `the tunnel ${id} of ${setting} is not in this account, or was deleted`,
    fix:
      setting === "TUNNEL_TOKEN"
        ? "set TUNNEL_TOKEN to the token of an existing tunnel (Zero Trust → Networks → Tunnels), or unset it and name a tunnel in CFAUTH_TUNNEL"
        : "set CFAUTH_TUNNEL to the id or the name of an existing tunnel (Zero Trust → Networks → Tunnels)",
    transient: false,
  });
