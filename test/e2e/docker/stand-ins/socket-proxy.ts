#!/nodejs/bin/node
/**
 * In place of wollomatic/socket-proxy: lets through what its arguments allow, as that does it: the method has a rule, `^` and
 * `$` stand round the rule, and who asks is within the network of `-allowfrom`, or at an address that its name has at this moment.
 */

import { lookup } from "node:dns/promises";
import { accessSync, constants } from "node:fs";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { BlockList } from "node:net";

const SOCKET = "/var/run/docker.sock";
const PORT = 2375;
/** Those of the Compose file; the real one refuses what it does not know, and so does this. */
const FLAGS =
  /^-(listenip|allowfrom|allow[A-Z]+|watchdoginterval|stoponwatchdog|allowhealthcheck)(?:=(.*))?$/s;

const flags = new Map<string, string>();
for (const arg of process.argv.slice(2)) {
  const [, name, value = ""] = FLAGS.exec(arg) ?? [];
  if (name === undefined) throw new Error(`flag provided but not defined: ${arg}`);
  flags.set(name, value);
}

/** What it is unless told: its own machine. */
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
// As it runs: with the group that the Compose file gives it.
accessSync(SOCKET, constants.R_OK | constants.W_OK);
if (process.argv[1]?.endsWith("healthcheck")) process.exit(0);
http
  .createServer((request, response) => void serve(request, response))
  .listen(PORT, flags.get("listenip") ?? "127.0.0.1");
