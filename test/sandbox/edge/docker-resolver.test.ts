import type Dockerode from "dockerode";
import { expect, it } from "vitest";
import { dockerResolver } from "./docker-resolver.ts";

interface Box {
  readonly name: string;
  readonly ip: string;
  readonly network?: string;
  readonly service?: string;
  readonly aliases?: readonly string[];
}

/** As much of an engine as the resolver asks for; the list leaves aliases out, as the real one does. */
function engine(boxes: readonly Box[]) {
  const networks = ({ network = "tunnel", ip, aliases }: Box, inspected: boolean) => ({
    [network]: { IPAddress: ip, Aliases: inspected ? aliases : null },
  });
  const listed = boxes.map((box) => ({
    Id: box.name,
    Names: [`/${box.name}`],
    Labels: box.service ? { "com.docker.compose.service": box.service } : {},
    NetworkSettings: { Networks: networks(box, false) },
  }));
  const inspect = (id: string) => async () => ({
    NetworkSettings: { Networks: networks(boxes.find(({ name }) => name === id) as Box, true) },
  });
  return {
    listContainers: async () => listed,
    getContainer: (id: string) => ({ inspect: inspect(id) }),
  } as unknown as Pick<Dockerode, "listContainers" | "getContainer">;
}

const WIKI: Box = { name: "home-wiki-1", ip: "172.20.0.2", service: "wiki", aliases: ["wiki", "docs"] };

it.each([
  { name: "a container's name", host: "home-wiki-1", address: "172.20.0.2" },
  { name: "a Compose service", host: "wiki", address: "172.20.0.2" },
  { name: "a network alias", host: "docs", address: "172.20.0.2" },
  { name: "a name in capitals", host: "WIKI", address: "172.20.0.2" },
  { name: "an address", host: "10.1.2.3", address: "10.1.2.3" },
  { name: "the host of the containers", host: "host.docker.internal", address: "127.0.0.1" },
  { name: "a name that nobody has", host: "nobody", address: undefined },
])("resolves $name", async ({ host, address }) => {
  expect(await dockerResolver(engine([WIKI]), ["tunnel"])(host)).toBe(address);
});

it("does not see containers of other networks", async () => {
  expect(await dockerResolver(engine([{ ...WIKI, network: "private" }]), ["tunnel"])("wiki")).toBeUndefined();
});

it("gives replicas turns", async () => {
  const resolve = dockerResolver(engine([WIKI, { ...WIKI, name: "home-wiki-2", ip: "172.20.0.3" }]), ["tunnel"]);
  expect([await resolve("wiki"), await resolve("wiki"), await resolve("wiki")]).toEqual(["172.20.0.2", "172.20.0.3", "172.20.0.2"]);
});
