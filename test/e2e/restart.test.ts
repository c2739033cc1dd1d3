/** What cfauth and what is around it may do at any moment: stop, die, come late, be changed by somebody else. */

import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Message } from "../../src/notify/message.ts";
import { answer, stub } from "../clients/stub.ts";
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
import { everything, live, NOTHING, reaped, route, type Scene, scene, told } from "./fixture.ts";
import { gate } from "./gate.ts";

reaped();

const SOCKET = "/var/run/docker.sock";

/** cfauth's own limit, before Docker would kill it. */
const STOPS_WITHIN_MS = 5_000;

describe("cfauth itself", () => {
  test("told to stop, it finishes the call under way and begins no other", async () => {
    await using world = await scene();
    await using _app = await world.container("app");
    const { controls } = world.sandbox;
    controls.fault(({ method, path }) => method === "POST" && path.endsWith("/access/apps"), { kind: "delay", ms: 1_500 });
    const daemon = await world.daemon();
    await until("the slow call is under way", () =>
      controls.calls.some(({ method, path }) => method === "POST" && path.endsWith("/access/apps")),
    );
    const [before, told] = [controls.calls.length, Date.now()];
    expect(await daemon.stop()).toBe(0);
    expect(Date.now() - told).toBeLessThan(STOPS_WITHIN_MS);
    expect(controls.calls.slice(before)).toEqual([]);
    expect(controls.calls.at(-1)).toMatchObject({ method: "POST", status: 201 });
    expect(world.ours()).toEqual({ ...everything(world.hostname("app")), rules: [], records: [] });
    await live(await world.daemon(), world.hostname("app"));
    expect(world.ours()).toEqual(everything(world.hostname("app")));
  });

  test("told to stop, it does not wait longer than Docker does for a call that never ends", async () => {
    await using world = await scene();
    await using _app = await world.container("app");
    const { controls } = world.sandbox;
    controls.fault(({ method, path }) => method === "PUT" && path.endsWith("/configurations"), { kind: "hang" });
    const daemon = await world.daemon();
    await until("the call hangs", () => world.writes().some((write) => write.endsWith("/configurations")));
    const told = Date.now();
    expect(await daemon.stop()).toBe(0);
    expect(Date.now() - told).toBeLessThan(STOPS_WITHIN_MS);
    await live(await world.daemon(), world.hostname("app"));
  });

  test("stopped and started again in a settled world it changes nothing", async () => {
    await using world = await scene();
    await using _app = await world.container("app");
    const first = await world.settled();
    await live(first, world.hostname("app"));
    world.sandbox.controls.clear();
    expect(await first.stop()).toBe(0);
    expect(world.sandbox.controls.calls).toEqual([]);
    const second = await world.settled();
    expect((await second.report()).summary.live).toBe(1);
    expect(world.writes()).toEqual([]);
  });

  test("killed, and the container gone meanwhile: the route is kept for the startup grace and then closed", async () => {
    await using world = await scene();
    await using app = await world.container("app");
    const first = await world.settled();
    await live(first, world.hostname("app"));
    first.kill();
    await first.exited;
    await app.remove();
    world.sandbox.controls.clear();
    const second = await world.settled({ CFAUTH_GRACE_PERIOD: "0s", CFAUTH_STARTUP_GRACE_PERIOD: "10s" });
    expect(await route(second, world.hostname("app"))).toMatchObject({ state: "closing" });
    expect(world.writes()).toEqual([]);
    expect(world.ours()).toEqual(everything(world.hostname("app")));
    await until("it is closed", async () => (await route(second, world.hostname("app"))) === undefined);
    expect(world.ours()).toEqual(NOTHING);
  });

  test("killed in the middle of its work, it takes it up again", async () => {
    await using world = await scene();
    await using _app = await world.container("app");
    const { controls } = world.sandbox;
    world.neverShown("app");
    controls.fault(({ method, path }) => method === "POST" && path.endsWith("/dns_records"), { kind: "delay", ms: 60_000 });
    const first = await world.daemon();
    await until("the record is on its way", () => world.writes().some((write) => write.endsWith("/dns_records")));
    first.kill();
    await first.exited;
    await live(await world.daemon(), world.hostname("app"));
    expect(world.ours()).toEqual(everything(world.hostname("app")));
  });

  test("puts the tunnel's token into a file that it alone may read", async () => {
    await using world = await scene();
    await using folder = await temporary();
    const path = join(folder.path, "token");
    const daemon = await world.settled({ CFAUTH_TUNNEL_TOKEN_FILE: path });
    const [tunnel] = world.sandbox.cloudflare.state.tunnels.values();
    await until("the file is there", () => stat(path));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const { a, t, s } = JSON.parse(Buffer.from(await readFile(path, "utf8"), "base64").toString("utf8")) as Record<string, string>;
    expect({ a, t, s }).toEqual({ a: world.sandbox.cloudflare.state.accountId, t: tunnel?.id, s: tunnel?.secret });
    expect(JSON.stringify(daemon.lines)).not.toContain(tunnel?.secret);
  });

  test("uses the tunnel whose connector token it is given, and makes none", async () => {
    await using world = await scene();
    const { state } = world.sandbox.cloudflare;
    const tunnel = seedTunnel(state);
    await using _app = await world.container("app");
    const daemon = await world.settled({ TUNNEL_TOKEN: tunnel.token });
    await live(daemon, world.hostname("app"));
    expect([...state.tunnels.keys()]).toEqual([tunnel.id]);
    expect([...state.records.values()].map(({ content }) => content)).toEqual([`${tunnel.id}.cfargotunnel.com`]);
    expect(JSON.stringify(daemon.lines)).not.toContain(tunnel.token);
  });
});

