import { test } from "vitest";
import { startSandbox } from "../sandbox/index.ts";
import { dockerResolver } from "../sandbox/edge/docker-resolver.ts";
import { docker, RUN_ID } from "../docker/run.ts";
import { network } from "../docker/network.ts";
import { start } from "../docker/container.ts";
import { startDaemon, until } from "./daemon.ts";
import { probe } from "../sandbox/edge/probe.ts";

test("record", async () => {
  await using net = await network("tunnel");
  const P = `cfauth-${RUN_ID}`;
  await using _a = await start({ name: "whoami", networks: [net], labels: { [`${P}.hostname`]: "whoami.home.localhost" } });
  await using _b = await start({ name: "plaza", networks: [net], labels: { [`${P}.hostname`]: "plaza.home.localhost", [`${P}.access`]: "public", [`${P}.admin.hostname`]: "plaza.home.localhost", [`${P}.admin.path`]: "/admin" } });
  for (let i = 0; i < 3; i++) {
    await using sandbox = await startSandbox({ resolve: dockerResolver(await docker(), [net.name]) });
    const env = { ...sandbox.environment, CFAUTH_NETWORK: net.name, CFAUTH_LABEL_PREFIX: P, CFAUTH_OWNER: "kill", CFAUTH_STARTUP_GRACE_PERIOD: "0s", NODE_COMPILE_CACHE: "/tmp/ncc", LOG_LEVEL: "info" };
    const t = performance.now();
    sandbox.controls.hook((c, m) => { if (m === "before" && c.n === 1) console.log("first call", performance.now() - t); });
    await using d = await startDaemon(env);
    await until("live", async () => (await d.report()).summary.live === 3);
    console.log("live", performance.now() - t, sandbox.controls.calls.length);
    if (i === 0) console.log(sandbox.controls.calls.map((c) => `${c.n} ${c.api} ${c.method} ${c.path} ${c.status}`).join("\n"), d.lines, JSON.stringify((await d.report()), null, 1));
    const t2 = performance.now();
    for (let j = 0; j < 100; j++) await probe(sandbox.edge.port, "whoami.home.localhost", "/");
    console.log("probe shut", (performance.now() - t2) / 100);
    const t3 = performance.now();
    let a; for (let j = 0; j < 100; j++) a = await probe(sandbox.edge.port, "plaza.home.localhost", "/");
    console.log("probe open", (performance.now() - t3) / 100, a?.status, a?.body);
  }
});
