/** What a person sees: a real browser, a real engine and the real daemon; Cloudflare and Authentik are the sandbox's. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureChromium } from "../../scripts/chromium.ts";
import { type Container, start } from "../docker/container.ts";
import { network } from "../docker/network.ts";
import { reap, reapLeftovers } from "../docker/reaper.ts";
import { docker, RUN_ID } from "../docker/run.ts";
import { seedApp, seedConfiguration, seedIdentityProvider, seedPolicy, seedRecord, seedTunnel } from "../sandbox/cloudflare/seed.ts";
import { dockerResolver } from "../sandbox/edge/docker-resolver.ts";
import { type Sandbox, startSandbox } from "../sandbox/index.ts";
import { startDaemon, until } from "./daemon.ts";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** How long a page may take on a slow machine, in milliseconds. */
const PATIENCE_MS = 20_000;

const program = await ensureChromium();

describe.skipIf(program === undefined)(`in a browser${program === undefined ? " (skipped: no Chromium here)" : ""}`, () => {
  const all = new AsyncDisposableStack();
  let sandbox: Sandbox;
  let browser: Browser;
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
    const settings = { CFAUTH_NETWORK: net.name, CFAUTH_GRACE_PERIOD: "2s", CFAUTH_STARTUP_GRACE_PERIOD: "2s" };
    const daemon = all.use(await startDaemon({ ...sandbox.environment, ...settings }));
    await until("the daemon is ready", () => daemon.ready());
    const run = (name: string, labels: Readonly<Record<string, string>> = {}): Promise<Container> =>
      start({ name, networks: [net], labels: { "cfauth.hostname": `${name}.${sandbox.zone}`, ...labels } });
    containers = { wiki: await run("wiki"), photos: await run("photos"), blog: await run("blog", { "cfauth.access": "public" }) };
    await until("three routes are live", async () => (await daemon.report()).summary.live === 3);
    browser = await chromium.launch({ ...(program !== undefined && { executablePath: program }), args: FLAGS, timeout: 60_000 });
    all.defer(() => browser.close());
  });

  afterAll(() => all.disposeAsync());

  /** Cookies and cache are the context's own. On failure the error says where the page's picture is. */
  async function visiting(title: string, visit: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    try {
      await visit(page);
    } catch (error) {
      const picture = join(tmpdir(), `cfauth-browser-${title}-${RUN_ID}.png`);
      const taken = await page.screenshot({ path: picture, fullPage: true }).then(
        () => picture,
        () => "none could be taken",
      );
      throw new Error(`at ${page.url()}; picture: ${taken}`, { cause: error });
    } finally {
      await context.close();
    }
  }

  const at = (name: keyof typeof containers): string => sandbox.edge.url(`${name}.${sandbox.zone}`);
  const words = async (name: keyof typeof containers): Promise<string> =>
    `Hello from ${(await containers[name].inspect()).Config.Hostname}`;
  const shown = (page: Page): Promise<string> => page.locator("body").innerText();

  test("a stranger stands before Authentik's login; alice logs in, consents, and sees the container's own page", () =>
    visiting("login", async (page) => {
      await page.goto(at("wiki"));
      expect(new URL(page.url()).hostname).toBe(`auth.${sandbox.zone}`);
      expect(await page.locator("h1").innerText()).toBe("Welcome to authentik!");
      await logIn(page, "alice", "alice-password");
      await page.locator("#continue").click();
      await page.waitForURL(`${at("wiki")}/`);
      expect((await shown(page)).trim()).toBe(await words("wiki"));
    }));

  test("one login opens the second hostname as well, without another word", () =>
    visiting("second", async (page) => {
      await page.goto(at("wiki"));
      await logIn(page, "bob", "bob-password");
      await page.locator("#continue").click();
      await page.waitForURL(`${at("wiki")}/`);
      await page.goto(at("photos"));
      expect(page.url()).toBe(`${at("photos")}/`);
      expect((await shown(page)).trim()).toBe(await words("photos"));
    }));

  test("a wrong password does not get in", () =>
    visiting("wrong-password", async (page) => {
      await page.goto(at("wiki"));
      await logIn(page, "alice", "bob-password");
      expect(await page.locator("[role=alert]").innerText()).toBe("Failed to authenticate.");
      await page.goto(at("wiki"));
      expect(await page.locator("#password").isVisible()).toBe(true);
      expect(await shown(page)).not.toContain("Hello from");
    }));

  test("a public page opens at once", () =>
    visiting("public", async (page) => {
      await page.goto(at("blog"));
      expect(page.url()).toBe(`${at("blog")}/`);
      expect((await shown(page)).trim()).toBe(await words("blog"));
    }));

  // The last: it takes the containers of the others away.
  test("a stopped container takes its page with it, and leaves others' things and the login as they were", () =>
    visiting("stopped", async (page) => {
      const { state } = sandbox.cloudflare;
      const login = loginOf(sandbox);
      expect(login).toMatchObject({ methods: 1, providers: 1, applications: 1 });
      await Promise.all(Object.values(containers).map((container) => container.stop()));
      await until("nothing leads to the tunnel any more", () => [...state.records.values()].every(({ type }) => type === "A"));
      const answer = await page.goto(at("wiki"));
      expect(answer?.status()).toBe(530);
      expect(await page.locator("h1").innerText()).toBe("1016 Origin DNS error");
      await until("only what others made is left", () => JSON.stringify(ofOthers(sandbox)) === JSON.stringify(foreign));
      expect(loginOf(sandbox)).toEqual(login);
    }));
});

