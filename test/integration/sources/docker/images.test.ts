import { describe, expect, it } from "vitest";
import { createDocker, type Docker } from "../../../../src/clients/docker/docker.ts";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import type { ListedContainer } from "../../../../src/sources/docker/container.ts";
import { createImages } from "../../../../src/sources/docker/images.ts";
import { createDockerSource } from "../../../../src/sources/docker/source.ts";
import type { Source } from "../../../../src/sources/source.ts";
import { listed } from "../../../unit/sources/docker/listed.ts";
import { type FakeEngine, fakeEngine } from "./engine.ts";

type Labels = Readonly<Record<string, string>>;

/** The content id of the image with this number. */
const imageId = (number: number): string => `sha256:${String(number).padStart(64, "0")}`;
const imagePath = (number: number): string => `/images/${imageId(number)}/json`;

/** An engine with these containers. Each gives its image by number. */
async function engineWith(
  containers: readonly (Partial<ListedContainer> & { readonly image?: number })[],
): Promise<FakeEngine> {
  const engine = await fakeEngine();
  const all = containers.map(({ image = 1, ...about }, index) =>
    listed({ Id: `c${index}`, ImageID: imageId(image), ...about }),
  );
  engine.on("/containers/json", (_request, response) => response.end(JSON.stringify(all)));
  return engine;
}

const hasLabels = (engine: FakeEngine, number: number, labels: Labels | null): void =>
  engine.on(imagePath(number), (_request, response) =>
    response.end(JSON.stringify({ Config: { Labels: labels } })),
  );

const refuses = (engine: FakeEngine, number: number, status: number): void =>
  engine.on(imagePath(number), (_request, response) => response.writeHead(status).end());

/** The source of an engine, and its clock. */
function sourceOf(
  engine: FakeEngine,
  more: { readonly imageLabels?: boolean; readonly prefix?: string } = {},
) {
  const clock = { ms: 0 };
  const docker = createDocker({ kind: "socket", path: engine.path }, { timeoutMs: 60_000 });
  const source = createDockerSource({
    docker,
    log: { debug: () => {} },
    uptime: () => clock.ms,
    ...more,
  });
  return { source, clock };
}

const only = async (source: Source): Promise<Workload> => {
  const [workload, ...others] = await source.list();
  if (workload === undefined || others.length > 0) throw new Error("not just one container");
  return workload;
};

const imagesAsked = ({ asked }: FakeEngine): readonly string[] =>
  asked.filter((it) => it.includes("/images/"));

describe("a label of the image", () => {
  it.each([
    { whose: "cfauth's", name: "cfauth.access", text: "public" },
    { whose: "cfauth's for a path without a login", name: "cfauth.access.bypass", text: "/" },
    { whose: "cfauth's in other letters", name: "CFAUTH.hostname", text: "wiki.example.com" },
    { whose: "Homepage's", name: "homepage.name", text: "Wiki" },
    { whose: "DockFlare's", name: "dockflare.hostname", text: "wiki.example.com" },
    { whose: "another tool's for Access", name: "cloudflare.access.enable", text: "false" },
    { whose: "Compose's", name: "com.docker.compose.project", text: "bank" },
    { whose: "Swarm's", name: "com.docker.stack.namespace", text: "bank" },
  ])("a label of the image that is $whose is ignored and named", async ({ name, text }) => {
    await using engine = await engineWith([{ Labels: { "cfauth.port": "80", [name]: text } }]);
    hasLabels(engine, 1, { [name]: text });
    expect(await only(sourceOf(engine).source)).toMatchObject({
      labels: { "cfauth.port": "80" },
      imageLabels: { kind: "ignored", names: [name] },
    });
    expect((await only(sourceOf(engine).source)).labels).not.toHaveProperty([name]);
  });

  it("a label of the image counts if the operator overrides its value", async () => {
    await using engine = await engineWith([{ Labels: { "cfauth.hostname": "wiki.example.com" } }]);
    hasLabels(engine, 1, { "cfauth.hostname": "demo.example.com" });
    expect(await only(sourceOf(engine).source)).toMatchObject({
      labels: { "cfauth.hostname": "wiki.example.com" },
      imageLabels: { kind: "ignored", names: [] },
    });
  });

  it("CFAUTH_IMAGE_LABELS=true accepts labels of images, and no image is inspected", async () => {
    await using engine = await engineWith([{ Labels: { "cfauth.access": "public" } }]);
    expect(await only(sourceOf(engine, { imageLabels: true }).source)).toMatchObject({
      labels: { "cfauth.access": "public" },
      imageLabels: { kind: "obeyed" },
    });
    expect(imagesAsked(engine)).toEqual([]);
  });

  it("a label of the image is also ignored under another prefix", async () => {
    await using engine = await engineWith([{ Labels: { "home.net.access": "public" } }]);
    hasLabels(engine, 1, { "home.net.access": "public" });
    expect(await only(sourceOf(engine, { prefix: "home.net" }).source)).toMatchObject({
      labels: {},
    });
  });

  it("a label of the image does not put the container into a project or one of its services", async () => {
    const compose = {
      "com.docker.compose.project": "bank",
      "com.docker.compose.service": "web",
      "com.docker.compose.container-number": "1",
      "com.docker.compose.config-hash": "abc",
    };
    await using engine = await engineWith([
      { Names: ["/evil"], Labels: { "cfauth.port": "80", ...compose } },
    ]);
    hasLabels(engine, 1, compose);
    expect(await only(sourceOf(engine).source)).toMatchObject({
      party: "container:evil",
      service: undefined,
    });
  });
});