describe("the container", () => {
  test("stopped for longer than the grace, all of its own goes and nothing of others", async () => {
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
    await until("it is closing", async () => (await route(daemon, world.hostname("app")))?.state === "closing");
    await until("it is closed", async () => (await route(daemon, world.hostname("app"))) === undefined);
    expect(world.ours().policies).toEqual([]);
    expect(world.ours().apps).toEqual([]);
    expect(world.ours().records).toEqual([]);
    expect(others()).toBe(before);
    expect([...state.identityProviders.values()].map(({ type }) => type)).toEqual(["onetimepin", "oidc"]);
  });

  test("made anew as public is open to everybody, and made anew without that to nobody again", async () => {
    await using world = await scene();
    const daemon = await world.settled({ CFAUTH_GRACE_PERIOD: "30s" });
    const protection = async () => (await route(daemon, world.hostname("app")))?.access;
    const first = await world.container("app");
    await live(daemon, world.hostname("app"));
    expect(await world.shown("app")).toBeUndefined();
    await first.remove();
    const second = await world.container("app", { access: "public" });
    await until("it is public", async () => (await protection()) === "public" && (await world.shown("app")));
    expect(await world.shown("app")).toBe(`Hello from ${second.id.slice(0, 12)}\n`);
    await second.remove();
    await using _third = await world.container("app");
    await until("it is protected", async () => (await protection()) === "authentik");
    await live(daemon, world.hostname("app"));
    expect(await world.shown("app")).toBeUndefined();
    expect(world.ours()).toEqual(everything(world.hostname("app")));
  });

  test("with a health check is opened once it is healthy, and stays open when it is no longer", async () => {
    await using world = await scene();
    const daemon = await world.settled();
    world.sandbox.controls.clear();
    await using app = await world.container("app", {}, { image: "health" });
    await until("it waits", async () => (await route(daemon, world.hostname("app")))?.state === "waiting");
    expect((await route(daemon, world.hostname("app")))?.reason).toContain("health check");
    expect(world.writes()).toEqual([]);
    await app.setHealthy(true);
    await live(daemon, world.hostname("app"));
    world.sandbox.controls.clear();
    await app.setHealthy(false);
    await until("Docker finds it unhealthy", async () => (await app.inspect()).State.Health?.Status === "unhealthy");
    await world.looked(daemon);
    expect(await route(daemon, world.hostname("app"))).toMatchObject({ state: "live" });
    expect(world.writes()).toEqual([]);
  });

  test("with a health check that is not to be waited for is opened at once", async () => {
    await using world = await scene();
    const daemon = await world.settled();
    await using app = await world.container("app", { "wait-healthy": "false" }, { image: "health" });
    await live(daemon, world.hostname("app"));
    expect((await app.inspect()).State.Health?.Status).toBe("starting");
  });
});

/** Whether a pass has failed; what has just begun to fail is no news yet. */
const inVain = (daemon: Daemon): boolean => daemon.lines.some(({ msg, result }) => msg === "pass over" && result === "failed");

