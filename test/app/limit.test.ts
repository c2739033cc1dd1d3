/** Cloudflare's limit is reached. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { startSandbox } from "../sandbox/index.ts";
import { fakeEngine } from "../sources/docker/engine.ts";
import { listed } from "../sources/docker/listed.ts";
import { until } from "../sources/until.ts";
import { running } from "./running.ts";

const body = { success: false, errors: [{ code: 971, message: "slow down" }], messages: [], result: null };

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
  sandbox.controls.fault(({ write }) => write, { kind: "status", status: 429, headers: { "retry-after": "20" }, body }, Infinity);
  const cfauth = await running({ ...sandbox.environment, DOCKER_HOST: `unix://${engine.path}` });
  await until(() => sandbox.controls.writes().length > 0, "a change waits");
  await cfauth[Symbol.asyncDispose]();
  expect(cfauth.lines.map(({ msg }) => msg)).toEqual(["started", "stopping", "route waiting"]);
});