async function logIn(page: Page, username: string, password: string): Promise<void> {
  await page.locator("#username").fill(username);
  await page.locator("#password").fill(password);
  await page.locator("#log-in").click();
}

/** What was there long before cfauth: also a tunnel of the name that it looks for, with rules of its own. */
async function furnish({ cloudflare: { state }, authentik, zone }: Sandbox): Promise<void> {
  const tunnel = seedTunnel(state, { name: "cfauth" });
  const ingress = [{ hostname: `nas.${zone}`, service: "http://192.0.2.7:5000", originRequest: { noTLSVerify: true } }];
  seedConfiguration(state, tunnel, { ingress, "warp-routing": { enabled: true }, originRequest: { connectTimeout: 15 } });
  seedRecord(state, { name: `mail.${zone}` });
  seedApp(state, { domain: `nas.${zone}` });
  seedPolicy(state, { name: "Friends" });
  seedIdentityProvider(state);
  const headers = { authorization: `Bearer ${authentik.state.apiToken.key}`, "content-type": "application/json" };
  const made = await fetch(`${authentik.url}/api/v3/core/applications/`, {
    method: "POST",
    headers,
    body: JSON.stringify({ name: "Grafana", slug: "grafana" }),
  });
  expect(made.status).toBe(201);
}

/** Everything but the login and the tag with which cfauth marks its own: with no route there may be nothing else of its. */
function ofOthers({ cloudflare: { state }, authentik }: Sandbox): unknown {
  return {
    records: [...state.records.values()],
    apps: [...state.apps.values()],
    policies: [...state.policies.values()],
    documents: [...state.configurations.values()].map(({ config }) => config),
    tunnels: [...state.tunnels.values()].map(({ id, name }) => ({ id, name })),
    methods: [...state.identityProviders.values()].filter(({ type }) => type !== "oidc"),
    applications: authentik.state.applications.filter(({ slug }) => slug !== "cf-tunnel-access"),
  };
}

/** Numbers and identities alone: a client secret must not end up in a report. */
function loginOf({ cloudflare: { state }, authentik }: Sandbox) {
  const methods = [...state.identityProviders.values()].filter(({ type }) => type === "oidc");
  const applications = authentik.state.applications.filter(({ slug }) => slug === "cf-tunnel-access");
  return {
    methods: methods.length,
    providers: authentik.state.providers.length,
    applications: applications.length,
    ids: [...methods.map(({ id }) => id), ...applications.map(({ pk }) => pk)],
  };
}
