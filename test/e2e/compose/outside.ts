/** The outside of a Compose project: the sandbox, at an address of this machine that its containers can reach. */

import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import net, { type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { addUser } from "../../sandbox/authentik/people.ts";
import { connectorToken } from "../../sandbox/cloudflare/tunnels/tunnels.ts";
import type { Sandbox } from "../../sandbox/index.ts";
import { docker } from "../docker/run.ts";

export interface Outside extends AsyncDisposable {
  /** `http://172.17.0.1:4711/client/v4` */
  readonly cloudflare: string;
  /** The host with its port. */
  readonly authentik: string;
  /** Where the stand-ins report what they have done: `PUT /connector` with a token, `PUT /bootstrap`. */
  readonly told: string;
}

/** This machine as containers see it; undefined where the engine is elsewhere. A bridge without containers is in no list of interfaces. */
export async function bridgeAddress(): Promise<string | undefined> {
  const { IPAM } = (await (await docker()).getNetwork("bridge").inspect()) as Bridge;
  const address = IPAM?.Config?.map(({ Gateway, Subnet }) => Gateway ?? firstOf(Subnet)).find(
    (it) => it !== undefined,
  );
  if (address === undefined) return undefined;
  const server = net.createServer();
  return new Promise((answer) => {
    server.once("error", () => answer(undefined));
    server.listen(0, address, () => server.close(() => answer(address)));
  });
}

interface Bridge {
  readonly IPAM?: {
    readonly Config?: readonly { readonly Gateway?: string; readonly Subnet?: string }[];
  };
}

/** What Docker takes where it was told no gateway: an engine that was restarted in between does not list it. */
const firstOf = (subnet: string | undefined): string | undefined =>
  subnet?.replace(/^(\d+\.\d+\.\d+)\.0\/\d+$/, "$1.1");

export async function outside(address: string, sandbox: Sandbox): Promise<Outside> {
  await using stack = new AsyncDisposableStack();
  const open = async (server: net.Server): Promise<string> => {
    server.listen(0, address);
    await once(server, "listening");
    stack.defer(() => void server.close());
    return `${address}:${(server.address() as AddressInfo).port}`;
  };
  const cloudflare = await open(passingOn(new URL(sandbox.cloudflare.url)));
  const authentik = await open(passingOn(new URL(sandbox.authentik.url)));
  const told = await open(
    http.createServer(async (request, response) =>
      response.writeHead(await heard(sandbox, request)).end(),
    ),
  );
  const scope = stack.move();
  return {
    cloudflare: `http://${cloudflare}${new URL(sandbox.cloudflare.url).pathname}`,
    authentik,
    told: `http://${told}`,
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

function passingOn({ hostname, port }: URL): net.Server {
  return net.createServer((visitor) => {
    const inner = net.connect(Number(port), hostname);
    for (const end of [visitor, inner])
      end.on("error", () => [visitor, inner].map((each) => each.destroy()));
    visitor.pipe(inner).pipe(visitor);
  });
}

async function heard(sandbox: Sandbox, request: IncomingMessage): Promise<number> {
  const body = await text(request);
  if (request.url === "/connector") return connected(sandbox, body);
  if (request.url === "/bootstrap") return bootstrapped(sandbox, JSON.parse(body));
  return 404;
}

function connected({ cloudflare: { state } }: Sandbox, token: string): number {
  const tunnel = [...state.tunnels.values()].find(
    (each) => connectorToken(state.accountId, each) === token,
  );
  if (tunnel === undefined) return 401;
  state.tunnels.set(tunnel.id, { ...tunnel, status: "healthy" });
  return 204;
}

interface Bootstrap {
  readonly token: string;
  /** All that the account of the token may do, and nothing else. */
  readonly permissions: readonly string[];
  readonly password: string;
  readonly email: string;
}

/** As Authentik's worker does it with AUTHENTIK_BOOTSTRAP_* and a blueprint: before that no token is valid. */
function bootstrapped(
  { authentik: { state } }: Sandbox,
  { token, permissions, password, email }: Bootstrap,
): number {
  const akadmin = state.users.find(({ username }) => username === "akadmin");
  if (akadmin === undefined) return 500;
  Object.assign(akadmin, { password, email });
  if (!state.users.some(({ username }) => username === "cfauth"))
    addUser(state, { username: "cfauth" });
  Object.assign(state.apiToken, {
    key: token,
    username: "cfauth",
    permissions: new Set(permissions),
  });
  return 204;
}
