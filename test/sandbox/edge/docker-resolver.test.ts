import type Dockerode from "dockerode";
import { expect, it } from "vitest";
import { dockerResolver } from "./docker-resolver.ts";

interface Box {
  readonly name: string;
  readonly id?: string;
  readonly ip: string;
  readonly network?: string;
  readonly service?: string;
  readonly aliases?: readonly string[];
}

/** The parts of an engine that the resolver uses. The list omits aliases, like the real one. */
function engine(boxes: readonly Box[]) {
  const networks = ({ network = "tunnel", ip, aliases }: Box, inspected: boolean) => ({
    [network]: { IPAddress: ip, Aliases: inspected ? aliases : null },
  });
  const listed = boxes.map((box) => ({
    Id: box.id ?? box.name,
    Names: [`/${box.name}`],
    Labels: box.service ? { "com.docker.compose.service": box.service } : {},
    NetworkSettings: { Networks: networks(box, false) },
  }));
  const inspect = (id: string) => async () => ({
    NetworkSettings: {
      Networks: networks(boxes.find((box) => (box.id ?? box.name) === id) as Box, true),
    },
  });
  return {
    listContainers: async () => listed,
    getContainer: (id: string) => ({ inspect: inspect(id) }),
  } as unknown as Pick<Dockerode, "listContainers" | "getContainer">;
}

const WIKI: Box = {
  name: "home-wiki-1",
  id: "0123456789abcdef",
  ip: "172.20.0.2",
  service: "wiki",
  aliases: ["wiki", "docs"],
};

it.each([
  { name: "a container's name", host: "home-wiki-1", address: "172.20.0.2" },
  { name: "a Compose service", host: "wiki", address: "172.20.0.2" },
  { name: "a network alias", host: "docs", address: "172.20.0.2" },
  { name: "a container's name on the network", host: "home-wiki-1.tunnel", address: "172.20.0.2" },
  { name: "an alias on the network", host: "docs.tunnel", address: "172.20.0.2" },
  { name: "a name on the network in capitals", host: "WIKI.tunnel", address: "172.20.0.2" },
  { name: "a name with a trailing dot", host: "wiki.tunnel.", address: "172.20.0.2" },
  { name: "a short id", host: "0123456789ab", address: "172.20.0.2" },
  { name: "a short id on the network", host: "0123456789ab.tunnel", address: "172.20.0.2" },
  { name: "a name on the network in other letter case", host: "wiki.Tunnel", address: undefined },
  { name: "a name on another network", host: "wiki.other", address: undefined },
  { name: "a whole id", host: "0123456789abcdef", address: undefined },
  { name: "a name in capitals", host: "WIKI", address: "172.20.0.2" },
  { name: "an address", host: "10.1.2.3", address: "10.1.2.3" },
  { name: "the host of the containers", host: "host.docker.internal", address: "127.0.0.1" },
  { name: "an unknown name", host: "nobody", address: undefined },
])("the resolver handles $name", async ({ host, address }) => {
  expect(await dockerResolver(engine([WIKI]), ["tunnel"])(host)).toBe(address);
});

it("the resolver ignores containers of other networks", async () => {
  expect(
    await dockerResolver(engine([{ ...WIKI, network: "private" }]), ["tunnel"])("wiki"),
  ).toBeUndefined();
});

it("the resolver answers with replicas in turn", async () => {
  const resolve = dockerResolver(
    engine([WIKI, { ...WIKI, name: "home-wiki-2", id: "1123456789abcdef", ip: "172.20.0.3" }]),
    ["tunnel"],
  );
  expect([await resolve("wiki"), await resolve("wiki"), await resolve("wiki")]).toEqual([
    "172.20.0.2",
    "172.20.0.3",
    "172.20.0.2",
  ]);
});

it("a foreign container with the name as an alias answers in turn to the name, but not to the short id", async () => {
  const stranger: Box = {
    name: "mallory",
    id: "fedcba9876543210",
    ip: "172.20.0.9",
    aliases: ["wiki"],
  };
  const resolve = dockerResolver(engine([WIKI, stranger]), ["tunnel"]);
  expect([await resolve("wiki.tunnel"), await resolve("wiki.tunnel")]).toEqual([
    "172.20.0.2",
    "172.20.0.9",
  ]);
  expect([await resolve("0123456789ab"), await resolve("0123456789ab")]).toEqual([
    "172.20.0.2",
    "172.20.0.2",
  ]);
});

it("a foreign container with an alias that equals the whole host answers alone, on any network", async () => {
  const stranger: Box = {
    name: "mallory",
    ip: "172.21.0.9",
    network: "other",
    aliases: ["wiki.tunnel"],
  };
  const resolve = dockerResolver(engine([WIKI, stranger]), ["tunnel", "other"]);
  expect([await resolve("wiki.tunnel"), await resolve("wiki.tunnel")]).toEqual([
    "172.21.0.9",
    "172.21.0.9",
  ]);
});

it("a plain name is looked up on the networks in the order of their names", async () => {
  const stranger: Box = { name: "mallory", ip: "172.21.0.9", network: "other", aliases: ["wiki"] };
  const resolve = dockerResolver(engine([WIKI, stranger]), ["tunnel", "other"]);
  expect([await resolve("wiki"), await resolve("wiki.tunnel")]).toEqual([
    "172.21.0.9",
    "172.20.0.2",
  ]);
});
