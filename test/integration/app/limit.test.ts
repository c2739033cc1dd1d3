/** Cloudflare's rate limit is reached. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { startSandbox } from "../../sandbox/index.ts";
import { until } from "../../support/until.ts";
import { listed } from "../../unit/sources/docker/listed.ts";
import { fakeEngine } from "../sources/docker/engine.ts";
import { running } from "./running.ts";

const body = {
  success: false,
  errors: [{ code: 971, message: "slow down" }],
  messages: [],
  result: null,
};

it("container events do not make cfauth ask for the account again before the rate limit allows it", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  const { CLOUDFLARE_ACCOUNT_ID: _, ...environment } = sandbox.environment;
  sandbox.controls.fault(
    ({ path }) => path.endsWith("/accounts"),
    { kind: "status", status: 429, headers: { "retry-after": "300" }, body },
    Infinity,
  );
  await using _cfauth = await running({ ...environment, DOCKER_HOST: `unix://${engine.path}` });
  await until(() => sandbox.controls.calls.length > 0, "cfauth asked for the account");
  for (let event = 0; event < 20; event++) {
    engine.send("{}\n");
    await sleep(100);
  }
  expect(sandbox.controls.calls.map(({ path }) => path)).toEqual(["/accounts"]);
});

it("a change that waits for the rate limit when cfauth stops does not count as failed", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  const app = listed({ Labels: { "cfauth.hostname": `app.${sandbox.zone}`, "cfauth.port": "80" } });
  engine.on("/containers/json", (_request, response) => response.end(JSON.stringify([app])));
  // A call waits for a rest of up to 30 s. The rest must outlast the wait below on a slow machine.
  const limited = { kind: "status", status: 429, headers: { "retry-after": "29" }, body } as const;
  sandbox.controls.fault(({ api, write }) => api === "cloudflare" && write, limited, Infinity);
  const cfauth = await running({ ...sandbox.environment, DOCKER_HOST: `unix://${engine.path}` });
  // Authentik has no limit. Whether its part of the first wave was sent before the stop decides what is logged.
  const statuses = (api: "cloudflare" | "authentik") =>
    sandbox.controls.writes(api).map(({ status }) => status);
  await until(
    () => statuses("cloudflare").includes(429) && statuses("authentik").includes(201),
    "a change waits for the limit and no other change is in flight",
    25_000,
  );
  await cfauth[Symbol.asyncDispose]();
  // On a slow machine the pass may end after the daemon has stopped waiting for it.
  await until(
    () => cfauth.lines.some(({ msg }) => msg === "route waiting"),
    "the pass has ended",
    60_000,
  );
  expect(cfauth.lines.map(({ msg, object, reason }) => [msg, object ?? reason])).toEqual([
    ["started", undefined],
    ["stopping", undefined],
    ["applied", "Authentik provider"],
    ["route waiting", "waiting for the tunnel"],
  ]);
});