describe("a container that Compose created", () => {
  /** Compose adds the project and service labels to an image that it builds. */
  const built = {
    "com.docker.compose.project": "home",
    "com.docker.compose.service": "wiki",
    "com.docker.compose.version": "2.40.0",
  };

  it.each(["com.docker.compose.config-hash", "com.docker.compose.container-number"])(
    "a container whose image Compose built keeps its project because of its label %s",
    async (proof) => {
      await using engine = await engineWith([
        { Names: ["/wiki"], Labels: { ...built, [proof]: "1", "cfauth.port": "80" } },
      ]);
      hasLabels(engine, 1, built);
      expect(await only(sourceOf(engine).source)).toMatchObject({
        party: "compose:home",
        service: { project: "home", name: "wiki" },
        imageLabels: { kind: "ignored", names: [] },
      });
    },
  );
});

describe("an image", () => {
  it("an image is inspected once, however many containers it has and however often they are listed", async () => {
    const Labels = { "cfauth.port": "80" };
    await using engine = await engineWith([
      { Labels, image: 1 },
      { Labels, image: 1 },
      { Labels, image: 2 },
    ]);
    for (const number of [1, 2]) hasLabels(engine, number, null);
    const { source, clock } = sourceOf(engine);
    for (let look = 0; look < 5; look++) {
      await source.list();
      clock.ms += 86_400_000;
    }
    expect(imagesAsked(engine).toSorted()).toEqual([`GET ${imagePath(1)}`, `GET ${imagePath(2)}`]);
  });

  it("an image is inspected by its content id if the engine omits the algorithm", async () => {
    await using engine = await engineWith([
      { Labels: { "cfauth.access": "public" }, ImageID: imageId(1).replace("sha256:", "") },
    ]);
    hasLabels(engine, 1, { "cfauth.access": "public" });
    expect(await only(sourceOf(engine).source)).toMatchObject({
      labels: {},
      imageLabels: { kind: "ignored", names: ["cfauth.access"] },
    });
  });

  it("an image is not inspected if none of its containers has labels that cfauth reads", async () => {
    await using engine = await engineWith([
      { Labels: { "org.opencontainers.image.title": "wiki" } },
      { Labels: null },
    ]);
    const { source } = sourceOf(engine);
    expect((await source.list()).map(({ imageLabels }) => imageLabels)).toEqual([
      { kind: "ignored", names: [] },
      { kind: "ignored", names: [] },
    ]);
    expect(imagesAsked(engine)).toEqual([]);
  });

  it("at most four images are inspected at once", async () => {
    const answers: (() => void)[] = [];
    const image = () => new Promise((answer) => answers.push(() => answer({ Config: {} })));
    const images = createImages({ image } as unknown as Docker, "cfauth", () => 0);
    const ids = new Set(Array.from({ length: 12 }, (_, index) => imageId(index)));
    const known = images.labelsOf(ids);
    const open: number[] = [];
    for (let asked = 0; asked < ids.size; ) {
      await new Promise((turn) => setImmediate(turn));
      open.push(answers.length);
      asked += answers.length;
      for (const answer of answers.splice(0)) answer();
    }
    expect(open).toEqual([4, 4, 4]);
    expect([...(await known).values()].every(({ kind }) => kind === "known")).toBe(true);
  });
});

