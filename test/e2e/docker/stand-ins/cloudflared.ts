#!/nodejs/bin/node
/**
 * In place of cloudflared, as far as the Compose file needs it: `tunnel run` exits if the token file does not exist yet,
 * else it reports to the sandbox that it is connected; `tunnel --metrics <address> ready` checks that.
 */

import { readFileSync } from "node:fs";
import http from "node:http";

const { TUNNEL_TOKEN_FILE = "", TUNNEL_METRICS = "", SANDBOX = "" } = process.env;
const args = process.argv.slice(2).filter((arg) => arg !== "--no-autoupdate");

async function run(): Promise<void> {
  const token = readFileSync(TUNNEL_TOKEN_FILE, "utf8").trim();
  const answer = await fetch(`${SANDBOX}/connector`, { method: "PUT", body: token });
  if (!answer.ok) throw new Error(`the sandbox does not know this token: ${answer.status}`);
  const [host, port] = TUNNEL_METRICS.split(":");
  http
    .createServer((request, response) =>
      response.writeHead(request.url === "/ready" ? 200 : 404).end(),
    )
    .listen(Number(port), host);
}

async function ready(address: string): Promise<void> {
  const answer = await fetch(`http://${address}/ready`);
  if (!answer.ok) throw new Error("not connected");
}

process.on("SIGTERM", () => process.exit(0));
if (args.join(" ") === "tunnel run") await run();
else if (args[0] === "tunnel" && args[1] === "--metrics" && args[3] === "ready")
  await ready(args[2] ?? "");
else throw new Error(`not a command of cloudflared's that the stand-in knows: ${args.join(" ")}`);