describe("Docker", () => {
  test("away: nothing is torn down, the page says so, what happened meanwhile is caught up on, and people are told of it", async () => {
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
    await until("the page says so", async () => (await daemon.report()).checks.docker === "failing");
    await gone.remove();
    await using _late = await world.container("late");
    await until("it has tried in vain", () => inVain(daemon));
    // Longer than the grace: time itself is the fact.
    await sleep(3_000);
    expect(await daemon.report()).toMatchObject({ summary: { live: 1 }, checks: { docker: "failing", cloudflare: "ok", authentik: "ok" } });
    expect(world.writes()).toEqual([]);
    engine.open();
    await live(daemon, world.hostname("late"));
    await until("the other one is closed", async () => (await route(daemon, world.hostname("gone"))) === undefined);
    expect(world.ours()).toEqual(everything(world.hostname("late")));
    await until("the page says so", async () => (await daemon.report()).checks.docker === "ok");
    expect((await daemon.report()).problems).toEqual([]);
    const heard = () => people.received.flatMap(({ body }) => (body as Message).events).map(({ title }) => title);
    await until("people were told", () => heard().length >= 3);
    expect(heard().toSorted()).toEqual(
      [`${world.hostname("gone")} is open`, `${world.hostname("late")} is open`, `${world.hostname("gone")} is closed`].toSorted(),
    );
    expect(JSON.stringify(daemon.lines)).not.toContain("never-shown-0");
  });

  test("away when a grace ends: the route is kept, and stays if the container is back by then", async () => {
    await using world = await scene();
    await using engine = await gate(SOCKET);
    await using app = await world.container("app");
    const daemon = await world.settled({ DOCKER_HOST: `tcp://127.0.0.1:${engine.port}` });
    await live(daemon, world.hostname("app"));
    world.sandbox.controls.clear();
    await app.stop();
    await until("it is closing", async () => (await route(daemon, world.hostname("app")))?.state === "closing");
    engine.shut();
    await until("the grace has ended in vain", () => inVain(daemon));
    await app.start();
    engine.open();
    await live(daemon, world.hostname("app"));
    expect(world.writes()).toEqual([]);
  });

  test("without its event stream: a container that starts meanwhile is found when it is back", async () => {
    await using world = await scene();
    await using engine = await gate(SOCKET);
    const daemon = await world.settled({ DOCKER_HOST: `tcp://127.0.0.1:${engine.port}` });
    engine.refuse(/^GET \/(v[\d.]+\/)?events/);
    await until("the page says so", async () => (await daemon.report()).checks.docker === "failing");
    await using _app = await world.container("app");
    expect(await route(daemon, world.hostname("app"))).toBeUndefined();
    // Longer ago than the events which the engine tells once more: the list alone knows of it then.
    await sleep(3_000);
    engine.open();
    await live(daemon, world.hostname("app"));
    expect((await daemon.report()).checks.docker).toBe("ok");
  });
});

describe("started before the others", () => {
  test.each(["docker", "cloudflare", "authentik"] as const)("%s: cfauth waits, says so, and goes on once it answers", async (service) => {
    await using world = await scene();
    const { cloudflare, authentik } = world.sandbox;
    await using door = await gate({ docker: SOCKET, cloudflare: portOf(cloudflare.url), authentik: portOf(authentik.url) }[service]);
    door.shut();
    const through = `127.0.0.1:${door.port}`;
    const settings = {
      docker: { DOCKER_HOST: `tcp://${through}` },
      cloudflare: { CLOUDFLARE_BASE_URL: `http://${through}/client/v4` },
      authentik: { AUTHENTIK_API_URL: `http://${through}` },
    };
    await using _app = await world.container("app");
    const daemon = await world.daemon(settings[service]);
    await until("the page says so", async () => {
      const { checks, problems } = await daemon.report();
      return checks[service] === "failing" && problems.some(({ code }) => code.endsWith("-UNREACHABLE"));
    });
    expect(await daemon.ready()).toBe(false);
    expect(world.writes()).toEqual([]);
    door.open();
    await live(daemon, world.hostname("app"));
    // The event stream has a patience of its own.
    await until("all is well", async () => Object.values((await daemon.report()).checks).every((check) => check === "ok"));
    expect((await daemon.report()).problems).toEqual([]);
  });

  test("Authentik, whose worker has not made its flows: cfauth waits, says so, and goes on by itself", async () => {
    await using world = await scene({ booted: false });
    await using _app = await world.container("app");
    const daemon = await world.daemon();
    await until("the page says so", async () => (await daemon.report()).problems.some(({ code }) => code === "CFA-AK-NOT-READY"));
    expect(await route(daemon, world.hostname("app"))).toMatchObject({ state: "waiting", reason: "waiting for the login method" });
    expect(world.ours()).toEqual(NOTHING);
    await world.sandbox.authentik.finishBoot();
    await live(daemon, world.hostname("app"));
    expect((await daemon.report()).problems).toEqual([]);
    // What goes by itself is told once it has lasted, and then once more when it is over.
    expect([0, 2]).toContain(told(daemon).filter(({ code }) => code === "CFA-AK-NOT-READY").length);
  });
});

