#!/nodejs/bin/node
/**
 * In place of Authentik: `server` forwards everything to the sandbox, `worker` creates there what AUTHENTIK_BOOTSTRAP_* and the
 * mounted blueprint ask for, `healthcheck` reports that either runs. None starts without the settings that Authentik requires.
 */

import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";

const { env } = process;
const PORT = 9000;
/** Writable for everyone, as /tmp in the real image. */
const UP = "/dev/shm/up";

for (const name of [
  "AUTHENTIK_SECRET_KEY",
  "AUTHENTIK_POSTGRESQL__HOST",
  "AUTHENTIK_POSTGRESQL__PASSWORD",
])
  if (!env[name]) throw new Error(`${name} is not set`);

function server(): void {
  const [host, port] = (env["SANDBOX_AUTHENTIK"] ?? "").split(":");
  const listening = net.createServer((visitor) => {
    const inner = net.connect(Number(port), host ?? "");
    for (const end of [visitor, inner])
      end.on("error", () => void [visitor, inner].map((each) => each.destroy()));
    visitor.pipe(inner).pipe(visitor);
  });
  listening.listen(PORT, "0.0.0.0", up);
}

async function worker(): Promise<void> {
  const blueprint = readFileSync("/blueprints/custom/cfauth.yaml", "utf8");
  const body = JSON.stringify({
    token: env["CFAUTH_TOKEN"],
    permissions: [...blueprint.matchAll(/^ +- (authentik_\w+\.\w+)$/gm)].map(
      ([, permission]) => permission,
    ),
    password: env["AUTHENTIK_BOOTSTRAP_PASSWORD"],
    email: env["AUTHENTIK_BOOTSTRAP_EMAIL"],
  });
  const answer = await fetch(`${env["SANDBOX"]}/bootstrap`, { method: "PUT", body });
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}`);
  setInterval(() => {}, 60_000);
  up();
}

const up = (): void => writeFileSync(UP, "");

process.on("SIGTERM", () => process.exit(0));
if (process.argv[2] === "server") server();
else if (process.argv[2] === "worker") await worker();
else throw new Error("server or worker");
