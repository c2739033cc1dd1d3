/** `cfauth run` with CFAUTH_DRY_RUN and a minimal fake engine. */
import { expect, it } from "vitest";
import { seedTunnel } from "../../sandbox/cloudflare/seed.ts";
import { startSandbox } from "../../sandbox/index.ts";
import { until } from "../../support/until.ts";
import { listed } from "../../unit/sources/docker/listed.ts";
import { event, fakeEngine } from "../sources/docker/engine.ts";
import { running } from "./running.ts";

it("a dry run logs its whole plan in order, once, and writes nothing", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  const app = listed({
    Labels: {
      "cfauth.hostname": `app.${sandbox.zone}`,
      "cfauth.port": "80",
      "cfauth.access": "public",
    },
  });
  engine.on("/containers/json", (_request, response) => response.end(JSON.stringify([app])));
  const environment = {
    ...sandbox.environment,
    CFAUTH_DRY_RUN: "true",
    CFAUTH_TUNNEL_TOKEN_FILE: "/nowhere/tunnel-token",
    DOCKER_HOST: `unix://${engine.path}`,
  };
  await using cfauth = await running(environment);
  const looks = () =>
    sandbox.calls().filter(({ path }) => path.endsWith("/access/policies")).length;
  await until(() => looks() >= 4, "it has looked again and again");
  const { lines } = cfauth;
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
  expect(planned.at(-3)).toMatchObject({
    level: "info",
    action: "create",
    container: "whoami",
    exposure: "PUBLIC",
  });
  expect(lines.filter(({ msg }) => msg === "nothing is written in a dry run")).toEqual([
    expect.objectContaining({ steps: planned.length }),
  ]);
});

it("a dry run plans a new container without observing Cloudflare and Authentik again", async () => {
  await using sandbox = await startSandbox();
  seedTunnel(sandbox.cloudflare.state, { name: "cfauth" });
  await using engine = await fakeEngine();
  const app = (name: string) =>
    listed({
      Id: name,
      Names: [`/${name}`],
      Labels: { "cfauth.hostname": `${name}.${sandbox.zone}`, "cfauth.port": "80" },
    });
  const runs = [app("one")];
  engine.on("/containers/json", (_request, response) => response.end(JSON.stringify(runs)));
  const settings = {
    CFAUTH_DRY_RUN: "true",
    CFAUTH_RESYNC_INTERVAL: "1h",
    DOCKER_HOST: `unix://${engine.path}`,
  };
  await using cfauth = await running({ ...sandbox.environment, ...settings });
  const told = (hostname: string) =>
    cfauth.lines.some((line) => line["msg"] === "planned" && line["hostname"] === hostname);
  await until(() => told(`one.${sandbox.zone}`), "the first is planned");
  const before = sandbox.controls.calls.length;
  runs.push(app("two"));
  engine.send(event("start"));
  await until(() => told(`two.${sandbox.zone}`), "the second is planned");
  expect(sandbox.controls.calls.slice(before)).toEqual([]);
});
