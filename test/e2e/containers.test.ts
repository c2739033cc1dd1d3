/** Containers start, change and stop, also while Docker is unavailable. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Message } from "../../src/notify/message.ts";
import { answer, stub } from "../integration/clients/stub.ts";
import {
  seedApp,
  seedConfiguration,
  seedIdentityProvider,
  seedPolicy,
  seedRecord,
  seedTag,
  seedTunnel,
} from "../sandbox/cloudflare/seed.ts";
import type { IngressRule } from "../sandbox/cloudflare/state.ts";
import { type Daemon, until } from "./daemon.ts";
import { everything, live, reaped, route, type Scene, scene } from "./fixture.ts";
import { gate } from "./gate.ts";

reaped();

const SOCKET = "/var/run/docker.sock";

describe("a container", () => {
  test("a container that is stopped for longer than the grace period loses all of its objects, and foreign ones stay", async () => {
    await using world = await scene();
    const { state } = world.sandbox.cloudflare;
    const others = strangers(world);
    const before = others();
    await using app = await world.container("app");
    const daemon = await world.settled({ CFAUTH_TUNNEL: "homelab" });
    await live(daemon, world.hostname("app"));
    const foreign = (rule: IngressRule): boolean => rule.hostname !== world.hostname("app");
    expect(others(foreign)).toBe(before);
    expect(world.ours().apps).toEqual([world.hostname("app")]);
    await app.stop();
    await until(
      "it is closing",
      async () => (await route(daemon, world.hostname("app")))?.state === "closing",
    );
    await until(
      "it is closed",
      async () => (await route(daemon, world.hostname("app"))) === undefined,
    );
    expect(world.ours().policies).toEqual([]);
    expect(world.ours().apps).toEqual([]);
    expect(world.ours().records).toEqual([]);
    expect(others()).toBe(before);
    expect([...state.identityProviders.values()].map(({ type }) => type)).toEqual([
      "onetimepin",
      "oidc",
    ]);
  });

  test("a container recreated as public is open to everyone, and recreated without that label it is closed again", async () => {
    await using world = await scene();
    const daemon = await world.settled({ CFAUTH_GRACE_PERIOD: "30s" });
    const protection = async () => (await route(daemon, world.hostname("app")))?.access;
    const first = await world.container("app");
    await live(daemon, world.hostname("app"));
    expect(await world.shown("app")).toBeUndefined();
    await first.remove();
    const second = await world.container("app", { access: "public" });
    await until(
      "it is public",
      async () => (await protection()) === "public" && (await world.shown("app")),
    );
    expect(await world.shown("app")).toBe(`Hello from ${second.id.slice(0, 12)}\n`);
    await second.remove();
    await using _third = await world.container("app");
    await until("it is protected", async () => (await protection()) === "authentik");
    await live(daemon, world.hostname("app"));
    expect(await world.shown("app")).toBeUndefined();
    expect(world.ours()).toEqual(everything(world.hostname("app")));
  });

  test("a container with a health check opens once it is healthy and stays open when it becomes unhealthy", async () => {
    await using world = await scene();
    const daemon = await world.settled();
    world.sandbox.controls.clear();
    await using app = await world.container("app", {}, { image: "health" });
    await until(
      "it waits",
      async () => (await route(daemon, world.hostname("app")))?.state === "waiting",
    );
    expect((await route(daemon, world.hostname("app")))?.reason).toContain("health check");
    expect(world.writes()).toEqual([]);
    await app.setHealthy(true);
    await live(daemon, world.hostname("app"));
    world.sandbox.controls.clear();
    await app.setHealthy(false);
    await until(
      "Docker finds it unhealthy",
      async () => (await app.inspect()).State.Health?.Status === "unhealthy",
    );
    await world.looked(daemon);
    expect(await route(daemon, world.hostname("app"))).toMatchObject({ state: "live" });
    expect(world.writes()).toEqual([]);
  });

  test("a container whose label skips the health check opens at once", async () => {
    await using world = await scene();
    const daemon = await world.settled();
    await using app = await world.container(
      "app",
      { "wait-healthy": "false" },
      { image: "health" },
    );
    await live(daemon, world.hostname("app"));
    expect((await app.inspect()).State.Health?.Status).toBe("starting");
  });
});

/** Whether a pass has failed. A failure that has just begun is not reported yet. */
const inVain = (daemon: Daemon): boolean =>
  daemon.lines.some(({ msg, result }) => msg === "pass over" && result === "failed");

