/** What a real engine reports about an image's labels, and how cfauth uses it. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDocker } from "../../../src/clients/docker/docker.ts";
import type { Workload } from "../../../src/core/domain/workload.ts";
import { createDockerSource } from "../../../src/sources/docker/source.ts";
import { start } from "../docker/container.ts";
import { labelledImage } from "../docker/images.ts";
import { reap, reapLeftovers } from "../docker/reaper.ts";
import { RUN_ID, unique } from "../docker/run.ts";

beforeAll(reapLeftovers, 60_000);
afterAll(() => reap(RUN_ID), 60_000);

const IMAGE = {
  "cfauth.hostname": "www.example.com",
  "cfauth.access": "public",
  "cfauth.adopt": "true",
  "homepage.name": "Claimed",
  "dockflare.hostname": "www.example.com",
  "com.docker.compose.project": "bank",
  "com.docker.compose.service": "web",
};

async function found(name: string, imageLabels = false): Promise<Workload> {
  const docker = createDocker({ kind: "socket", path: "/var/run/docker.sock" });
  const source = createDockerSource({ docker, log: { debug: () => {} }, imageLabels });
  const workload = (await source.list()).find((it) => it.name === unique(name));
  if (workload === undefined) throw new Error(`no container ${name}`);
  return workload;
}

/** The labels that cfauth reads. Every container of a run also has the tests' own labels. */
const read = ({ labels }: Workload) =>
  Object.fromEntries(
    Object.entries(labels).filter(([name]) => !/^(dev\.cfauth|org\.testcontainers)\b/.test(name)),
  );

it("an image's labels are separated from the operator's, for every tool", async () => {
  const tag = await labelledImage(IMAGE);
  await using _ = await start({
    name: "claims",
    image: { tag },
    labels: { "cfauth.hostname": "app.example.com", "cfauth.port": "80" },
  });
  const workload = await found("claims");
  expect(read(workload)).toEqual({ "cfauth.hostname": "app.example.com", "cfauth.port": "80" });
  expect(workload).toMatchObject({
    party: `container:${unique("claims")}`,
    service: undefined,
    imageLabels: {
      kind: "ignored",
      names: Object.keys(IMAGE)
        .filter((name) => name !== "cfauth.hostname")
        .toSorted(),
    },
  });
});

it("an image's labels count with CFAUTH_IMAGE_LABELS=true", async () => {
  const tag = await labelledImage(IMAGE);
  await using _ = await start({ name: "obeyed", image: { tag } });
  expect(read(await found("obeyed", true))).toEqual(IMAGE);
});

it("the ports that an image exposes are used", async () => {
  const tag = await labelledImage(IMAGE);
  await using _ = await start({ name: "exposes", image: { tag } });
  expect((await found("exposes")).ports).toMatchObject([{ number: 8080, protocol: "tcp" }]);
});
