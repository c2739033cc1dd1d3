import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDocker } from "../../src/clients/docker.ts";
import type { Workload } from "../../src/domain/workload.ts";
import { createDockerSource } from "../../src/sources/docker/source.ts";
import { type Container, start } from "../docker/container.ts";
import { network } from "../docker/network.ts";
import { reap, reapLeftovers } from "../docker/reaper.ts";
import { docker, RUN_ID, unique } from "../docker/run.ts";
import { type Ground, hear, sourceContract } from "./contract.ts";
import { until } from "./until.ts";

beforeAll(reapLeftovers, 60_000);
afterAll(() => reap(RUN_ID), 60_000);

const source = createDockerSource({ docker: createDocker({ kind: "socket", path: "/var/run/docker.sock" }), log: { debug: () => {} } });

const find = async (name: string): Promise<Workload | undefined> => (await source.list()).find((workload) => workload.name === unique(name));

async function ground(): Promise<Ground> {
  const containers = new Map<string, Container>();
  return {
    source,
    run: async (name, labels) => {
      const container = await start({ name, labels });
      containers.set(unique(name), container);
      return unique(name);
    },
    stop: async (name) => containers.get(name)?.stop(),
    [Symbol.asyncDispose]: async () => {
      for (const container of containers.values()) await container.remove();
    },
  };
}

sourceContract("a real engine", ground);

describe("of a real engine's list", () => {
  it("networks with addresses, and exposed ports of every protocol are read", async () => {
    await using front = await network("front");
    await using back = await network("back");
    await using udp = await start({ name: "udp", image: "udp", networks: [front, back] });
    expect(await find("udp")).toMatchObject({
      id: udp.id,
      networks: { [front.name]: { ip: await udp.ip(front) }, [back.name]: { ip: await udp.ip(back) } },
      ports: [{ number: 5353, protocol: "udp", published: undefined }, { number: 8080, protocol: "tcp", published: undefined }],
      health: "none",
    });
  });

  it("a port published on all addresses is there once", async () => {
    await using image = await start({ name: "image" });
    const engine = await docker();
    const created = await engine.createContainer({ Image: (await image.inspect()).Image, name: unique("published"), Labels: (await image.inspect()).Config.Labels, HostConfig: { PortBindings: { "8080/tcp": [{ HostPort: "" }] } } });
    try {
      await created.start();
      expect((await find("published"))?.ports).toEqual([{ number: 8080, protocol: "tcp", published: { ip: "0.0.0.0", port: expect.any(Number) } }]);
    } finally {
      await created.remove({ force: true });
    }
  });

  it("health is what the check says, and a paused container has not stopped", async () => {
    await using health = await start({ name: "health", image: "health" });
    expect((await find("health"))?.health).toBe("starting");
    await health.setHealthy(true);
    await until(async () => (await find("health"))?.health === "healthy", "it is healthy");
    const engine = (await docker()).getContainer(health.id);
    await engine.pause();
    expect((await find("health"))?.health).toBe("starting");
    await engine.unpause();
    await health.setHealthy(false);
    await until(async () => (await find("health"))?.health === "unhealthy", "it is unhealthy");
  });

  it("a new name is the name", async () => {
    await using container = await start({ name: "before" });
    await container.rename("after");
    expect([await find("before"), (await find("after"))?.id]).toEqual([undefined, container.id]);
  });
});

describe("of a real engine's events", () => {
  /** Counts what was told of between now and then, long enough for the engine to have told it. */
  async function toldOf(act: () => Promise<unknown>): Promise<number> {
    // Longer than past events are asked for: what the test itself has set up is not to be counted.
    await sleep(3_000);
    await using heard = hear(source);
    await heard.watch.ready;
    await act();
    await sleep(700);
    return heard.changes();
  }

  it("a signal that stops nothing and a command run inside wake nobody", async () => {
    await using container = await start({ name: "signalled" });
    const own = (await docker()).getContainer(container.id);
    expect(
      await toldOf(async () => {
        // SIGCONT: one that the process in the container ignores.
        await own.kill({ signal: "SIGCONT" });
        await container.setHealthy(true);
      }),
    ).toBe(0);
  });

  it.each([
    { what: "a container that leaves a network", act: (container: Container, tunnel: Awaited<ReturnType<typeof network>>) => container.disconnect(tunnel) },
    { what: "a container that joins one again", act: async (container: Container, tunnel: Awaited<ReturnType<typeof network>>) => container.disconnect(tunnel).then(() => container.connect(tunnel)) },
    { what: "a new name", act: (container: Container) => container.rename("renamed") },
    { what: "a restart", act: (container: Container) => container.restart() },
  ])("$what is told of", async ({ act }) => {
    await using tunnel = await network("tunnel");
    await using container = await start({ name: "moved", networks: [tunnel] });
    expect(await toldOf(() => act(container, tunnel))).toBeGreaterThan(0);
  });

  it("a health check is told of when its answer changes, not each time it is run", async () => {
    await using health = await start({ name: "probed", image: "health" });
    await health.setHealthy(true);
    await until(async () => (await find("probed"))?.health === "healthy", "it is healthy");
    expect(await toldOf(() => sleep(1_500))).toBe(0);
    expect(await toldOf(async () => {
      await health.setHealthy(false);
      await until(async () => (await find("probed"))?.health === "unhealthy", "it is unhealthy");
    })).toBe(1);
  });
});
