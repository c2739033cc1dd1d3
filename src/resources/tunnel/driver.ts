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
  /** The tunnel's name or id, by which it is found, and made when there is none of that name. */
  readonly name: string;
  /** Out of TUNNEL_TOKEN: this very tunnel, whatever its name. */
  readonly tunnelId: string | undefined;
  /** Where the connector token goes; undefined when it is not asked for. */
  readonly tokenFile: string | undefined;
}

/** The tunnel, and the file with its connector token. */
export function createTunnelDriver(
  options: TunnelDriverOptions,
): ResourceDriver<ObservedTunnel, TunnelChange> {
  return {
    kind: "tunnel",
    // One that nobody is connected to is looked at until somebody is: that is what people wait for.
    observe: (depth, before) =>
      depth === "routes" && before?.tunnel !== undefined && before.tunnel.connected !== false
        ? Promise.resolve(before)
        : look(options),
    apply: (changes, observed) =>
      applyEach(changes, observed, (change) =>
        change.action === "create" ? create(options) : writeToken(options, change.id),
      ),
  };
}

async function look(options: TunnelDriverOptions): Promise<ObservedTunnel> {
  const tunnel = await find(options);
  return { tunnel, tokenFile: await fileStands(options, tunnel), name: options.name };
}

async function fileStands(
  options: TunnelDriverOptions,
  tunnel: Tunnel | undefined,
): Promise<ObservedTunnel["tokenFile"]> {
  if (options.tokenFile === undefined) return undefined;
  return tunnel !== undefined &&
    (await fileContains(options.tokenFile, await tokenOf(options, tunnel.id)))
    ? "current"
    : "stale";
}

function find(options: TunnelDriverOptions): Promise<Tunnel | undefined> {
  const id = options.tunnelId ?? (UUID.test(options.name) ? options.name : undefined);
  return id === undefined ? findByName(options) : findById(options, id);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws {ServiceError} CFA-TUNNEL-MISSING when it is not there: one that is named by its id cannot be made */
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
  throw missing(id, setting);
}

/** Without `is_deleted=false` the list has deleted tunnels too. */
async function findByName({
  cloudflare,
  account: account_id,
  name,
}: TunnelDriverOptions): Promise<Tunnel | undefined> {
  const found = await cloudflare.list("tunnels.list", TunnelAnswer, (sdk, page) =>
    sdk.zeroTrust.tunnels.cloudflared.list({ account_id, name, is_deleted: false, ...page }),
  );
  const tunnel = found.find((it) => it.name === name && !it.deleted_at);
  return tunnel && tunnelFrom(tunnel);
}

/** Looks for one of that name first, and once more when Cloudflare says that there is: the answer to an earlier try may have been lost. */
async function create(options: TunnelDriverOptions): Promise<StateUpdate<ObservedTunnel>> {
  const tunnel = (await find(options)) ?? (await made(options));
  const tokenFile = await fileStands(options, tunnel);
  return (observed) => ({ ...observed, tunnel, tokenFile });
}

async function made(options: TunnelDriverOptions): Promise<Tunnel> {
  const { cloudflare, account: account_id, name } = options;
  const tunnel_secret = randomBytes(32).toString("base64");
  try {
    // Without config_src the tunnel would take its rules from a file of its own.
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

const missing = (id: string, setting: "TUNNEL_TOKEN" | "CFAUTH_TUNNEL"): ServiceError =>
  new ServiceError({
    service: "cloudflare",
    code: "CFA-TUNNEL-MISSING",
    message: `the tunnel ${id} of ${setting} is not in this account, or was deleted`,
    fix:
      setting === "TUNNEL_TOKEN"
        ? "set TUNNEL_TOKEN to the token of a tunnel that is there (Zero Trust → Networks → Tunnels), or unset it and name one in CFAUTH_TUNNEL"
        : "set CFAUTH_TUNNEL to the id or the name of a tunnel that is there (Zero Trust → Networks → Tunnels)",
    transient: false,
  });