describe("an unavailable Docker", () => {
  test("while Docker is unavailable nothing is torn down and the page says so; afterwards cfauth catches up and sends notifications", async () => {
    await using world = await scene();
    await using people = await stub(answer(200, {}));
    await using engine = await gate(SOCKET);
    await using gone = await world.container("gone");
    const daemon = await world.settled({
      DOCKER_HOST: `tcp://127.0.0.1:${engine.port}`,
      CFAUTH_RESYNC_INTERVAL: "1s",
      CFAUTH_NOTIFY_URL: `${people.url}/hook/never-shown-0`,
    });
    await live(daemon, world.hostname("gone"));
    world.sandbox.controls.clear();
    engine.shut();
    await until(
      "the page says so",
      async () => (await daemon.report()).checks.docker === "failing",
    );
    await gone.remove();
    await using _late = await world.container("late");
    await until("it has tried in vain", () => inVain(daemon));
    // Longer than the grace period; the test is about this time.
    await sleep(3_000);
    expect(await daemon.report()).toMatchObject({
      summary: { live: 1 },
      checks: { docker: "failing", cloudflare: "ok", authentik: "ok" },
    });
    expect(world.writes()).toEqual([]);
    engine.open();
    await live(daemon, world.hostname("late"));
    await until(
      "the other one is closed",
      async () => (await route(daemon, world.hostname("gone"))) === undefined,
    );
    expect(world.ours()).toEqual(everything(world.hostname("late")));
    await until("the page says so", async () => (await daemon.report()).checks.docker === "ok");
    expect((await daemon.report()).problems).toEqual([]);
    const heard = () =>
      people.received.flatMap(({ body }) => (body as Message).events).map(({ title }) => title);
    await until("people were told", () => heard().length >= 3);
    expect(heard().toSorted()).toEqual(
      [
        `${world.hostname("gone")} is open`,
        `${world.hostname("late")} is open`,
        `${world.hostname("gone")} is closed`,
      ].toSorted(),
    );
    expect(JSON.stringify(daemon.lines)).not.toContain("never-shown-0");
  });

  test("a route is kept when its grace period ends while Docker is unavailable, and stays if the container is back by then", async () => {
    await using world = await scene();
    await using engine = await gate(SOCKET);
    await using app = await world.container("app");
    const daemon = await world.settled({ DOCKER_HOST: `tcp://127.0.0.1:${engine.port}` });
    await live(daemon, world.hostname("app"));
    world.sandbox.controls.clear();
    await app.stop();
    await until(
      "it is closing",
      async () => (await route(daemon, world.hostname("app")))?.state === "closing",
    );
    engine.shut();
    await until("the grace has ended in vain", () => inVain(daemon));
    await app.start();
    engine.open();
    await live(daemon, world.hostname("app"));
    expect(world.writes()).toEqual([]);
  });

  test("a container that starts while the event stream is interrupted is found when the stream is back", async () => {
    await using world = await scene();
    await using engine = await gate(SOCKET);
    const daemon = await world.settled({ DOCKER_HOST: `tcp://127.0.0.1:${engine.port}` });
    engine.refuse(/^GET \/(v[\d.]+\/)?events/);
    await until(
      "the page says so",
      async () => (await daemon.report()).checks.docker === "failing",
    );
    await using _app = await world.container("app");
    expect(await route(daemon, world.hostname("app"))).toBeUndefined();
    // Longer than the period of events that the engine repeats, so that only the list shows the container.
    await sleep(3_000);
    engine.open();
    await live(daemon, world.hostname("app"));
    expect((await daemon.report()).checks.docker).toBe("ok");
  });
});

/**
 * Puts one foreign object of every kind into Cloudflare and Authentik.
 *
 * @returns all of them as text, in their order; of the rules only those that are `foreign`
 */
function strangers(world: Scene): (foreign?: (rule: IngressRule) => boolean) => string {
  const { cloudflare, authentik } = world.sandbox;
  const { state } = cloudflare;
  const tunnel = seedTunnel(state, { name: "homelab" });
  seedConfiguration(state, tunnel, {
    ingress: [
      {
        hostname: world.hostname("wiki"),
        service: "http://wiki:80",
        originRequest: { noTLSVerify: true },
      },
      { hostname: `*.${world.hostname("old")}`, path: "^/a", service: "http://10.0.0.7:80" },
      {
        hostname: world.hostname("nas"),
        service: "https://nas:5001",
        unknownToUs: { deep: [1, 2] },
      },
    ],
    originRequest: { connectTimeout: 7, keepAliveConnections: 12 },
    "warp-routing": { enabled: true },
  });
  const idp = seedIdentityProvider(state);
  const policy = seedPolicy(state, { name: "family" });
  const app = seedApp(state, {
    domain: world.hostname("wiki"),
    tags: ["homelab"],
    policies: [{ id: policy.id, precedence: 1 }],
    allowed_idps: [idp.id],
  });
  seedTag(state, "homelab");
  const record = seedRecord(state, {
    name: world.hostname("wiki"),
    type: "CNAME",
    content: `${tunnel.id}.cfargotunnel.com`,
  });
  const application = {
    pk: randomUUID(),
    name: "Wiki",
    slug: "wiki",
    provider: null,
    backchannel_providers: [],
    open_in_new_tab: false,
    meta_launch_url: "",
    meta_icon: "",
    meta_description: "",
    meta_publisher: "",
    policy_engine_mode: "any" as const,
    group: "",
    meta_hide: false,
  };
  authentik.state.applications.push(application);
  return (foreign = () => true) => {
    const config = state.configurations.get(tunnel.id)?.config;
    return JSON.stringify([
      { ...config, ingress: config?.ingress.filter(foreign) },
      state.apps.get(app.id),
      state.policies.get(policy.id),
      state.identityProviders.get(idp.id),
      state.tags.get("homelab"),
      state.records.get(record.id),
      authentik.state.applications.find(({ pk }) => pk === application.pk),
    ]);
  };
}
