/** Cloudflare's limit is reached before cfauth has begun, and containers come and go all the while. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { startSandbox } from "../sandbox/index.ts";
import { fakeEngine } from "../sources/docker/engine.ts";
import { until } from "../sources/until.ts";
import { running } from "./running.ts";

it("the account is not asked for again before the limit allows it", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  const { CLOUDFLARE_ACCOUNT_ID: _, ...environment } = sandbox.environment;
  const body = { success: false, errors: [{ code: 971, message: "slow down" }], messages: [], result: null };
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
