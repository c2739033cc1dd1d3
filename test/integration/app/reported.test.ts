/** How a closing and a narrowing that cloudflared does not run yet are reported: log, status page, `/readyz`, notification. */
import { expect, it } from "vitest";
import type { ListedContainer } from "../../../src/sources/docker/container.ts";
import type { Report } from "../../../src/status/report.ts";
import { startSandbox } from "../../sandbox/index.ts";
import { until } from "../../support/until.ts";
import { listed } from "../../unit/sources/docker/listed.ts";
import { answer, stub } from "../clients/stub.ts";
import { event, fakeEngine } from "../sources/docker/engine.ts";
import { type Running, running } from "./running.ts";

const PATIENCE_MS = 30_000;

/** The monotonic clock, which a test can set forward. */
function uptime() {
  const { now } = performance;
  let by = 0;
  performance.now = () => now.call(performance) + by;
  return {
    later: (ms: number) => {
      by += ms;
    },
    [Symbol.dispose]: () => {
      performance.now = now;
    },
  };
}

const report = async ({ url }: Running): Promise<Report> =>
  (await (await fetch(`${url}/api/routes`)).json()) as Report;
const ready = async ({ url }: Running): Promise<number> => (await fetch(`${url}/readyz`)).status;

it("a closing and a narrowing are not reported as done before cloudflared runs them, and a lasting delay is an error everywhere", {
  timeout: 120_000,
}, async () => {
  using clock = uptime();
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  await using people = await stub(answer(200, {}));
  const container = (name: string, labels: Readonly<Record<string, string>>): ListedContainer =>
    listed({
      Id: name.repeat(16),
      Names: [`/${name}`],
      Labels: { "cfauth.hostname": `${name}.${sandbox.zone}`, "cfauth.port": "80", ...labels },
    });
  let containers = [
    container("wiki", { "cfauth.access": "public" }),
    container("blog", { "cfauth.access": "public" }),
  ];
  engine.on("/containers/json", (_request, response) => response.end(JSON.stringify(containers)));
  await using cfauth = await running({
    ...sandbox.environment,
    DOCKER_HOST: `unix://${engine.path}`,
    CFAUTH_GRACE_PERIOD: "0s",
    CFAUTH_STARTUP_GRACE_PERIOD: "0s",
    CFAUTH_NOTIFY_URL: `${people.url}/hook`,
  });
  const states = async () =>
    (await report(cfauth)).routes
      .map(({ hostname, state }) => `${hostname.split(".")[0]} ${state}`)
      .toSorted();
  const codes = async () => (await report(cfauth)).problems.map(({ code }) => code);
  const said = (msg: string) => cfauth.lines.filter((line) => line["msg"] === msg);
  const heard = () => JSON.stringify(people.received.map(({ body }) => body));
  await until(
    async () => (await states()).join() === "blog live,wiki live",
    "both are live",
    PATIENCE_MS,
  );
  expect(await ready(cfauth)).toBe(200);

  sandbox.cloudflare.propagation.lag({ configuration: Infinity });
  containers = [container("blog", { "cfauth.access": "authentik" })];
  engine.send(event("die"));
  await until(
    async () => (await states()).join() === "blog waiting,wiki closing",
    "neither is in force",
    PATIENCE_MS,
  );
  const closing = (await report(cfauth)).routes.find(({ hostname }) =>
    hostname.startsWith("wiki."),
  );
  expect(closing?.reason).toBe("Waiting for cloudflared to run the rules without it.");
  expect([said("route closed"), await codes(), await ready(cfauth)]).toEqual([[], [], 200]);

  clock.later(16_000);
  await until(
    async () => (await codes()).includes("CFA-TUNNEL-BEHIND"),
    "it is a problem",
    PATIENCE_MS,
  );
  expect(await ready(cfauth)).toBe(503);
  expect(said("problem")).toMatchObject([{ code: "CFA-TUNNEL-BEHIND", level: "error" }]);
  expect(await states()).toEqual(["blog waiting", "wiki closing"]);
  expect(said("route closed")).toEqual([]);
  expect(heard()).not.toContain("is closed");

  sandbox.cloudflare.propagation.lag({ configuration: 0 });
  await until(
    async () => (await states()).join() === "blog live",
    "both are in force",
    PATIENCE_MS,
  );
  await until(
    () => heard().includes(`wiki.${sandbox.zone} is closed`),
    "people are told",
    PATIENCE_MS,
  );
  expect([said("route closed").length, await codes(), await ready(cfauth)]).toEqual([1, [], 200]);
});
