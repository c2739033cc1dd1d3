/** A daemon that closes all its routes, killed at every call. */
import { afterAll, beforeAll, describe } from "vitest";
import { type Container, start } from "../docker/container.ts";
import type { Photograph } from "../world.ts";
import {
  door,
  plazaLabels,
  type Story,
  shutDoors,
  sweeps,
  tunnelNetwork,
  whoamiLabels,
  whole,
  worldOf,
  ZONE,
} from "./story.ts";

const net = tunnelNetwork();

describe("closing all routes", () => {
  let before: Photograph;
  let plaza: Container;
  let whoami: Container;
  const story = (): Story => ({
    net: net(),
    before,
    end: whole([]),
    live: 0,
    doors: [...shutDoors, door("plaza")],
    // A public route stays public until it is closed.
    mayReach: ({ host, path }) => (host === `plaza.${ZONE}` && path === "/" ? [plaza] : []),
    shownAtLast: [
      [door("plaza"), undefined],
      [door("whoami"), undefined],
      [door("plaza", "/admin"), undefined],
    ],
  });

  beforeAll(async () => {
    before = await worldOf(net(), [
      { name: "whoami", networks: [net()], labels: whoamiLabels },
      { name: "plaza", networks: [net()], labels: plazaLabels },
    ]);
    // The containers lose their labels but keep their names, so that a visitor who got through would see a page.
    whoami = await start({ name: "whoami", networks: [net()] });
    plaza = await start({ name: "plaza", networks: [net()] });
  });
  afterAll(async () => {
    await whoami.remove();
    await plaza.remove();
  });

  sweeps("closing all routes", story);
});
