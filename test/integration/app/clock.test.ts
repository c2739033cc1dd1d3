import { expect, it, vi } from "vitest";
import { startSandbox } from "../../sandbox/index.ts";
import { until } from "../../support/until.ts";
import { fakeEngine } from "../sources/docker/engine.ts";
import { running } from "./running.ts";

it("a system clock that is set forward does not make a daemon unhealthy that has just observed", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  engine.on("/containers/json", (_request, response) => response.end("[]"));
  await using cfauth = await running({
    ...sandbox.environment,
    DOCKER_HOST: `unix://${engine.path}`,
    CFAUTH_RESYNC_INTERVAL: "5m",
  });
  await until(async () => (await fetch(`${cfauth.url}/readyz`)).ok, "the first pass has converged");
  const later = Date.now() + 3 * 3_600_000;
  const clock = vi.spyOn(Date, "now").mockReturnValue(later);
  const health = await fetch(`${cfauth.url}/healthz`).finally(() => clock.mockRestore());
  expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
});
