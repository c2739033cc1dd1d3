import type { ListedContainer } from "../../../../src/sources/docker/container.ts";

/** A running container as the engine lists it, without the fields under test. */
export const listed = (about: Partial<ListedContainer> = {}): ListedContainer => ({
  Id: "c1",
  Names: ["/whoami"],
  ImageID: `sha256:${"0".repeat(64)}`,
  Created: 1_700_000_000,
  State: "running",
  Status: "Up 5 minutes",
  Labels: {},
  Ports: [],
  NetworkSettings: { Networks: { tunnel: { IPAddress: "172.20.0.3" } } },
  ...about,
});
