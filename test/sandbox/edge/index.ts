/** An HTTP server on loopback that serves public hostnames like Cloudflare's edge, Access and cloudflared. */

import http from "node:http";
import type { AddressInfo } from "node:net";
import type { EdgeView } from "../cloudflare/state.ts";
import { gate } from "./access/gate.ts";
import { logins, makeSigningKey, type SigningKey } from "./access/logins.ts";
import { serviceTokens } from "./access/service-tokens.ts";
import { teamDomain } from "./access/team.ts";
import { tickets } from "./access/tickets.ts";
import { connector, type Resolve } from "./connector/connector.ts";
import { type DirectHost, directHosts } from "./direct.ts";
import { tunnelOf } from "./dns.ts";
import { front } from "./front.ts";
import { listening } from "./listen.ts";
import type { Seen } from "./visit.ts";
import { wire } from "./wire.ts";

export interface EdgeOptions {
  /** Called for every request. */
  readonly view: () => EdgeView;
  /** First label of the team domain. */
  readonly team: string;
  /** Resolves the hosts of origins to addresses. By default only loopback names. */
  readonly resolve?: Resolve;
  /** Public hosts that are served without DNS, Access and the tunnel. */
  readonly directHosts?: Readonly<Record<string, DirectHost>>;
  /** By default any free port. */
  readonly port?: number;
  readonly onRequest?: (seen: Seen) => void;
  /** The team's key. By default a new one, which takes a tenth of a second. */
  readonly signingKey?: SigningKey;
  /**
   * "rechecked" (default): each request checks the login against the current policies. "kept": a login stays valid
   * until it expires or is revoked, as Cloudflare documents it for e-mail, login method and claims.
   */
  readonly oldLogins?: "rechecked" | "kept";
  /**
   * What a revocation of an application ends. By default "logins". "service-tokens-too": service tokens never get into
   * the application again, the worst reading of Cloudflare's schema ("invalidates every service token for the app").
   */
  readonly revocation?: "logins" | "service-tokens-too";
  /** Who resolves `.` and `..` in a path before matching it. By default nobody. */
  readonly cleansPaths?: { readonly access?: boolean; readonly connector?: boolean };
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface Edge extends AsyncDisposable {
  readonly port: number;
  /** `http://<host>:<port>` */
  url(host: string): string;
  /** Ends every existing login of the application, and what `revocation` adds. */
  revoke(aud: string): void;
  addDirectHost(host: string, to: DirectHost): Promise<void>;
  /** Why cloudflared refused configurations and kept the old ones. */
  readonly refusals: readonly string[];
  close(): Promise<void>;
}

const loopbackOnly: Resolve = async (host) =>
  host === "localhost" || host.endsWith(".localhost") || /^127\.\d+\.\d+\.\d+$/.test(host)
    ? host.startsWith("127.")
      ? host
      : "127.0.0.1"
    : undefined;

export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const {
    team,
    view,
    now = Date.now,
    onRequest = () => {},
    oldLogins = "rechecked",
    cleansPaths = {},
  } = options;
  const server = http.createServer({ maxHeaderSize: 64 * 1024 });
  const port = (): number => (server.address() as AddressInfo).port;
  const url = (host: string): string => `http://${host}:${port()}`;
  const teamUrl = (): string => url(`${team}.cloudflareaccess.localhost`);
  const relocated = (location: string): string =>
    location.replace(
      new RegExp(`^https://${team}\\.cloudflareaccess\\.com(?=[/?#]|$)`, "i"),
      teamUrl(),
    );

  const direct = await directHosts(options.directHosts ?? {});
  const known = logins({ team, key: options.signingKey ?? (await makeSigningKey()), now });
  const underWay = tickets();
  const machines = serviceTokens({ revocable: options.revocation === "service-tokens-too", now });
  const serves = (host: string): boolean =>
    direct.hosts.has(host) || tunnelOf(view().records, host) !== undefined;
  const cloudflared = connector({
    keys: known.keys,
    resolve: options.resolve ?? loopbackOnly,
    relocated,
    now,
    cleansPaths: cleansPaths.connector ?? false,
  });
  const serve = front({
    team,
    view,
    relocated,
    direct: direct.hosts,
    connector: cloudflared,
    teamDomain: teamDomain({
      team,
      view,
      url,
      logins: known,
      tickets: underWay,
      wire: wire({ port, serves }),
    }),
    gate: gate({
      logins: known,
      tickets: underWay,
      oldLogins,
      teamUrl,
      url,
      serviceTokens: machines,
      cleansPaths: cleansPaths.access ?? false,
    }),
  });
  const close = await listening({ server, port: options.port ?? 0, serve, onRequest });
  const closeAll = async (): Promise<void> => {
    await close();
    await direct.close();
  };
  return {
    port: port(),
    url,
    revoke: (aud) => {
      known.revoke(aud);
      machines.revoke(aud);
    },
    addDirectHost: direct.add,
    refusals: cloudflared.refusals,
    close: closeAll,
    [Symbol.asyncDispose]: closeAll,
  };
}
