/** A daemon that changes origins and protection of routes, killed at every call. */
import { afterAll, beforeAll, describe } from "vitest";
import { type Container, start } from "../docker/container.ts";
import { labels, type Photograph } from "../world.ts";
import {
  door,
  LOGIN_POLICY,
  lookAlikes,
  origin,
  PUBLIC_POLICY,
  type Story,
  sweeps,
  tunnelNetwork,
  whole,
  worldOf,
} from "./story.ts";

const net = tunnelNetwork();

describe("a change of origin and protection together", () => {
  let before: Photograph;
  /** One behind a login and later without labels, one public, one public and later without labels, one behind a login. */
  let diary: Container;
  let poster: Container;
  let stall: Container;
  let vault: Container;
  const story = (): Story => ({
    net: net(),
    before,
    end: whole([
      "application board.home.localhost: cfauth:e2e public, no login",
      "application shop.home.localhost: cfauth:e2e everyone who logs in with Authentik",
      LOGIN_POLICY,
      PUBLIC_POLICY,
      "record board.home.localhost: CNAME to the tunnel",
      "record shop.home.localhost: CNAME to the tunnel",
      `rule board.home.localhost: ${origin("poster")}, marked cfauth:e2e`,
      `rule shop.home.localhost: ${origin("vault")}, logins of shop.home.localhost, marked cfauth:e2e`,
    ]),
    live: 2,
    doors: [door("board"), door("shop"), ...lookAlikes("board"), ...lookAlikes("shop")],
    mayReach: ({ host }) =>
      host.toLowerCase().startsWith("board.")
        ? [poster]
        : host.toLowerCase().startsWith("shop.")
          ? [stall]
          : [],
    shownAtLast: [
      [door("board"), poster],
      [door("shop"), undefined],
    ],
    replaced: true,
  });

  beforeAll(async () => {
    before = await worldOf(net(), [
      { name: "diary", networks: [net()], labels: labels({ hostname: "board" }) },
      { name: "stall", networks: [net()], labels: labels({ hostname: "shop", access: "public" }) },
    ]);
    diary = await start({ name: "diary", networks: [net()] });
    poster = await start({
      name: "poster",
      networks: [net()],
      labels: labels({ hostname: "board", access: "public" }),
    });
    stall = await start({ name: "stall", networks: [net()] });
    vault = await start({ name: "vault", networks: [net()], labels: labels({ hostname: "shop" }) });
  });
  afterAll(async () => {
    for (const container of [diary, poster, stall, vault]) await container.remove();
  });

  sweeps("changing origin and protection together", story);
});
