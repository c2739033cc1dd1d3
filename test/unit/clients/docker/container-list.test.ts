import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  readContainerList,
  type WeighLabel,
} from "../../../../src/clients/docker/container-list.ts";
import { BeyondLimit } from "../../../../src/clients/limited.ts";
import { MAX_CONTAINER_COST, MAX_LABEL_JSON_BYTES } from "../../../../src/clients/limits.ts";
import { weighLabelsOf } from "../../../../src/sources/docker/weigh-label.ts";

const weigh = weighLabelsOf("cfauth");
const all: WeighLabel = () => "rest";

interface Container {
  readonly Names?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Ports?: readonly object[] | null;
  readonly NetworkSettings?: { readonly Networks: Readonly<Record<string, object>> };
}

const id = (n: number): string => n.toString(16).padStart(64, "0");

/** A container as the engine lists it, with fields that cfauth does not read. */
const container = (n: number, about: Container = {}) => ({
  Id: id(n),
  Names: [`/app${n}`],
  Image: "app",
  ImageID: `sha256:${id(0)}`,
  Command: 'sh -c "[{,\\"',
  Created: 1_700_000_000,
  Ports: [{ IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" }],
  Labels: { "cfauth.hostname": `app${n}.example.com` },
  State: "running",
  Status: "Up 5 minutes",
  HostConfig: { NetworkMode: "tunnel" },
  NetworkSettings: { Networks: { tunnel: { Aliases: ["x"], IPAddress: "172.20.0.3" } } },
  Mounts: [{ Type: "bind", Source: "/srv" }],
  ...about,
});

/** The parsed container. */
const kept = (n: number, about: Container = {}) => {
  const { Image, Command, HostConfig, Mounts, NetworkSettings, ...rest } = container(n, about);
  const networks = Object.keys(NetworkSettings.Networks).map((name) => [
    name,
    { IPAddress: "172.20.0.3" },
  ]);
  return { ...rest, NetworkSettings: { Networks: Object.fromEntries(networks) } };
};

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = (
  list: readonly unknown[] | string,
  weighLabel: WeighLabel = weigh,
  size = 65_536,
): Promise<readonly unknown[]> =>
  readContainerList(
    chunksOf(typeof list === "string" ? list : JSON.stringify(list), size),
    weighLabel,
  );

const times = (count: number, entry: (n: number) => readonly [string, string]) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => entry(n)));

describe("a list of containers", () => {
  it("a container list is parsed with the fields that cfauth reads, and no others", async () => {
    expect(await read([container(1), container(2)])).toEqual([kept(1), kept(2)]);
  });

  it.each([1, 2, 3, 7, 64])(
    "a container list is parsed the same in any chunks, also in chunks of %d bytes",
    async (size) => {
      const Labels = { "cfauth.app.name": 'ä€😀 \\ "\\" \u2028 </a>', "cfauth.path": "\\" };
      expect(await read([container(1, { Labels }), container(2)], weigh, size)).toEqual([
        kept(1, { Labels }),
        kept(2),
      ]);
    },
  );

  it("a container list may be empty, have white space, and have null for empty values", async () => {
    const empty = { ...container(1), Labels: null, Ports: null };
    expect(await read(" [ ] \n")).toEqual([]);
    expect(await read(JSON.stringify([empty], undefined, 2))).toEqual([
      { ...kept(1), Labels: null, Ports: null },
    ]);
  });

  test("labels with any text are parsed as by JSON.parse", async () => {
    const text = fc.string({ unit: "binary", maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(text, text), { maxLength: 4 }),
        fc.integer({ min: 1, max: 50 }),
        async (labels, size) => {
          const list = JSON.parse(
            JSON.stringify(labels.map((Labels, n) => container(n, { Labels }))),
          );
          const found = (await read(list, all, size)) as readonly Container[];
          expect(found.map(({ Labels }) => Labels)).toEqual(
            list.map(({ Labels }: Container) => Labels),
          );
        },
      ),
    );
  });

  it.each([
    {
      what: "breaks off between two containers",
      text: JSON.stringify([container(1)]).slice(0, -1),
    },
    { what: "breaks off within a container", text: JSON.stringify([container(1)]).slice(0, -10) },
    { what: "breaks off within a text", text: '[{"Id":"abc' },
    { what: "has not begun", text: "" },
    { what: "is an object", text: JSON.stringify({ message: "no" }) },
    { what: "is followed by something", text: "[][]" },
    { what: "lists lists", text: "[[]]" },
    { what: "has a list where a map ends", text: '[{"Labels":{]}]' },
    { what: "has a map for a label", text: '[{"Labels":{"cfauth.a":{}}}]' },
    { what: "has a map for an id", text: '[{"Id":{}}]' },
  ])("a container list that $what is refused as a whole", async ({ text }) => {
    await expect(read(text)).rejects.toMatchObject({ name: "Error" });
  });
});

