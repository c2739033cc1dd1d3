/** Cloudflare, its edge and Authentik on loopback, connected to each other as on the internet. */

import { type Authentik, startAuthentik } from "./authentik/index.ts";
import type { VersionName } from "./authentik/versions.ts";
import type { Call } from "./call.ts";
import { type Cloudflare, startCloudflare } from "./cloudflare/index.ts";
import { createControls, type LiveControls } from "./controls.ts";
import type { Resolve } from "./edge/connector/connector.ts";
import { type Edge, startEdge } from "./edge/index.ts";
import type { Seen } from "./edge/visit.ts";

export interface SandboxOptions {
  /** How cloudflared resolves the names of containers. */
  readonly resolve?: Resolve;
  /** The edge's port; by default any free one. */
  readonly port?: number;
  /** The port of Cloudflare's API; by default any free one. */
  readonly cloudflarePort?: number;
  /** The port of Authentik's API; by default any free one. */
  readonly authentikPort?: number;
  /** False: new tunnels show no connected cloudflared. The edge serves them all the same. */
  readonly cloudflared?: boolean;
  readonly onRequest?: (seen: Seen) => void;
  readonly version?: VersionName;
  /** Cloudflare's API token. */
  readonly token?: string;
  /** False: Authentik's API answers, but flows and scopes do not exist before `authentik.finishBoot()`. */
  readonly booted?: boolean;
  /** False: `auth.<zone>` is served without DNS and tunnel. True: like any hostname behind the tunnel, including Access. */
  readonly authentikBehindTunnel?: boolean;
  /** What a revocation of an application ends; by default "logins" (see edge/index.ts). */
  readonly revocation?: "logins" | "service-tokens-too";
  readonly rateLimit?: { readonly quota: number; readonly windowSeconds: number };
}

export interface Sandbox extends AsyncDisposable {
  readonly controls: LiveControls;
  readonly cloudflare: Cloudflare;
  readonly authentik: Authentik;
  readonly edge: Edge;
  /** The only zone. Browsers resolve its names to loopback. */
  readonly zone: string;
  /** cfauth's settings for this sandbox. */
  readonly environment: Readonly<Record<string, string>>;
  /** Cloudflare calls since the journal was cleared. */
  calls(): readonly Call[];
  close(): Promise<void>;
}

const ZONE = "home.localhost";
const TEAM = "home";

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const controls = createControls();
  const cloudflare = await startCloudflare({
    controls,
    zones: [ZONE],
    team: TEAM,
    cloudflared: options.cloudflared ?? true,
    ...(options.token !== undefined && { token: options.token }),
    ...(options.cloudflarePort !== undefined && { port: options.cloudflarePort }),
    ...(options.rateLimit && { rateLimit: options.rateLimit }),
  });
  const edge = await startEdge({
    view: cloudflare.propagation.view,
    team: TEAM,
    // As Cloudflare documents it: a login stays valid until it expires or is revoked.
    oldLogins: "kept",
    ...(options.resolve && { resolve: options.resolve }),
    ...(options.port !== undefined && { port: options.port }),
    ...(options.onRequest && { onRequest: options.onRequest }),
    ...(options.revocation && { revocation: options.revocation }),
  });
  cloudflare.onRevoke(edge.revoke);
  const publicOrigin = edge.url(`auth.${ZONE}`);
  const authentik = await startAuthentik({
    controls,
    publicOrigin,
    ready: options.booted ?? true,
    ...(options.version && { version: options.version }),
    ...(options.authentikPort !== undefined && { port: options.authentikPort }),
  });
  if (!options.authentikBehindTunnel) await edge.addDirectHost(`auth.${ZONE}`, authentik.handler);
  const close = async (): Promise<void> => {
    await Promise.all([edge.close(), authentik.close(), cloudflare.close()]);
  };
  return {
    controls,
    cloudflare,
    authentik,
    edge,
    zone: ZONE,
    environment: {
      CLOUDFLARE_API_TOKEN: cloudflare.state.token,
      CLOUDFLARE_BASE_URL: cloudflare.url,
      AUTHENTIK_URL: publicOrigin,
      AUTHENTIK_API_URL: authentik.url,
      AUTHENTIK_TOKEN: authentik.state.apiToken.key,
    },
    calls: () => controls.calls.filter(({ api }) => api === "cloudflare"),
    close,
    [Symbol.asyncDispose]: close,
  };
}
