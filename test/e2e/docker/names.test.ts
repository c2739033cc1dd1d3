import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDocker } from "../../../src/clients/docker/docker.ts";
import type { Workload } from "../../../src/core/domain/workload.ts";
import { createDockerSource, withAnswers } from "../../../src/sources/index.ts";
import { decoded } from "../../support/builders.ts";
import { type Asker, asker } from "./asker.ts";
import { type Container, start, type Wanted } from "./container.ts";
import { type Network, network } from "./network.ts";
import { reap, reapLeftovers } from "./reaper.ts";
import { docker, RUN_ID, unique } from "./run.ts";

/** Long, because the machine may be busy. Docker's DNS answers at once. */
const PATIENCE_MS = 10_000;

describe("the host of a rule on a real engine", () => {
  const all = new AsyncDisposableStack();
  let tunnel: Network;
  let other: Network;
  let who: Asker;

  beforeAll(async () => {
    await reapLeftovers();
    tunnel = all.use(await network("tunnel"));
    other = all.use(await network("other"));
    who = all.use(await asker([tunnel, other]));
  }, 300_000);
  afterAll(async () => {
    await all.disposeAsync();
    await reap(RUN_ID);
  }, 60_000);

  const web = (more: Partial<Wanted> = {}): Promise<Container> =>
    start({
      name: "web",
      networks: [tunnel],
      labels: { "cfauth.hostname": "web.example.com" },
      ...more,
    });
  const stranger = (aliases: readonly string[], on = tunnel): Promise<Container> =>
    start({ name: "stranger", networks: [on], aliases });
  const ask = async (host: string): Promise<readonly string[] | undefined> =>
    (await who.dns.addresses([host], PATIENCE_MS)).get(host);

  const listed = async (): Promise<readonly Workload[]> => {
    const engine = createDocker({ kind: "socket", path: "/var/run/docker.sock" });
    const source = withAnswers(createDockerSource({ docker: engine, log: { debug: () => {} } }), {
      dns: { ...who.dns, addresses: (names) => who.dns.addresses(names, PATIENCE_MS) },
      outside: async () => new Map(),
      hostname: who.hostname,
      isLabelled: ({ labels, name }) =>
        labels["cfauth.hostname"] !== undefined && name.endsWith(RUN_ID),
      networks: () => [tunnel.name],
      routed: () => [],
    });
    return (await source.list()).filter(({ name }) => name.endsWith(RUN_ID));
  };
  /** The host that cfauth writes into the rule, and the reason. */
  const written = async (): Promise<readonly [string | undefined, string | undefined]> => {
    const [exposure] = decoded(await listed(), { networks: [tunnel.name] }).exposures;
    return [exposure?.origin.service.replace(/^http:\/\/|:8080$/g, ""), exposure?.detour?.why];
  };

  test("Docker's DNS returns the container's own address for its name in any letter case and for its short id", async () => {
    await using container = await web();
    const own = [await container.ip(tunnel)];
    const id = container.id.slice(0, 12);
    const name = `${unique("web")}.${tunnel.name}`;
    expect(await written()).toEqual([name, undefined]);
    for (const host of [name, name.replace("web", "WEB"), id, `${id}.${tunnel.name}`])
      expect([host, await ask(host)]).toEqual([host, own]);
    expect(await ask(`${unique("web")}.${other.name}`)).not.toEqual(own);
  });

  test("the host of a rule works for a container with a dot in its name", async () => {
    await using container = await start({
      name: "nas.lan",
      networks: [tunnel],
      labels: { "cfauth.hostname": "nas.example.com" },
    });
    const [host = ""] = await written();
    expect([host, await ask(host)]).toEqual([
      `${unique("nas.lan")}.${tunnel.name}`,
      [await container.ip(tunnel)],
    ]);
  });

  test("the host of a rule leads nowhere while its container is stopped, and to it again after a start or recreation", async () => {
    const host = `${unique("web")}.${tunnel.name}`;
    {
      await using container = await web();
      const address = await container.ip(tunnel);
      await container.stop();
      // Then the answer comes from the external DNS and not from Docker.
      expect((await ask(host)) ?? []).not.toContain(address);
      expect(await written()).toEqual([undefined, undefined]);
      await container.start();
      expect([await written(), await ask(host)]).toEqual([
        [host, undefined],
        [await container.ip(tunnel)],
      ]);
    }
    await using again = await web();
    expect([await written(), await ask(host)]).toEqual([
      [host, undefined],
      [await again.ip(tunnel)],
    ]);
  });

  test("the host of a rule is the short id if a stranger on the network has the name as an alias", async () => {
    await using container = await web();
    await using thief = await stranger([unique("web")]);
    const name = `${unique("web")}.${tunnel.name}`;
    const id = container.id.slice(0, 12);
    expect((await ask(name))?.toSorted()).toEqual(
      [await container.ip(tunnel), await thief.ip(tunnel)].toSorted(),
    );
    expect([await written(), await ask(id)]).toEqual([
      [id, "shared"],
      [await container.ip(tunnel)],
    ]);
  });

  test("the host of a rule is the name if the stranger with that alias is on another network of cloudflared", async () => {
    await using container = await web();
    await using _ = await stranger([unique("web")], other);
    const [host = "", why] = await written();
    expect([host, why, await ask(host)]).toEqual([
      `${unique("web")}.${tunnel.name}`,
      undefined,
      [await container.ip(tunnel)],
    ]);
  });

  test("the host of a rule is the short id if a stranger on any network has an alias equal to the whole host", async () => {
    const name = `${unique("web")}.${tunnel.name}`;
    await using container = await web();
    await using thief = await stranger([name], other);
    const id = container.id.slice(0, 12);
    expect(await ask(name)).toEqual([await thief.ip(other)]);
    expect([await written(), await ask(id)]).toEqual([
      [id, "shared"],
      [await container.ip(tunnel)],
    ]);
  });

  test("the host of a rule is the short id if a stranger's machine name, which no list shows, is the container's name", async () => {
    await using container = await web();
    const engine = await docker();
    const thief = await engine.createContainer({
      Image: (await container.inspect()).Image,
      name: unique("impostor"),
      Hostname: unique("web"),
      Labels: { ...(await container.inspect()).Config.Labels, "cfauth.hostname": "" },
      HostConfig: { NetworkMode: tunnel.name },
    });
    try {
      await thief.start();
      const [host] = await written();
      expect(host).toBe(container.id.slice(0, 12));
    } finally {
      await thief.remove({ force: true });
    }
  });

  test("the host of a rule is the address if a stranger has taken both the name and the short id", async () => {
    await using container = await web();
    await using _ = await stranger([unique("web"), container.id.slice(0, 12)]);
    expect(await written()).toEqual([await container.ip(tunnel), "shared"]);
  });

  test("a container on Docker's default bridge gets no host, because no DNS answers for names there", async () => {
    await using container = await web({
      name: "router",
      networks: [],
      labels: { "cfauth.hostname": "web.example.com", "cfauth.network": "bridge" },
    });
    const { exposures, problems } = decoded(await listed(), { networks: [tunnel.name] });
    expect([exposures, problems.map(({ code, label }) => [code, label])]).toEqual([
      [],
      [["CFA-LABEL-VALUE", "cfauth.network"]],
    ]);
    expect((await ask(unique("router"))) ?? []).not.toContain(await container.ip());
  });
});
