/** What a person sees: a real browser, a real engine and the real daemon. Cloudflare and Authentik are the sandbox. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { asking } from "../sandbox/authentik/testing.ts";
import {
  seedApp,
  seedConfiguration,
  seedIdentityProvider,
  seedPolicy,
  seedRecord,
  seedTunnel,
} from "../sandbox/cloudflare/seed.ts";
import { dockerResolver } from "../sandbox/edge/docker-resolver.ts";
import { type Sandbox, startSandbox } from "../sandbox/index.ts";
import { type Browsing, inBrowser, logIn, shown, startBrowsing } from "./browsing.ts";
import { startDaemon, until } from "./daemon.ts";
import { type Container, start } from "./docker/container.ts";
import { network } from "./docker/network.ts";
import { reap, reapLeftovers } from "./docker/reaper.ts";
import { docker, RUN_ID } from "./docker/run.ts";

inBrowser("in a browser", () => {
  const all = new AsyncDisposableStack();
  let sandbox: Sandbox;
  let browsing: Browsing;
  /** By the first label of its hostname. */
  let containers: Readonly<Record<"wiki" | "photos" | "blog", Container>>;
  let foreign: unknown;

  beforeAll(async () => {
    await reapLeftovers();
    all.defer(() => reap(RUN_ID));
    const net = await network("tunnel");
    sandbox = all.use(await startSandbox({ resolve: dockerResolver(await docker(), [net.name]) }));
    await furnish(sandbox);
    foreign = ofOthers(sandbox);
    const settings = {
      CFAUTH_NETWORK: net.name,
      CFAUTH_GRACE_PERIOD: "2s",
      CFAUTH_STARTUP_GRACE_PERIOD: "2s",
    };
    const daemon = all.use(await startDaemon({ ...sandbox.environment, ...settings }));
    await until("the daemon is ready", () => daemon.ready());
    const run = (name: string, labels: Readonly<Record<string, string>> = {}): Promise<Container> =>
      start({
        name,
        networks: [net],
        labels: { "cfauth.hostname": `${name}.${sandbox.zone}`, ...labels },
      });
    containers = {
      wiki: await run("wiki"),
      photos: await run("photos"),
      blog: await run("blog", { "cfauth.access": "public" }),
    };
    await until("three routes are live", async () => (await daemon.report()).summary.live === 3);
    browsing = all.use(await startBrowsing());
  });

  afterAll(() => all.disposeAsync());

  const at = (name: keyof typeof containers): string => sandbox.edge.url(`${name}.${sandbox.zone}`);
  const words = async (name: keyof typeof containers): Promise<string> =>
    `Hello from ${(await containers[name].inspect()).Config.Hostname}`;

  test("an anonymous visitor sees Authentik's login; alice logs in, consents and sees the container's page", () =>
    browsing.visiting("login", async (page) => {
      await page.goto(at("wiki"));
      expect(new URL(page.url()).hostname).toBe(`auth.${sandbox.zone}`);
      expect(await page.locator("h1").innerText()).toBe("Welcome to authentik!");
      await logIn(page, "alice", "alice-password");
      await page.locator("#continue").click();
      await page.waitForURL(`${at("wiki")}/`);
      expect(await shown(page)).toBe(await words("wiki"));
    }));

  test("one login also opens the second hostname without another prompt", () =>
    browsing.visiting("second", async (page) => {
      await page.goto(at("wiki"));
      await logIn(page, "bob", "bob-password");
      await page.locator("#continue").click();
      await page.waitForURL(`${at("wiki")}/`);
      await page.goto(at("photos"));
      expect(page.url()).toBe(`${at("photos")}/`);
      expect(await shown(page)).toBe(await words("photos"));
    }));

  test("a wrong password does not open a page", () =>
    browsing.visiting("wrong-password", async (page) => {
      await page.goto(at("wiki"));
      await logIn(page, "alice", "bob-password");
      expect(await page.locator("[role=alert]").innerText()).toBe("Failed to authenticate.");
      await page.goto(at("wiki"));
      expect(await page.locator("#password").isVisible()).toBe(true);
      expect(await shown(page)).not.toContain("Hello from");
    }));

  test("a public page opens without a login", () =>
    browsing.visiting("public", async (page) => {
      await page.goto(at("blog"));
      expect(page.url()).toBe(`${at("blog")}/`);
      expect(await shown(page)).toBe(await words("blog"));
    }));

  // This test comes last, because it removes the containers of the others.
  test("a stopped container's page closes, and foreign objects and the login stay as they were", () =>
    browsing.visiting("stopped", async (page) => {
      const { state } = sandbox.cloudflare;
      const login = loginOf(sandbox);
      expect(login).toMatchObject({ methods: 1, providers: 1, applications: 1 });
      await until("each has its tile", () => tilesOf(sandbox).length === 3);
      await Promise.all(Object.values(containers).map((container) => container.stop()));
      await until("nothing leads to the tunnel any more", () =>
        [...state.records.values()].every(({ type }) => type === "A"),
      );
      const answer = await page.goto(at("wiki"));
      expect(answer?.status()).toBe(530);
      expect(await page.locator("h1").innerText()).toBe("1016 Origin DNS error");
      await until("the tiles are gone", () => tilesOf(sandbox).length === 0);
      await until(
        "only foreign objects are left",
        () => JSON.stringify(ofOthers(sandbox)) === JSON.stringify(foreign),
      );
      expect(loginOf(sandbox)).toEqual(login);
    }));
});