describe("an image that cannot be inspected", () => {
  it.each([
    { so: "a proxy refuses it", status: 403, why: /refuses GET \/images\/<id>\/json \(403\)/ },
    { so: "it was removed while its container runs", status: 404, why: /no longer has the image/ },
    { so: "the engine fails", status: 500, why: /status 500/ },
  ])("an image is unknown if $so, and its container is still listed", async ({ status, why }) => {
    await using engine = await engineWith([{ Labels: { "cfauth.access": "public" } }]);
    refuses(engine, 1, status);
    const workload = await only(sourceOf(engine).source);
    expect(workload.labels).toEqual({ "cfauth.access": "public" });
    expect(workload.imageLabels).toEqual({ kind: "unknown", why: expect.stringMatching(why) });
  });

  it.each([
    { so: "the engine names none", ImageID: undefined },
    { so: "the engine names it by a tag", ImageID: "wiki:latest" },
    { so: "its id would form another path", ImageID: "sha256:../../containers/c0" },
  ])("an image is unknown if $so, and no request is sent", async ({ ImageID }) => {
    await using engine = await engineWith([{ Labels: { "cfauth.access": "public" } }]);
    engine.on("/containers/json", (_request, response) =>
      response.end(JSON.stringify([listed({ Labels: { "cfauth.access": "public" }, ImageID })])),
    );
    expect((await only(sourceOf(engine).source)).imageLabels).toMatchObject({ kind: "unknown" });
    expect(imagesAsked(engine)).toEqual([]);
  });

  it("an image is inspected again after growing delays and is known once the proxy allows it", async () => {
    await using engine = await engineWith([{ Labels: { "cfauth.access": "public" } }]);
    refuses(engine, 1, 403);
    const { source, clock } = sourceOf(engine);
    const counts: number[] = [];
    for (const ms of [0, 4_999, 5_000, 14_999, 15_000, 34_999]) {
      clock.ms = ms;
      await source.list();
      counts.push(imagesAsked(engine).length);
    }
    expect(counts).toEqual([1, 1, 2, 2, 3, 3]);
    hasLabels(engine, 1, { "cfauth.access": "public" });
    clock.ms = 35_000;
    expect(await only(source)).toMatchObject({
      labels: {},
      imageLabels: { kind: "ignored", names: ["cfauth.access"] },
    });
  });

  it("many images cost one call if a proxy refuses their inspection", async () => {
    const numbers = Array.from({ length: 40 }, (_, index) => index + 1);
    await using engine = await engineWith(
      numbers.map((image) => ({ Labels: { "cfauth.port": "80" }, image })),
    );
    for (const number of numbers) refuses(engine, number, 403);
    const { source, clock } = sourceOf(engine);
    expect((await source.list()).every(({ imageLabels }) => imageLabels.kind === "unknown")).toBe(
      true,
    );
    expect(imagesAsked(engine).length).toBeLessThanOrEqual(4);
    clock.ms = 4_000;
    await source.list();
    expect(imagesAsked(engine).length).toBeLessThanOrEqual(4);
  });

  it("an image that cannot be inspected does not affect other containers", async () => {
    await using engine = await engineWith([
      { Labels: { "cfauth.access": "public" }, image: 1 },
      { Labels: { "cfauth.access": "public" }, image: 2 },
    ]);
    engine.on(imagePath(1), (_request, response) => response.end("no JSON"));
    hasLabels(engine, 2, {});
    expect(
      (await sourceOf(engine).source.list()).map(({ imageLabels }) => imageLabels.kind),
    ).toEqual(["unknown", "ignored"]);
  });
});

describe("a container with an unknown image", () => {
  const labels = {
    "com.docker.compose.project": "blog",
    "com.docker.compose.service": "web",
    "cfauth.port": "80",
  };
  it.each([
    { name: "blog-web-1", network: "tunnel", party: "compose:blog" },
    { name: "blog_web_1", network: "tunnel", party: "compose:blog" },
    { name: "0a1b2c3d4e5f_blog-web-1", network: "tunnel", party: "compose:blog" },
    { name: "blog-web-run-0a1b2c", network: "tunnel", party: "compose:blog" },
    { name: "wiki", network: "blog_default", party: "compose:blog" },
    { name: "evil", network: "tunnel", party: "container:evil" },
    { name: "evil", network: "blogger_default", party: "container:evil" },
    { name: "blog-website-1", network: "tunnel", party: "container:blog-website-1" },
  ])(
    "the container $name on $network with an unknown image and project labels belongs to $party",
    async ({ name, network, party }) => {
      const NetworkSettings = { Networks: { [network]: { IPAddress: "172.20.0.3" } } };
      await using engine = await engineWith([
        { Names: [`/${name}`], Labels: labels, NetworkSettings },
      ]);
      refuses(engine, 1, 403);
      expect(await only(sourceOf(engine).source)).toMatchObject({ party });
    },
  );

  it("a container with an unknown image belongs to no stack unless its name begins with the stack's", async () => {
    const stack = { "com.docker.stack.namespace": "media", "cfauth.port": "80" };
    await using engine = await engineWith([
      { Names: ["/media_web.1.x7k2"], Labels: stack },
      { Names: ["/evil"], Labels: stack },
    ]);
    refuses(engine, 1, 403);
    expect(
      (await sourceOf(engine).source.list()).map((it) => it.labels["com.docker.stack.namespace"]),
    ).toEqual(["media", undefined]);
  });
});
