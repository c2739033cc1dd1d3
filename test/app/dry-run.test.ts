/** `cfauth run` with CFAUTH_DRY_RUN, on an engine made of a few lines. */
import { expect, it } from "vitest";
import { run } from "../../src/commands/run.ts";
import { readConfig } from "../../src/config.ts";
import { createLog } from "../../src/log.ts";
import { startSandbox } from "../sandbox/index.ts";
import { fakeEngine } from "../sources/docker/engine.ts";
import { listed } from "../sources/docker/listed.ts";
import { until } from "../sources/until.ts";

it("a dry run tells its whole plan in order, once, and writes nothing", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  const app = listed({ Labels: { "cfauth.hostname": `app.${sandbox.zone}`, "cfauth.port": "80", "cfauth.access": "public" } });
  engine.on("/containers/json", (_request, response) => response.end(JSON.stringify([app])));
  const settings = { CFAUTH_DRY_RUN: "true", CFAUTH_OWNER: "app", CFAUTH_LISTEN: "127.0.0.1:0", CFAUTH_RESYNC_INTERVAL: "1s" };
  const read = readConfig({ ...sandbox.environment, ...settings, DOCKER_HOST: `unix://${engine.path}` }, () => "");
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => lines.push(JSON.parse(line)) };
  const stop = new AbortController();
  const over = run(read.config, createLog({ level: "info", format: "json", secrets: read.config.secrets, stream }), stop.signal);
  const looks = () => sandbox.calls().filter(({ path }) => path.endsWith("/access/policies")).length;
  await until(() => looks() >= 4, "it has looked again and again");
  stop.abort();
  expect(await over).toBe(0);
  expect(sandbox.controls.writes()).toEqual([]);
  const planned = lines.filter(({ msg }) => msg === "planned");
  expect(planned.map(({ step }) => step)).toEqual(planned.map((_, at) => at + 1));
  expect(planned.slice(-5).map(({ kind, hostname }) => [kind, hostname])).toEqual([
    ["policy", undefined],
    ["access", `app.${sandbox.zone}`],
    ["ingress", `app.${sandbox.zone}`],
    ["dns", `app.${sandbox.zone}`],
    ["tile", `app.${sandbox.zone}`],
  ]);
  expect(planned.at(-3)).toMatchObject({ level: "info", action: "create", container: "whoami", exposure: "PUBLIC" });
  expect(lines.filter(({ msg }) => msg === "nothing is written in a dry run")).toEqual([
    expect.objectContaining({ steps: planned.length }),
  ]);
});
