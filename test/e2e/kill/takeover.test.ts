/** A daemon that narrows an audience, opens a path and takes over a hostname at once, killed at every write. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  seedApp,
  seedConfiguration,
  seedPolicy,
  seedRecord,
} from "../../sandbox/cloudflare/seed.ts";
import type { Sandbox } from "../../sandbox/index.ts";
import { type Container, start } from "../docker/container.ts";
import { unique } from "../docker/run.ts";
import { labels, type Photograph } from "../world.ts";
import {
  afterDeath,
  door,
  each,
  LOGIN_POLICY,
  lookAlikes,
  nthWrite,
  origin,
  PUBLIC_POLICY,
  range,
  type Story,
  SWEEP_MS,
  tunnelNetwork,
  undisturbed,
  whole,
  worldOf,
  ZONE,
} from "./story.ts";

const net = tunnelNetwork();

describe("a narrowing, a path for webhooks and a takeover of a hostname at once", () => {
  let before: Photograph;
  let wiki: Container;
  let forge: Container;
  let attic: Container;
  let loft: Container;
  const story = (): Story => ({
    net: net(),
    before,
    tiles: true,
    end: whole([
      "application forge.home.localhost/hooks: cfauth:e2e public, no login",
      "application forge.home.localhost: cfauth:e2e members of family",
      "application old.home.localhost: cfauth:e2e everyone who logs in with Authentik",
      "application photos.home.localhost: Friends",
      "application wiki.home.localhost: cfauth:e2e members of admins",
      "policy Friends: allow",
      "policy cfauth:e2e members of admins: allow",
      "policy cfauth:e2e members of family: allow",
      LOGIN_POLICY,
      PUBLIC_POLICY,
      "record forge.home.localhost: CNAME to the tunnel",
      "record old.home.localhost: CNAME to the tunnel",
      "record wiki.home.localhost: CNAME to the tunnel",
      `rule forge.home.localhost (^/hooks): ${origin("forge")}, marked cfauth:e2e`,
      `rule forge.home.localhost: ${origin("forge")}, logins of forge.home.localhost, marked cfauth:e2e`,
      `rule old.home.localhost: ${origin("loft")}, logins of old.home.localhost, marked cfauth:e2e`,
      `rule wiki.home.localhost: ${origin("wiki")}, logins of wiki.home.localhost, marked cfauth:e2e`,
      "scope mapping cfauth (e2e): groups",
      "tile Forge to https://forge.home.localhost for family",
      "tile Old to https://old.home.localhost",
      "tile Wiki to https://wiki.home.localhost for admins",
    ]),
    live: 4,
    doors: [
      door("old"),
      door("wiki"),
      door("forge"),
      door("forge", "/hooksy"),
      ...lookAlikes("old"),
      door("forge", "/hooks"),
    ],
    mayReach: ({ host, path }) => (host === `forge.${ZONE}` && path === "/hooks" ? [forge] : []),
    shownAtLast: [
      [door("old"), undefined],
      [door("wiki"), undefined],
      [door("forge"), undefined],
      [door("forge", "/hooks"), forge],
    ],
  });

  /** Made by hand before cfauth: a rule without a login check, and an application that also protects another hostname. */
  const byHand = ({ cloudflare: { state }, zone }: Sandbox): void => {
    const [tunnel] = state.tunnels.values();
    const configuration = tunnel && state.configurations.get(tunnel.id);
    if (tunnel === undefined || configuration === undefined) throw new Error("no tunnel");
    // With a connector, which reports the version of its rules.
    state.tunnels.set(tunnel.id, { ...tunnel, status: "healthy" });
    const [catchAll, ...rules] = configuration.config.ingress.toReversed();
    const ingress = [
      ...rules.toReversed(),
      { hostname: `old.${zone}`, service: `http://${unique("attic")}:8080` },
    ];
    if (catchAll === undefined) throw new Error("no catch-all");
    seedConfiguration(state, tunnel, { ...configuration.config, ingress });
    seedRecord(state, {
      name: `old.${zone}`,
      type: "CNAME",
      content: `${tunnel.id}.cfargotunnel.com`,
    });
    const friends = seedPolicy(state, { name: "Friends" });
    const destinations = [`old.${zone}`, `photos.${zone}`].map((uri) => ({ type: "public", uri }));
    seedApp(state, {
      domain: `old.${zone}`,
      name: "Family apps",
      destinations,
      policies: [{ id: friends.id, precedence: 1 }],
    });
  };

  beforeAll(async () => {
    before = await worldOf(
      net(),
      [
        {
          name: "wiki",
          networks: [net()],
          labels: labels({ hostname: "wiki", "access.groups": "admins,family" }),
        },
      ],
      byHand,
    );
    wiki = await start({
      name: "wiki",
      networks: [net()],
      labels: labels({ hostname: "wiki", "access.groups": "admins" }),
    });
    forge = await start({
      name: "forge",
      networks: [net()],
      labels: labels({ hostname: "forge", "access.groups": "family", "access.bypass": "/hooks" }),
    });
    attic = await start({ name: "attic", networks: [net()] });
    loft = await start({
      name: "loft",
      networks: [net()],
      labels: labels({ hostname: "old", adopt: "true" }),
    });
  });
  afterAll(async () => {
    for (const container of [wiki, forge, attic, loft]) await container.remove();
  });

  let writes = 0;

  test("one undisturbed daemon narrows, opens a path and takes over a hostname at once", async () => {
    ({ writes } = await undisturbed(story()));
  });

  test("a daemon killed before and after every write of a takeover exposes nothing, and the next one finishes", {
    timeout: SWEEP_MS,
  }, async () => {
    const deaths = range(writes).flatMap((n) => [nthWrite(n, "before"), nthWrite(n, "after")]);
    expect(await each(deaths, (death) => afterDeath(story(), death))).toEqual([]);
  });

  test("a daemon killed after every write of a takeover exposes nothing while cloudflared lags behind everything", {
    timeout: SWEEP_MS,
  }, async () => {
    expect(
      await each(range(writes), (n) =>
        afterDeath(story(), nthWrite(n, "after"), { configuration: 300 }),
      ),
    ).toEqual([]);
  });
});
