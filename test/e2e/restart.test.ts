import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { seedTunnel } from "../sandbox/cloudflare/seed.ts";
import { until } from "./daemon.ts";
import { everything, live, NOTHING, reaped, route, scene, told } from "./fixture.ts";
import { gate } from "./gate.ts";

reaped();

const SOCKET = "/var/run/docker.sock";

/** Docker kills a container that has not stopped by then. cfauth stops earlier. */
const DOCKER_STOP_TIMEOUT_MS = 10_000;

describe("a restart of cfauth", () => {
  test("cfauth finishes the running call when it is stopped and begins no other", async () => {
    await using world = await scene();
    await using _app = await world.container("app");
    const { controls } = world.sandbox;
    controls.fault(({ method, path }) => method === "POST" && path.endsWith("/access/apps"), {
      kind: "delay",
      ms: 1_500,
    });
    const daemon = await world.daemon();
    await until("the slow call is under way", () =>
      controls.calls.some(({ method, path }) => method === "POST" && path.endsWith("/access/apps")),
    );
    const [before, told] = [controls.calls.length, Date.now()];
    expect(await daemon.stop()).toBe(0);
    expect(Date.now() - told).toBeLessThan(DOCKER_STOP_TIMEOUT_MS);
    expect(controls.calls.slice(before)).toEqual([]);
    expect(controls.calls.at(-1)).toMatchObject({ method: "POST", status: 201 });
    expect(world.ours()).toEqual({ ...everything(world.hostname("app")), rules: [], records: [] });
    await live(await world.daemon(), world.hostname("app"));
    expect(world.ours()).toEqual(everything(world.hostname("app")));
  });

  test("cfauth stops before Docker kills it even if a call never ends", async () => {
    await using world = await scene();
    await using _app = await world.container("app");
    const { controls } = world.sandbox;
    controls.fault(({ method, path }) => method === "PUT" && path.endsWith("/configurations"), {
      kind: "hang",
    });
    const daemon = await world.daemon();
    await until("the call hangs", () =>
      world.writes().some((write) => write.endsWith("/configurations")),
    );
    const told = Date.now();
    expect(await daemon.stop()).toBe(0);
    expect(Date.now() - told).toBeLessThan(DOCKER_STOP_TIMEOUT_MS);
    await live(await world.daemon(), world.hostname("app"));
  });

  test("a restart of a converged cfauth changes nothing", async () => {
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

  test("after a crash, the route of a container that stopped meanwhile closes when the start-up grace period ends", async () => {
    await using world = await scene();
    await using app = await world.container("app");
    const first = await world.settled();
    await live(first, world.hostname("app"));
    first.kill();
    await first.exited;
    await app.remove();
    world.sandbox.controls.clear();
    const second = await world.settled({
      CFAUTH_GRACE_PERIOD: "0s",
      CFAUTH_STARTUP_GRACE_PERIOD: "10s",
    });
    expect(await route(second, world.hostname("app"))).toMatchObject({ state: "closing" });
    expect(world.writes()).toEqual([]);
    expect(world.ours()).toEqual(everything(world.hostname("app")));
    await until(
      "it is closed",
      async () => (await route(second, world.hostname("app"))) === undefined,
    );
    expect(world.ours()).toEqual(NOTHING);
  });

  test("a cfauth that was killed in the middle of a pass continues after its restart", async () => {
    await using world = await scene();
    await using _app = await world.container("app");
    const { controls } = world.sandbox;
    world.neverShown("app");
    controls.fault(({ method, path }) => method === "POST" && path.endsWith("/dns_records"), {
      kind: "delay",
      ms: 60_000,
    });
    const first = await world.daemon();
    await until("the record is on its way", () =>
      world.writes().some((write) => write.endsWith("/dns_records")),
    );
    first.kill();
    await first.exited;
    await live(await world.daemon(), world.hostname("app"));
    expect(world.ours()).toEqual(everything(world.hostname("app")));
  });

  test("cfauth writes the tunnel's token to a file that only its user may read", async () => {
    await using world = await scene();
    await using folder = await temporary();
    const path = join(folder.path, "token");
    const daemon = await world.settled({ CFAUTH_TUNNEL_TOKEN_FILE: path });
    const [tunnel] = world.sandbox.cloudflare.state.tunnels.values();
    await until("the file is there", () => stat(path));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const { a, t, s } = JSON.parse(
      Buffer.from(await readFile(path, "utf8"), "base64").toString("utf8"),
    ) as Record<string, string>;
    expect({ a, t, s }).toEqual({
      a: world.sandbox.cloudflare.state.accountId,
      t: tunnel?.id,
      s: tunnel?.secret,
    });
    expect(JSON.stringify(daemon.lines)).not.toContain(tunnel?.secret);
  });

  test("cfauth uses the tunnel of the given connector token and creates none", async () => {
    await using world = await scene();
    const { state } = world.sandbox.cloudflare;
    const tunnel = seedTunnel(state);
    await using _app = await world.container("app");
    const daemon = await world.settled({ TUNNEL_TOKEN: tunnel.token });
    await live(daemon, world.hostname("app"));
    expect([...state.tunnels.keys()]).toEqual([tunnel.id]);
    expect([...state.records.values()].map(({ content }) => content)).toEqual([
      `${tunnel.id}.cfargotunnel.com`,
    ]);
    expect(JSON.stringify(daemon.lines)).not.toContain(tunnel.token);
  });
});

describe("a cfauth that starts before the services", () => {
  test.each(["docker", "cloudflare", "authentik"] as const)(
    "cfauth waits for an unavailable %s, reports that, and continues once it answers",
    async (service) => {
      await using world = await scene();
      const { cloudflare, authentik } = world.sandbox;
      await using door = await gate(
        { docker: SOCKET, cloudflare: portOf(cloudflare.url), authentik: portOf(authentik.url) }[
          service
        ],
      );
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
        return (
          checks[service] === "failing" &&
          problems.some(({ code }) => code.endsWith("-UNREACHABLE"))
        );
      });
      expect(await daemon.ready()).toBe(false);
      expect(world.writes()).toEqual([]);
      door.open();
      await live(daemon, world.hostname("app"));
      // The event stream has its own retry delay.
      await until("all is well", async () =>
        Object.values((await daemon.report()).checks).every((check) => check === "ok"),
      );
      expect((await daemon.report()).problems).toEqual([]);
    },
  );

  test("cfauth waits for an Authentik whose worker has not created its flows, reports that, and continues by itself", async () => {
    await using world = await scene({ booted: false });
    await using _app = await world.container("app");
    const daemon = await world.daemon();
    await until("the page says so", async () =>
      (await daemon.report()).problems.some(({ code }) => code === "CFA-AK-NOT-READY"),
    );
    expect(await route(daemon, world.hostname("app"))).toMatchObject({
      state: "waiting",
      reason: "waiting for the login method",
    });
    expect(world.ours()).toEqual(NOTHING);
    await world.sandbox.authentik.finishBoot();
    await live(daemon, world.hostname("app"));
    expect((await daemon.report()).problems).toEqual([]);
    // A transient problem is reported once it has lasted, and once more when it is solved.
    expect([0, 2]).toContain(told(daemon).filter(({ code }) => code === "CFA-AK-NOT-READY").length);
  });
});

const portOf = (url: string): number => Number(new URL(url).port);

async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "cfauth-e2e-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