describe("a container that exceeds a limit", () => {
  const half = "x".repeat(MAX_LABEL_JSON_BYTES / 2);

  it.each([
    { what: "a label of 1 MB", labels: { "cfauth.app.name": "x".repeat(1_000_000) }, unread: 1 },
    {
      what: "a label name of 1 MB",
      labels: { [`cfauth.${"x".repeat(1_000_000)}`]: "" },
      unread: 1,
    },
    { what: "a label of escapes", labels: { "cfauth.app.name": '"'.repeat(1_000_000) }, unread: 1 },
    {
      what: "a long label that names its service",
      labels: { "com.docker.compose.service": "x".repeat(2_000) },
      unread: 1,
    },
    {
      what: "100 labels of 64 kB",
      labels: times(100, (n) => [`cfauth.r${n}.app.name`, half]),
      unread: 85,
    },
  ])(
    "a container with $what is marked as over the limit, and the others lose nothing",
    async ({ labels, unread }) => {
      const Labels = { "cfauth.hostname": "app1.example.com", ...labels };
      const [huge, ...others] = await read([container(1, { Labels }), container(2), container(3)]);
      expect(others).toEqual([kept(2), kept(3)]);
      expect(huge).toMatchObject({ ...kept(1), Unread: { Labels: unread } });
    },
  );

  it("a container over the limit keeps the labels about its address and its identity", async () => {
    const Labels = {
      ...times(30_000, (n) => [`cfauth.a${n}.app.description`, "x".repeat(50)]),
      "cfauth.z.hostname": "z.example.com",
      "com.docker.compose.project": "home",
      "com.docker.compose.service": "web",
    };
    const [found] = (await read([container(1, { Labels })])) as readonly Container[];
    expect(found?.Labels).toMatchObject({
      "cfauth.z.hostname": "z.example.com",
      "com.docker.compose.project": "home",
      "com.docker.compose.service": "web",
    });
    expect(Object.keys(found?.Labels ?? {}).length).toBeLessThan(20_000);
  });

  it.each(["traefik.http.x", "homepage.description"])(
    "a container with large labels %s, which ask for nothing, is parsed like any other",
    async (name) => {
      expect(
        await read([
          container(1, { Labels: { "cfauth.path": "/", [name]: "x".repeat(1_000_000) } }),
        ]),
      ).toEqual([kept(1, { Labels: { "cfauth.path": "/" } })]);
    },
  );

  it("a container with ten thousand telephony ports keeps its labels and its TCP ports", async () => {
    const tcp = { IP: "", PrivatePort: 80, Type: "tcp" };
    const Ports = [
      ...Array.from({ length: 20_000 }, (_, n) => ({
        IP: "::",
        PrivatePort: n,
        PublicPort: n,
        Type: "udp",
      })),
      tcp,
    ];
    const [found] = (await read([container(1, { Ports })])) as readonly Container[];
    expect(found).not.toHaveProperty("Unread");
    expect(found?.Labels).toEqual(kept(1).Labels);
    expect(found?.Ports).toContainEqual(tcp);
    expect(found?.Ports?.length).toBeLessThan(2_000);
  });

  it("a container keeps its own name, however many names others gave it", async () => {
    const links = Array.from({ length: 50_000 }, (_, n) => `/other/alias${n}`);
    const [found] = (await read([
      container(1, { Names: [...links, "/app1"] }),
    ])) as readonly Container[];
    expect(found?.Names).toContain("/app1");
    expect(found).not.toHaveProperty("Unread");
  });

  it("a container whose name exceeds the limit is known by its short id", async () => {
    expect(await read([container(1, { Names: [`/${"x".repeat(5_000)}`] })])).toMatchObject([
      { Names: [`/${id(1).slice(0, 12)}`] },
    ]);
  });
});

describe("many containers with many labels", () => {
  const hostile = (n: number) =>
    container(n, { Labels: times(15, (at) => [`cfauth.r${at}.app.name`, "x".repeat(60_000)]) });
  const honest = (n: number) =>
    container(n, {
      Labels: times(20, (at) => [`cfauth.r${at}.hostname`, `r${at}-${n}.example.com`]),
    });

  it.each(["before", "after"])(
    "many containers with many labels lose some of them, and containers listed %s them lose none",
    async (place) => {
      const few = Array.from({ length: 50 }, (_, n) => honest(n));
      const many = Array.from({ length: 100 }, (_, n) => hostile(n + 100));
      const found = await read(place === "before" ? [...few, ...many] : [...many, ...few]);
      const isHonest = (it: unknown) => few.some(({ Id }) => Id === (it as { Id: string }).Id);
      expect(found.filter(isHonest)).toEqual(few.map((it, n) => kept(n, it)));
      expect(found.filter((it) => !isHonest(it))).toEqual(
        many.map(() => expect.objectContaining({ Unread: { Labels: expect.any(Number) } })),
      );
      expect(JSON.stringify(found).length).toBeLessThan(8 * MAX_CONTAINER_COST);
    },
  );

  it("a list with more containers than can be kept is refused", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("[{}");
      for (;;) yield Buffer.from(",{}".repeat(1_000));
    }
    await expect(readContainerList(endless(), weigh)).rejects.toThrow(BeyondLimit);
  });

  it.each([
    { what: "an item", text: "x" },
    { what: "an id of many", text: `"Id":1,` },
  ])("an endless $what is refused", async ({ text }) => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(text === "x" ? "[" : "[{");
      for (;;) yield Buffer.from(text.repeat(10_000));
    }
    await expect(readContainerList(endless(), weigh)).rejects.toThrow(BeyondLimit);
  });
});