describe("what somebody else changes heals at the next resync, and nobody gets in meanwhile", () => {
  const damages: readonly { readonly name: string; readonly damage: (world: Scene) => void; readonly healed: (world: Scene) => unknown }[] =
    [
      {
        name: "a client secret that was made anew in Authentik",
        damage: ({ sandbox }) => {
          first(sandbox.authentik.state.providers).client_secret = "made-anew";
        },
        healed: ({ sandbox }) => first(sandbox.cloudflare.state.identityProviders).config["client_secret"] === "made-anew",
      },
      {
        name: "a login method that was deleted",
        damage: ({ sandbox }) => sandbox.cloudflare.state.identityProviders.clear(),
        healed: ({ sandbox }) => {
          const { apps, policies, identityProviders } = sandbox.cloudflare.state;
          const [id] = identityProviders.keys();
          return id !== undefined && first(apps).allowed_idps.includes(id) && JSON.stringify(first(policies).include).includes(id);
        },
      },
      {
        name: "an Access application that was deleted",
        damage: ({ sandbox }) => sandbox.cloudflare.state.apps.clear(),
        healed: (world) => ruleOf(world).originRequest?.access?.audTag[0] === first(world.sandbox.cloudflare.state.apps).aud,
      },
      {
        name: "a policy that lets everybody in",
        damage: ({ sandbox }) => {
          first(sandbox.cloudflare.state.policies).include = [{ everyone: {} }];
        },
        // It gets a successor, and so does its application: the logins that it gave are good for nothing.
        healed: (world) => {
          const { apps, policies } = world.sandbox.cloudflare.state;
          const narrow = policies.size === 1 && !JSON.stringify(first(policies).include).includes("everyone");
          return narrow && ruleOf(world).originRequest?.access?.audTag[0] === first(apps).aud;
        },
      },
      {
        name: "a rule that leads elsewhere",
        damage: (world) => {
          ruleOf(world).service = "http://elsewhere:8080";
        },
        healed: (world) => ruleOf(world).service.startsWith("http://app-"),
      },
      {
        name: "a rule without its check",
        damage: (world) => void delete ruleOf(world).originRequest,
        healed: (world) => ruleOf(world).originRequest?.access?.required === true,
      },
      {
        name: "a rule that was deleted",
        damage: ({ sandbox }) => void first(sandbox.cloudflare.state.configurations).config.ingress.shift(),
        healed: (world) => ruleOf(world).originRequest?.access?.required === true,
      },
      {
        name: "a record that was deleted",
        damage: ({ sandbox }) => sandbox.cloudflare.state.records.clear(),
        healed: ({ sandbox }) => first(sandbox.cloudflare.state.records).comment?.startsWith("cfauth:"),
      },
    ];

  test.each(damages)("$name", async ({ damage, healed }) => {
    await using world = await scene();
    await using _app = await world.container("app");
    const daemon = await world.settled({ CFAUTH_RESYNC_INTERVAL: "1s" });
    await live(daemon, world.hostname("app"));
    world.neverShown("app");
    damage(world);
    expect(await world.shown("app")).toBeUndefined();
    await until("it is healed", () => healed(world));
    // The pass that healed it may still have work to do.
    await world.looked(daemon);
    await live(daemon, world.hostname("app"));
    expect(world.ours()).toEqual(everything(world.hostname("app")));
    expect(await world.shown("app")).toBeUndefined();
    world.sandbox.controls.clear();
    await until("the next resync but one", () => world.sandbox.calls().filter(({ path }) => path.endsWith("/configurations")).length > 1);
    expect(world.writes()).toEqual([]);
  });
});

function first<T>(things: ReadonlyMap<string, T> | readonly T[]): T {
  const [thing] = things.values();
  if (thing === undefined) throw new Error("there is none");
  return thing;
}

function ruleOf(world: Scene): IngressRule {
  const rule = first(world.sandbox.cloudflare.state.configurations).config.ingress.find(
    ({ hostname }) => hostname === world.hostname("app"),
  );
  if (rule === undefined) throw new Error("there is no rule");
  return rule;
}

const portOf = (url: string): number => Number(new URL(url).port);

/**
 * Puts one of everything into Cloudflare and Authentik that is not cfauth's.
 *
 * @returns all of it as text, in the order in which it stands there; the rules alone that are `foreign`
 */
function strangers(world: Scene): (foreign?: (rule: IngressRule) => boolean) => string {
  const { cloudflare, authentik } = world.sandbox;
  const { state } = cloudflare;
  const tunnel = seedTunnel(state, { name: "homelab" });
  seedConfiguration(state, tunnel, {
    ingress: [
      { hostname: world.hostname("wiki"), service: "http://wiki:80", originRequest: { noTLSVerify: true } },
      { hostname: `*.${world.hostname("old")}`, path: "^/a", service: "http://10.0.0.7:80" },
      { hostname: world.hostname("nas"), service: "https://nas:5001", unknownToUs: { deep: [1, 2] } },
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
  const record = seedRecord(state, { name: world.hostname("wiki"), type: "CNAME", content: `${tunnel.id}.cfargotunnel.com` });
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

async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "cfauth-e2e-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
