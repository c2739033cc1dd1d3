import { z } from "zod";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";

const Connectors = z.array(z.looseObject({ config_version: z.number().nullish() })).nullish();

export interface TunnelAddress {
  readonly cloudflare: Cloudflare;
  readonly account: string;
  readonly tunnel: string;
}

/**
 * The document version that each connector of the tunnel runs; undefined if it does not report one.
 */
export async function runningVersions({
  cloudflare,
  account: account_id,
  tunnel,
}: TunnelAddress): Promise<readonly (number | undefined)[]> {
  const connectors = await cloudflare.request("tunnels.connections", Connectors, (sdk) =>
    sdk.zeroTrust.tunnels.cloudflared.connections.get(tunnel, { account_id }),
  );
  return (connectors ?? []).map(({ config_version }) => config_version ?? undefined);
}
