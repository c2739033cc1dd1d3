import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDocker } from "../../../src/clients/docker/docker.ts";
import type { Workload } from "../../../src/core/domain/workload.ts";
import { createDockerSource } from "../../../src/sources/docker/source.ts";
import { WATCHED } from "../../../src/sources/docker/watch.ts";
import { type Ground, sourceContract } from "../../support/source-contract.ts";
import { until } from "../../support/until.ts";
import { type Container, start } from "../docker/container.ts";
import { network } from "../docker/network.ts";
import { reap, reapLeftovers } from "../docker/reaper.ts";
import { docker, RUN_ID, unique } from "../docker/run.ts";

beforeAll(reapLeftovers, 60_000);
afterAll(() => reap(RUN_ID), 60_000);

const engine = createDocker({ kind: "socket", path: "/var/run/docker.sock" });
const source = createDockerSource({ docker: engine, log: { debug: () => {} } });

const find = async (name: string): Promise<Workload | undefined> =>
  (await source.list()).find((workload) => workload.name === unique(name));

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

/** A port that nothing listens on, with either protocol. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "::");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("the container list of a real engine", () => {
  it("networks with addresses and exposed ports of every protocol are read from the list", async () => {
    await using front = await network("front");
    await using back = await network("back");
    await using udp = await start({ name: "udp", image: "udp", networks: [front, back] });
    expect(await find("udp")).toMatchObject({
      id: udp.id,
      networks: {
        [front.name]: { ip: await udp.ip(front) },
        [back.name]: { ip: await udp.ip(back) },
      },
      ports: [
        { number: 5353, protocol: "udp", published: undefined },
        { number: 8080, protocol: "tcp", published: undefined },
      ],
      health: "none",
    });
  });

  it("a port that is published on all addresses is listed once", async () => {
    await using image = await start({ name: "image" });
    const port = await freePort();
    const created = await (await docker()).createContainer({
      Image: (await image.inspect()).Image,
      name: unique("published"),
      Labels: (await image.inspect()).Config.Labels,
      // If Docker may choose, it can take different numbers for IPv6 and IPv4. Then these are two ports.
      HostConfig: { PortBindings: { "8080/tcp": [{ HostPort: String(port) }] } },
    });
    try {
      await created.start();
      expect((await find("published"))?.ports).toEqual([
        { number: 8080, protocol: "tcp", published: { ip: "0.0.0.0", port } },
      ]);
    } finally {
      await created.remove({ force: true });
    }
  });

  it("a container's health is the result of its check, and a paused container does not count as stopped", async () => {
    await using health = await start({ name: "health", image: "health" });
    expect((await find("health"))?.health).toBe("starting");
    await health.setHealthy(true);
    await until(async () => (await find("health"))?.health === "healthy", "it is healthy");
    const own = (await docker()).getContainer(health.id);
    await own.pause();
    expect((await find("health"))?.health).toBe("starting");
    await own.unpause();
    await health.setHealthy(false);
    await until(async () => (await find("health"))?.health === "unhealthy", "it is unhealthy");
  });

  it("a renamed container is listed with its new name", async () => {
    await using container = await start({ name: "before" });
    await container.rename("after");
    expect([await find("before"), (await find("after"))?.id]).toEqual([undefined, container.id]);
  });
});

describe("the events of a real engine", () => {
  it("a signal that stops nothing, a command in the container and a new limit trigger no pass", async () => {
    await using container = await start({ name: "signalled" });
    const own = (await docker()).getContainer(container.id);
    expect(
      await between(container, async () => {
        // A signal that the process in the container ignores.
        await own.kill({ signal: "SIGCONT" });
        await container.setHealthy(true);
        await own.update({ CpuShares: 512 });
      }),
    ).toEqual([]);
  });

  it("a restart is reported as a stop and a start", async () => {
    await using container = await start({ name: "restarted" });
    expect(await between(container, () => container.restart())).toEqual(["die", "start"]);
  });

  it("a pause and its end are reported", async () => {
    await using container = await start({ name: "paused" });
    const own = (await docker()).getContainer(container.id);
    expect(await between(container, () => own.pause().then(() => own.unpause()))).toEqual([
      "pause",
      "unpause",
    ]);
  });

  it("a health check is reported when its result changes, not each time it runs", async () => {
    await using container = await start({ name: "probed", image: "health" });
    expect(
      await between(container, async () => {
        await container.setHealthy(true);
        await until(
          async () => (await container.inspect()).State.Health?.Status === "healthy",
          "it is healthy",
        );
        const { Log } = (await container.inspect()).State.Health ?? { Log: [] };
        await until(
          async () =>
            (await container.inspect()).State.Health?.Log.at(-1)?.Start !== Log.at(-1)?.Start,
          "the check has run once more",
        );
      }),
    ).toEqual(["health_status: healthy"]);
  });

  it("a container that leaves a network and joins it again is reported", async () => {
    await using tunnel = await network("tunnel");
    await using container = await start({ name: "moved", networks: [tunnel] });
    await using heard = await listen({ network: [tunnel.id] });
    await container.disconnect(tunnel);
    await container.connect(tunnel);
    await until(() => heard.actions.slice(-2).join() === "disconnect,connect", "both were told of");
  });
});

/** The watched events of these containers only, because other tests use the same engine. */
async function listen(
  these: Readonly<Record<string, readonly string[]>>,
): Promise<AsyncDisposable & { readonly actions: readonly string[] }> {
  const stop = new AbortController();
  const actions: string[] = [];
  const stream = await engine.events(
    { ...WATCHED, ...these },
    Math.floor(Date.now() / 1_000),
    stop.signal,
  );
  createInterface(stream)
    .on("line", (line) => actions.push(JSON.parse(line).Action))
    .on("error", () => {});
  return { actions, [Symbol.asyncDispose]: async () => stop.abort() };
}

/** The events of this container during the action, delimited by two renames. */
async function between(
  container: Container,
  act: () => Promise<unknown>,
): Promise<readonly string[]> {
  await using heard = await listen({ container: [container.id] });
  await container.rename("first");
  await act();
  await container.rename("last");
  await until(
    () => heard.actions.filter((action) => action === "rename").length === 2,
    "both renames are reported",
  );
  return heard.actions.slice(
    heard.actions.indexOf("rename") + 1,
    heard.actions.lastIndexOf("rename"),
  );
}
