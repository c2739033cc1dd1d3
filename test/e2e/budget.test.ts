/** How many API calls cfauth makes, counted by the sandbox. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Call } from "../sandbox/call.ts";
import { until } from "./daemon.ts";
import { start } from "./docker/container.ts";
import { startMany } from "./docker/many.ts";
import { live, reaped, type Scene, scene, told } from "./fixture.ts";

reaped();

/** The calls to Authentik since the journal was last cleared. */
const authentik = ({ sandbox }: Scene): readonly string[] =>
  sandbox.controls.calls
    .filter(({ api }) => api === "authentik")
    .map(({ method, path }) => `${method} ${path}`);

const figure = (text: string): void => console.log(`figure: ${text}`);

/** Observes the same state repeatedly; the daemon's own resync does that only every five minutes. */
const RESYNCS = 3;

/** The budget is for containers that start within half a minute, because events are collected for that long at most. */
const GATHERED_MS = 30_000;
/** A slower engine causes pauses that end a burst early. Each costs one more update. */
const PAUSE_MS = 10_000;

test("a new hostname costs four calls to Cloudflare and, for its tile, one to Authentik", async () => {
  await using world = await scene();
  await using first = await world.container("first");
  const daemon = await world.settled();
  await live(daemon, world.hostname("first"));
  world.sandbox.controls.clear();
  await using second = await world.container("second");
  await live(daemon, world.hostname("second"));
  const calls = withoutLooks(world.sandbox.calls());
  figure(`a new hostname on a warm daemon: ${calls.length} calls to Cloudflare`);
  expect(
    calls.map(({ method, path }) => `${method} ${path.replace(/^.*\/(?=[a-z_]+$)/, "")}`),
  ).toEqual(["POST apps", "GET configurations", "PUT configurations", "POST dns_records"]);
  await until("its tile is there", () => authentik(world).length > 0);
  expect(authentik(world)).toEqual(["POST /core/applications/"]);
  expect([await first.name(), await second.name()]).toHaveLength(2);
});

test("an idle daemon makes no call and logs nothing between resyncs", async () => {
  await using world = await scene();
  await using app = await world.container("app");
  const daemon = await world.settled();
  await live(daemon, world.hostname("app"));
  await until(
    "the observations after the write are over",
    () => asked(world, "GET", "/connections") > 0,
    30_000,
  );
  await world.looked(daemon);
  const before = told(daemon).length;
  world.sandbox.controls.clear();
  // The test is about this time; other containers come and go after it.
  await sleep(3_000);
  await using passer = await start({ name: "passer", networks: [world.net] });
  await passer.restart();
  await passer.remove();
  await world.looked(daemon);
  expect(world.sandbox.controls.calls).toEqual([]);
  expect(told(daemon).slice(before)).toEqual([]);
  expect((await app.inspect()).State.Running).toBe(true);
});

test("a hundred containers that start together cost one call each and three updates of the tunnel, and almost nothing afterwards", async () => {
  await using world = await scene();
  const { controls } = world.sandbox;
  const daemon = await world.settled({ CFAUTH_GRACE_PERIOD: "10s" });
  controls.clear();

  const begun = Date.now();
  await using many = await startMany(100, (n) => ({
    name: `app-${n}`,
    networks: [world.net],
    labels: world.labels(`app-${n}`),
  }));
  const startedMs = Date.now() - begun;
  await until("all are live", async () => (await daemon.report()).summary.live === 100, 60_000);
  const liveMs = Date.now() - begun;
  const puts = controls
    .writes("cloudflare")
    .filter(({ path }) => path.endsWith("/configurations")).length;
  figure(
    `100 containers at once: ${world.sandbox.calls().length} calls to Cloudflare, ${puts} updates of the tunnel; started in ${seconds(startedMs)}, live after ${seconds(liveMs)}`,
  );
  const looks = world.sandbox.calls().length - withoutLooks(world.sandbox.calls()).length;
  figure(`of them looks after a write: ${looks}`);
  const opening = { calls: () => withoutLooks(world.sandbox.calls()) };
  expect(looks).toBeLessThanOrEqual(3 * puts);
  const updates = 3 + Math.ceil(Math.max(0, startedMs - GATHERED_MS) / PAUSE_MS);
  expect(puts).toBeLessThanOrEqual(updates);
  expect(opening.calls().length).toBeLessThanOrEqual(101 + 3 * updates);

  // A container that comes back within the grace period counts as never stopped.
  controls.clear();
  const [restarted, stopped, recreated] = many.containers;
  await Promise.all([
    restarted?.restart(),
    stopped?.stop().then(() => stopped.start()),
    recreated?.remove(),
  ]);
  await using again = await start({
    name: "app-2",
    networks: [world.net],
    labels: world.labels("app-2"),
  });
  await sleep(10_000);
  await world.looked(daemon);
  expect((await daemon.report()).summary).toEqual({
    live: 100,
    waiting: 0,
    problem: 0,
    closing: 0,
  });
  figure(
    `restart, stop and start, rm and run within the grace: ${world.writes().length} writes, ${controls.calls.length} calls`,
  );
  expect(world.writes()).toEqual([]);
  expect(await again.name()).toContain("app-2-");

  expect(await daemon.stop()).toBe(0);
  controls.clear();
  const next = await world.settled({ CFAUTH_RESYNC_INTERVAL: "2s" });
  expect((await next.report()).summary.live).toBe(100);
  figure(
    `restart of cfauth with 100 routes: ${world.writes().length} writes, ${world.sandbox.calls().length} calls to Cloudflare`,
  );
  expect(world.writes()).toEqual([]);

  controls.clear();
  const resyncs = () =>
    Math.max(
      0,
      ...Map.groupBy(world.sandbox.calls(), ({ path, query }) => `${path}?${query}`)
        .values()
        .map((same) => same.length),
    );
  await until("some resyncs are over", () => resyncs() > RESYNCS);
  const each = world.sandbox.calls().length / resyncs();
  figure(`a resync of 100 settled routes: ${each.toFixed(1)} calls to Cloudflare`);
  // Login methods, policies, applications, the tunnel's rules, the DNS records, and the version that cloudflared runs.
  expect(each).toBeLessThanOrEqual(6);
  expect(world.writes()).toEqual([]);
}, 150_000);

const asked = ({ sandbox }: Scene, method: string, end: string): number =>
  sandbox.calls().filter((call) => call.method === method && call.path.endsWith(end)).length;

/**
 * Soon after a write, cfauth reads the document twice more and asks once what cloudflared runs. A read that precedes a write belongs
 * to the write.
 */
function withoutLooks(calls: readonly Call[]): readonly Call[] {
  const ofDocument = calls.filter(({ path }) => path.endsWith("/configurations"));
  const forWrites = ofDocument.filter(
    ({ method }, index) => method === "PUT" || ofDocument[index + 1]?.method === "PUT",
  );
  return calls.filter((call) =>
    call.path.endsWith("/configurations")
      ? forWrites.includes(call)
      : !call.path.endsWith("/connections"),
  );
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
