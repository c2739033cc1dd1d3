#!/nodejs/bin/node
/**
 * In place of wollomatic/socket-proxy: allows the same requests as the original. The method must have a rule, `^` and
 * `$` are added to the rule, and the client must be in the network of `-allowfrom`, or at a current address of that name.
 */

import { lookup } from "node:dns/promises";
import { accessSync, constants } from "node:fs";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { BlockList } from "node:net";

const SOCKET = "/var/run/docker.sock";
const PORT = 2375;
/** The arguments of the Compose file. Like the original, this refuses unknown ones. */
const FLAGS =
  /^-(listenip|allowfrom|allow[A-Z]+|watchdoginterval|stoponwatchdog|allowhealthcheck)(?:=(.*))?$/s;

const flags = new Map<string, string>();
for (const arg of process.argv.slice(2)) {
  const [, name, value = ""] = FLAGS.exec(arg) ?? [];
  if (name === undefined) throw new Error(`flag provided but not defined: ${arg}`);
  flags.set(name, value);
}

/** The default: its own machine. */
const FROM = flags.get("allowfrom") ?? "127.0.0.1/32";

async function allowed({ method = "", url = "", socket }: IncomingMessage): Promise<number> {
  if (!(await known(socket.remoteAddress ?? ""))) return 403;
  const rule = flags.get(`allow${method}`);
  if (rule === undefined) return 405;
  return new RegExp(`^${rule}$`).test(decodeURIComponent(url.split("?")[0] ?? "")) ? 200 : 403;
}

async function known(address: string): Promise<boolean> {
  const [, network, bits] = /^([\d.]+)\/(\d+)$/.exec(FROM) ?? [];
  const from = new BlockList();
  if (network !== undefined) from.addSubnet(network, Number(bits));
  else
    for (const each of await lookup(FROM, { all: true, family: 4 }).catch(() => []))
      from.addAddress(each.address);
  return from.check(address);
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const status = await allowed(request);
  if (status !== 200) {
    response.writeHead(status).end();
    return;
  }
  const { method, url, headers } = request;
  const inner = http.request(
    { socketPath: SOCKET, method, path: url, headers, agent: false },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      response.flushHeaders();
      answer.pipe(response);
    },
  );
  inner.on("error", () => response.destroy());
  response.on("close", () => inner.destroy());
  request.pipe(inner);
}

process.on("SIGTERM", () => process.exit(0));
// The process has the group from the Compose file.
accessSync(SOCKET, constants.R_OK | constants.W_OK);
if (process.argv[1]?.endsWith("healthcheck")) process.exit(0);
http
  .createServer((request, response) => void serve(request, response))
  .listen(PORT, flags.get("listenip") ?? "127.0.0.1");
