import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { start } from "./container.ts";
import type { Variant } from "./images.ts";
import { startMany } from "./many.ts";
import { network, removeNetwork } from "./network.ts";
import { reap, reapLeftovers } from "./reaper.ts";
import { docker, LABEL, RUN_ID, RUN_LABELS } from "./run.ts";

beforeAll(reapLeftovers, 60_000);
afterAll(() => reap(RUN_ID), 60_000);

describe("origin containers", () => {
  test.each<{ variant: Variant; port: number; exposes: readonly string[] }>([
    { variant: "one", port: 8080, exposes: ["8080/tcp"] },
    { variant: "several", port: 80, exposes: ["443/tcp", "80/tcp"] },
    { variant: "several", port: 443, exposes: ["443/tcp", "80/tcp"] },
    { variant: "none", port: 8080, exposes: [] },
    { variant: "udp", port: 8080, exposes: ["5353/udp", "8080/tcp"] },
  ])(
    "the origin image $variant shows its hostname on $port",
    async ({ variant, port, exposes }) => {
      await using origin = await start({ image: variant, name: `origin-${variant}` });
      const { Config } = await origin.inspect();
      expect(Object.keys(Config.ExposedPorts ?? {}).sort()).toEqual(exposes);
      expect(await page(await origin.ip(), port)).toBe(`Hello from ${Config.Hostname}\n`);
    },
    60_000,
  );

  test("an origin container with a health check is starting, then has the health that the test sets", async () => {
    await using origin = await start({ image: "health", name: "health" });
    const health = async () => (await origin.inspect()).State.Health?.Status;
    expect(await health()).toBe("starting");
    await origin.setHealthy(true);
    await expect.poll(health, { timeout: 10_000 }).toBe("healthy");
    await origin.setHealthy(false);
    await expect.poll(health, { timeout: 10_000 }).toBe("unhealthy");
  }, 60_000);

  test("origin containers are on all their networks with their aliases", async () => {
    await using front = await network("front");
    await using back = await network("back");
    await using origin = await start({
      name: "two-nets",
      networks: [front, back],
      aliases: ["wiki"],
    });
    const { Networks } = (await origin.inspect()).NetworkSettings;
    expect(Object.keys(Networks).sort()).toEqual([back.name, front.name].sort());
    expect(Networks[front.name]?.Aliases).toContain("wiki");
    expect(await page(await origin.ip(back), 8080)).toContain("Hello from");
  }, 60_000);

  test("origin containers can be stopped, started, renamed and removed", async () => {
    await using origin = await start({ name: "before" });
    await origin.stop();
    expect((await origin.inspect()).State.Running).toBe(false);
    await origin.start();
    expect(await origin.rename("after")).toBe(await origin.name());
    await origin.restart();
    expect(await page(await origin.ip(), 8080)).toContain("Hello from");
    await origin.remove();
    await expect(origin.inspect()).rejects.toMatchObject({ statusCode: 404 });
  }, 60_000);

  test("many origin containers start at once and are returned in order", async () => {
    await using tunnel = await network();
    await using many = await startMany(8, (n) => ({
      name: `many-${n}`,
      labels: { n: String(n) },
      networks: [tunnel],
    }));
    const order = await Promise.all(
      many.containers.map(async (each) => (await each.inspect()).Config.Labels.n),
    );
    expect(order).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
  }, 60_000);
});

