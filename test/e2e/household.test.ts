/** Who may enter what in a household, as its people see it in a real browser, with real containers and the real daemon. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addGroup, addUser } from "../sandbox/authentik/people.ts";
import { asking } from "../sandbox/authentik/testing.ts";
import { seedServiceToken } from "../sandbox/cloudflare/seed.ts";
import type { ServiceToken } from "../sandbox/cloudflare/state.ts";
import { probe } from "../sandbox/edge/probe.ts";
import type { Sandbox } from "../sandbox/index.ts";
import { type Browsing, inBrowser, logIn, shown, startBrowsing } from "./browsing.ts";
import { type Daemon, startDaemon, until } from "./daemon.ts";
import { type Container, start } from "./docker/container.ts";
import { type Network, network } from "./docker/network.ts";
import { live, reaped } from "./fixture.ts";
import { labels, sandboxOn, settings } from "./world.ts";

/** The long-running containers, by the first label of their hostnames. */
const HOUSE = {
  jellyfin: {
    "access.groups": "family",
    "access.bypass": "/hooks",
    "app.name": "Jellyfin",
    "app.category": "Media",
    "app.description": "Films and series",
  },
  router: { "access.groups": "admins", "app.name": "Router", "app.category": "Network" },
  backups: { "access.groups": "admins", "access.service-tokens": "nightly", "app.hidden": "true" },
  wiki: { "app.name": "Wiki", "app.category": "Home" },
  blog: { access: "public" },
} as const;

type Name = keyof typeof HOUSE;

const REFUSED = "That account does not have access";

reaped();