/** Objects from before cfauth, including a tunnel with the name that cfauth looks for and with its own rules. */
async function furnish({ cloudflare: { state }, authentik, zone }: Sandbox): Promise<void> {
  const tunnel = seedTunnel(state, { name: "cfauth" });
  const ingress = [
    {
      hostname: `nas.${zone}`,
      service: "http://192.0.2.7:5000",
      originRequest: { noTLSVerify: true },
    },
  ];
  seedConfiguration(state, tunnel, {
    ingress,
    "warp-routing": { enabled: true },
    originRequest: { connectTimeout: 15 },
  });
  seedRecord(state, { name: `mail.${zone}` });
  seedApp(state, { domain: `nas.${zone}` });
  seedPolicy(state, { name: "Friends" });
  seedIdentityProvider(state);
  // A foreign tile that looks like ours.
  const tile = {
    name: "Grafana",
    slug: "grafana",
    meta_launch_url: `https://grafana.${zone}/`,
    meta_publisher: "Ann",
  };
  expect(await asking(authentik)("POST", "/core/applications/", tile)).toMatchObject({
    status: 201,
  });
}

/** Everything but the login and cfauth's tag. Without a route nothing else of cfauth may exist. */
function ofOthers({ cloudflare: { state }, authentik }: Sandbox): unknown {
  return {
    records: [...state.records.values()],
    apps: [...state.apps.values()],
    policies: [...state.policies.values()],
    documents: [...state.configurations.values()].map(({ config }) => config),
    tunnels: [...state.tunnels.values()].map(({ id, name }) => ({ id, name })),
    methods: [...state.identityProviders.values()].filter(({ type }) => type !== "oidc"),
    applications: authentik.state.applications.filter(({ slug }) => slug !== "cf-tunnel-access"),
    bindings: authentik.state.bindings,
  };
}

/** The slugs of the tiles with cfauth's mark. */
const tilesOf = ({ authentik: { state } }: Sandbox): readonly string[] =>
  state.applications
    .filter(({ meta_publisher }) => meta_publisher.startsWith("cfauth:"))
    .map(({ slug }) => slug);

/** Only counts and ids, because a client secret must not appear in a test report. */
function loginOf({ cloudflare: { state }, authentik }: Sandbox) {
  const methods = [...state.identityProviders.values()].filter(({ type }) => type === "oidc");
  const applications = authentik.state.applications.filter(
    ({ slug }) => slug === "cf-tunnel-access",
  );
  return {
    methods: methods.length,
    providers: authentik.state.providers.length,
    applications: applications.length,
    ids: [...methods.map(({ id }) => id), ...applications.map(({ pk }) => pk)],
  };
}
