#!/nodejs/bin/node
/**
 * In place of wollomatic/socket-proxy: lets through what its arguments allow, as that does it: the method has a rule, `^` and
 * `$` stand round the rule, and who asks is at an address that the name of `-allowfrom` has at this moment.
 */

import { lookup } from "node:dns/promises";
import { accessSync, constants } from "node:fs";
import http, { type IncomingMessage, type ServerResponse } from "node:http";

const SOCKET = "/var/run/docker.sock";
const PORT = 2375;
/** Those of the Compose file; the real one refuses what it does not know, and so does this. */
const FLAGS = /^-(listenip|allowfrom|allow[A-Z]+|watchdoginterval|stoponwatchdog|allowhealthcheck)(?:=(.*))?$/s;

const flags = new Map<string, string>();
for (const arg of process.argv.slice(2)) {
  const [, name, value = ""] = FLAGS.exec(arg) ?? [];
  if (name === undefined) throw new Error(`flag provided but not defined: ${arg}`);
  flags.set(name, value);
}

async function allowed({ method = "", url = "", socket }: IncomingMessage): Promise<number> {
  const from = await lookup(flags.get("allowfrom") ?? "", { all: true, family: 4 }).catch(() => []);
  if (!from.some(({ address }) => address === socket.remoteAddress)) return 403;
  const rule = flags.get(`allow${method}`);
  if (rule === undefined) return 405;
  return new RegExp(`^${rule}$`).test(decodeURIComponent(url.split("?")[0] ?? "")) ? 200 : 403;
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const status = await allowed(request);
  if (status !== 200) {
    response.writeHead(status).end();
    return;
  }
  const { method, url, headers } = request;
  const inner = http.request({ socketPath: SOCKET, method, path: url, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    response.flushHeaders();
    answer.pipe(response);
  });
  inner.on("error", () => response.destroy());
  response.on("close", () => inner.destroy());
  request.pipe(inner);
}

process.on("SIGTERM", () => process.exit(0));
// As it runs: with the group that the Compose file gives it.
accessSync(SOCKET, constants.R_OK | constants.W_OK);
if (process.argv[1]?.endsWith("healthcheck")) process.exit(0);
http.createServer((request, response) => void serve(request, response)).listen(PORT, flags.get("listenip") ?? "127.0.0.1");