inBrowser("a household in a browser", () => {
  const all = new AsyncDisposableStack();
  let net: Network;
  let sandbox: Sandbox;
  let daemon: Daemon;
  let browsing: Browsing;
  let nightly: ServiceToken;
  const containers = new Map<Name, Container>();

  beforeAll(async () => {
    net = all.use(await network("household"));
    sandbox = all.use(await sandboxOn(net));
    await moveIn(sandbox);
    nightly = seedServiceToken(sandbox.cloudflare.state, "nightly");
    daemon = all.use(
      await startDaemon(
        settings(sandbox, net, {
          CFAUTH_GRACE_PERIOD: "3s",
          CFAUTH_STARTUP_GRACE_PERIOD: "3s",
          CFAUTH_AUTHENTIK_FLOW: "default-provider-authorization-implicit-consent",
        }),
      ),
    );
    await until("the daemon is ready", () => daemon.ready());
    for (const [name, more] of Object.entries(HOUSE))
      containers.set(name as Name, all.use(await run(name, more)));
    const every = async (): Promise<boolean> => {
      const { routes } = await daemon.report();
      expect(routes.filter(({ state }) => state !== "live")).toEqual([]);
      // Jellyfin's path without a login is a route of its own.
      return routes.length === containers.size + 1;
    };
    await until("every route is live", every, 60_000);
    // All but the hidden tile.
    await until("each has its tile", () => tilesShown(sandbox) === containers.size - 1);
    browsing = all.use(await startBrowsing());
  });

  afterAll(async () => {
    await all.disposeAsync();
    expect(sandbox.controls.violations).toEqual([]);
  });

  const host = (name: string): string => `${name}.${sandbox.zone}`;
  const at = (name: string, path = "/"): string => `${sandbox.edge.url(host(name))}${path}`;
  const run = (name: string, more: Readonly<Record<string, string>>): Promise<Container> =>
    start({ name, networks: [net], labels: labels({ hostname: host(name), ...more }) });
  const words = async (container: Container | undefined): Promise<string> =>
    `Hello from ${(await container?.inspect())?.Config.Hostname ?? "nobody"}`;

  /** Opens the page and logs in as this person if asked. */
  async function comes(page: Page, username: string, name: string): Promise<void> {
    await page.goto(at(name));
    if (new URL(page.url()).hostname === host("auth")) await logIn(page, username);
  }

  async function enters(page: Page, username: string, name: Name): Promise<void> {
    await comes(page, username, name);
    await page.waitForURL(at(name));
    expect(await shown(page)).toBe(await words(containers.get(name)));
  }

  async function isRefused(page: Page, username: string, name: Name): Promise<void> {
    await comes(page, username, name);
    await page.getByRole("heading", { name: REFUSED }).waitFor();
    expect(new URL(page.url()).hostname).toBe("home.cloudflareaccess.localhost");
    expect(await shown(page)).not.toContain("Hello from");
  }

  async function turnedAway(page: Page, name: Name, path: string): Promise<void> {
    await page.goto(at(name, path));
    expect(new URL(page.url()).hostname).toBe(host("auth"));
    expect(await page.locator("#password").isVisible()).toBe(true);
  }

  /** This person's library in Authentik: heading, name and link of each tile. */
  async function library(page: Page, username: string): Promise<readonly string[]> {
    await page.goto(at("auth", "/if/user/"));
    if (await page.locator("#password").isVisible()) await logIn(page, username);
    await page.getByRole("heading", { name: "My applications" }).waitFor();
    return page.locator("section").evaluateAll((sections) =>
      sections.flatMap((section) => {
        const heading = section.querySelector("h2")?.textContent ?? "–";
        return [...section.querySelectorAll("a.tile")].map(
          (tile) =>
            `${heading}: ${tile.querySelector(".name")?.textContent} → ${tile.getAttribute("href")}`,
        );
      }),
    );
  }

  test("a member of the family enters Jellyfin and is refused by Cloudflare at the router", () =>
    browsing.visiting("family", async (page) => {
      await enters(page, "alice", "jellyfin");
      await isRefused(page, "alice", "router");
    }));

  test("an admin enters the router and is refused at Jellyfin", () =>
    browsing.visiting("admin", async (page) => {
      await enters(page, "bob", "router");
      await isRefused(page, "bob", "jellyfin");
    }));

  test("a member of both groups enters both pages with one login", () =>
    browsing.visiting("both", async (page) => {
      await enters(page, "carol", "jellyfin");
      await page.goto(at("router"));
      expect(await shown(page)).toBe(await words(containers.get("router")));
    }));

  test("a member of a group inside the family enters Jellyfin as the family does and nothing more", () =>
    browsing.visiting("inside", async (page) => {
      await enters(page, "dave", "jellyfin");
      await isRefused(page, "dave", "router");
    }));

  test("a user without a group is refused at pages for groups and enters pages for everyone", () =>
    browsing.visiting("nobody", async (page) => {
      await isRefused(page, "erin", "jellyfin");
      await enters(page, "erin", "wiki");
    }));

  test("a path for webhooks answers without a login, and the paths next to it ask for one", () =>
    browsing.visiting("webhook", async (page) => {
      for (const path of ["/hooks", "/hooks/push?from=github"]) {
        const { body } = await probe(sandbox.edge.port, host("jellyfin"), path);
        expect({ path, body: body.trim() }).toEqual({
          path,
          body: await words(containers.get("jellyfin")),
        });
      }
      for (const path of ["/", "/hook", "/hooks-of-others", "/settings/hooks"])
        await turnedAway(page, "jellyfin", path);
    }));

  test("a service token enters without a login, and one with a wrong secret is sent to the login", async () => {
    const knock = (secret: string) =>
      probe(sandbox.edge.port, host("backups"), "/", {
        headers: { "cf-access-client-id": nightly.client_id, "cf-access-client-secret": secret },
      });
    const entered = await knock(nightly.client_secret);
    expect({ ...entered, body: entered.body.trim() }).toMatchObject({
      status: 200,
      body: await words(containers.get("backups")),
    });
    const refused = await knock("not-the-secret");
    expect(refused).toMatchObject({
      status: 302,
      headers: { location: expect.stringContaining("home.cloudflareaccess.localhost") },
    });
    expect(refused.body).not.toContain("Hello from");
  });

  test("a service token opens only pages whose labels name it", async () => {
    const headers = {
      "cf-access-client-id": nightly.client_id,
      "cf-access-client-secret": nightly.client_secret,
    };
    expect(await probe(sandbox.edge.port, host("router"), "/", { headers })).toMatchObject({
      status: 302,
    });
  });

  test("a public page asks no one to log in", () =>
    browsing.visiting("public", async (page) => {
      await page.goto(at("blog"));
      expect(page.url()).toBe(at("blog"));
      expect(await shown(page)).toBe(await words(containers.get("blog")));
    }));

  test.each([
    { name: "a member of the family", username: "alice", jellyfin: true, router: false },
    { name: "an admin", username: "bob", jellyfin: false, router: true },
    { name: "a member of both", username: "carol", jellyfin: true, router: true },
    {
      name: "a member of a group inside the family",
      username: "dave",
      jellyfin: true,
      router: false,
    },
    { name: "a member of no group", username: "erin", jellyfin: false, router: false },
  ])(
    "the library shows $name only the pages that they may enter",
    ({ username, jellyfin, router }) =>
      browsing.visiting(`library-${username}`, async (page) => {
        expect(await library(page, username)).toEqual([
          "–: Blog → https://blog.home.localhost",
          "–: NAS → https://nas.example.com",
          "Home: Wiki → https://wiki.home.localhost",
          ...(jellyfin ? ["Media: Jellyfin → https://jellyfin.home.localhost"] : []),
          ...(router ? ["Network: Router → https://router.home.localhost"] : []),
        ]);
      }),
  );

  test("when a container narrows its groups, people who lost access lose their session and tile, and the others get in again", () =>
    browsing.visiting("narrowed", async (bob) => {
      const tile = "–: Photos → https://photos.home.localhost";
      const before = all.use(await run("photos", { "access.groups": "family,admins" }));
      await live(daemon, host("photos"));
      await until("bob has its tile", async () => (await library(bob, "bob")).includes(tile));
      await comes(bob, "bob", "photos");
      await bob.waitForURL(at("photos"));
      expect(await shown(bob)).toBe(await words(before));
      const cookie = await cookieOf(bob, at("photos"));
      expect(cookie).toBeDefined();
      await before.remove();
      const after = all.use(await run("photos", { "access.groups": "family" }));
      await until("bob is out", async () => {
        await bob.goto(at("photos"));
        return bob.getByRole("heading", { name: REFUSED }).isVisible();
      });
      // He still has the cookie, but it is invalid.
      expect(await cookieOf(bob, at("photos"))).toBe(cookie);
      await until("his tile is gone", async () => !(await library(bob, "bob")).includes(tile));
      await browsing.visiting("narrowed-alice", async (alice) => {
        await comes(alice, "alice", "photos");
        await alice.waitForURL(at("photos"));
        expect(await shown(alice)).toBe(await words(after));
        expect(await library(alice, "alice")).toContain(tile);
      });
    }));

  // This test comes last, because it removes what the others use.
  test("only the tile of a stopped container leaves the library", () =>
    browsing.visiting("stopped", async (page) => {
      const tile = page.locator("a.tile", { hasText: "Wiki" });
      await until(
        "the tile is there",
        async () => (await library(page, "erin")) && tile.isVisible(),
      );
      await containers.get("wiki")?.stop();
      await until(
        "the tile is gone",
        async () => (await library(page, "erin")) && !(await tile.isVisible()),
      );
      expect(await library(page, "erin")).toEqual([
        "–: Blog → https://blog.home.localhost",
        "–: NAS → https://nas.example.com",
      ]);
    }));
});

/** Adds people to alice of the family and bob of the admins, and a tile that was made by hand. */
async function moveIn({ authentik }: Sandbox): Promise<void> {
  const { state } = authentik;
  addGroup(state, { name: "kids", parents: ["family"] });
  addUser(state, { username: "carol", groups: ["family", "admins"] });
  addUser(state, { username: "dave", groups: ["kids"] });
  addUser(state, { username: "erin" });
  const tile = { name: "NAS", slug: "nas", meta_launch_url: "https://nas.example.com" };
  expect(await asking(authentik)("POST", "/core/applications/", tile)).toMatchObject({
    status: 201,
  });
}

/** How many of our tiles someone can see. A tile for groups has no address until it is bound. */
const tilesShown = ({ authentik: { state } }: Sandbox): number =>
  state.applications.filter(
    ({ meta_publisher, meta_launch_url }) =>
      meta_publisher.startsWith("cfauth:") && meta_launch_url.startsWith("https:"),
  ).length;

/** The session that Access issued for this page. */
async function cookieOf(page: Page, url: string): Promise<string | undefined> {
  const cookies = await page.context().cookies(url);
  return cookies.find(({ name }) => name === "CF_Authorization")?.value;
}