describe("the reaper", () => {
  test("the reaper removes a run's containers, networks and volumes and leaves those of others", async () => {
    const engine = await docker();
    const labels = { ...RUN_LABELS, [LABEL.run]: `${RUN_ID}-other` };
    await using mine = await start({ name: "mine" });
    const other = await madeBy(labels);
    await reap(`${RUN_ID}-other`);
    await expect(engine.getContainer(other).inspect()).rejects.toMatchObject({ statusCode: 404 });
    expect(await namesLeft(labels[LABEL.run] ?? "")).toEqual([]);
    expect((await mine.inspect()).State.Running).toBe(true);
  }, 60_000);

  test("the reaper removes at start what a dead process left behind, and nothing of a living one", async () => {
    const engine = await docker();
    const dead = {
      ...RUN_LABELS,
      [LABEL.run]: `${RUN_ID}-dead`,
      [LABEL.pid]: String(await pidOfTheDead()),
    };
    const living = { ...RUN_LABELS, [LABEL.run]: `${RUN_ID}-living` };
    const elsewhere = {
      ...dead,
      [LABEL.run]: `${RUN_ID}-elsewhere`,
      [LABEL.host]: "another-machine",
    };
    const [gone, stays, away] = [await madeBy(dead), await madeBy(living), await madeBy(elsewhere)];
    await reapLeftovers();
    await expect(engine.getContainer(gone).inspect()).rejects.toMatchObject({ statusCode: 404 });
    expect((await engine.getContainer(stays).inspect()).State.Running).toBe(true);
    expect((await engine.getContainer(away).inspect()).State.Running).toBe(true);
    await Promise.all([reap(`${RUN_ID}-living`), reap(`${RUN_ID}-elsewhere`)]);
  }, 60_000);
});

test("the reaper may start in several files at the same moment", async () => {
  await Promise.all(Array.from({ length: 8 }, () => reapLeftovers()));
}, 60_000);

describe("a network that Docker will not remove", () => {
  const refused = (statusCode: number) =>
    Object.assign(new Error("has active endpoints"), { statusCode });
  const stuck = (containers: object, statusCode = 403) => ({
    remove: vi.fn().mockRejectedValue(refused(statusCode)),
    inspect: vi.fn().mockResolvedValue({ Name: "tunnel", Containers: containers }),
  });

  test("a network stays, with a warning, if only Docker's count says that it is in use", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const network = stuck({});
    await removeNetwork(network);
    expect(network.remove).toHaveBeenCalledTimes(4);
    expect(warn.mock.calls).toEqual([[expect.stringContaining("the network tunnel")]]);
    warn.mockRestore();
  });

  test("the removal of a network is repeated and succeeds once Docker's count is right", async () => {
    const network = stuck({});
    network.remove.mockRejectedValueOnce(refused(403)).mockResolvedValueOnce(undefined);
    await removeNetwork(network);
    expect(network.remove).toHaveBeenCalledTimes(2);
  });

  test("the removal of a network fails the test if it is in use or for any other reason", async () => {
    await expect(removeNetwork(stuck({ abc: {} }))).rejects.toThrow("active endpoints");
    await expect(removeNetwork(stuck({}, 500))).rejects.toThrow();
    await expect(removeNetwork(stuck({}, 404))).resolves.toBeUndefined();
  });
});

/** A container on a network with a volume, as another run creates them. */
async function madeBy(labels: Record<string, string>): Promise<string> {
  const engine = await docker();
  const name = labels[LABEL.run] ?? "";
  await using seed = await start({ name: `seed-${name}` });
  const { Config } = await seed.inspect();
  await engine.createNetwork({ Name: name, Labels: labels });
  await engine.createVolume({ Name: name, Labels: labels });
  const HostConfig = { NetworkMode: name, Binds: [`${name}:/kept`] };
  const made = await engine.createContainer({
    name,
    Image: Config.Image,
    Labels: labels,
    HostConfig,
  });
  await made.start();
  return made.id;
}

async function namesLeft(runId: string): Promise<readonly string[]> {
  const engine = await docker();
  const filters = { label: [`${LABEL.run}=${runId}`] };
  const { Volumes } = await engine.listVolumes({ filters });
  return [...(await engine.listNetworks({ filters })), ...Volumes].map((each) => each.Name);
}

async function pidOfTheDead(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid ?? Number.NaN;
}

/** The origin's page. Its server needs a moment after the container has started. */
async function page(ip: string, port: number): Promise<string> {
  for (let tries = 50; ; tries--) {
    try {
      return await (await fetch(`http://${ip}:${port}/`)).text();
    } catch (err) {
      if (tries === 0) throw err;
      await sleep(100);
    }
  }
}
