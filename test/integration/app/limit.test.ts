/** Cloudflare's limit is reached. */
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

it("before cfauth has begun: the account is not asked for again before the limit allows it, whatever containers come and go", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  const { CLOUDFLARE_ACCOUNT_ID: _, ...environment } = sandbox.environment;
  sandbox.controls.fault(
    ({ path }) => path.endsWith("/accounts"),
    { kind: "status", status: 429, headers: { "retry-after": "300" }, body },
    Infinity,
  );
  await using _cfauth = await running({ ...environment, DOCKER_HOST: `unix://${engine.path}` });
  await until(() => sandbox.controls.calls.length > 0, "it was asked for once");
  for (let event = 0; event < 20; event++) {
    engine.send("{}\n");
    await sleep(100);
  }
  expect(sandbox.controls.calls.map(({ path }) => path)).toEqual(["/accounts"]);
});

it("what waits for it when cfauth is told to end is no change that failed", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  const app = listed({ Labels: { "cfauth.hostname": `app.${sandbox.zone}`, "cfauth.port": "80" } });
  engine.on("/containers/json", (_request, response) => response.end(JSON.stringify([app])));
  const limited = { kind: "status", status: 429, headers: { "retry-after": "20" }, body } as const;
  sandbox.controls.fault(({ api, write }) => api === "cloudflare" && write, limited, Infinity);
  const cfauth = await running({ ...sandbox.environment, DOCKER_HOST: `unix://${engine.path}` });
  // Authentik's part of the first wave has no limit. Whether it was sent before the end would decide what is logged.
  const statuses = (api: "cloudflare" | "authentik") =>
    sandbox.controls.writes(api).map(({ status }) => status);
  await until(
    () => statuses("cloudflare").includes(429) && statuses("authentik").includes(201),
    "a change waits, and no other is under way",
  );
  await cfauth[Symbol.asyncDispose]();
  expect(cfauth.lines.map(({ msg, object, reason }) => [msg, object ?? reason])).toEqual([
    ["started", undefined],
    ["stopping", undefined],
    ["applied", "Authentik provider"],
    ["route waiting", "waiting for the tunnel"],
  ]);
});
