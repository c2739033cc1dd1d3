/** `cfauth destroy`, the command itself, on the sandbox. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { cli } from "../../../src/cli/cli.ts";
import {
  AUTHENTIK_OPERATIONS,
  type AuthentikOperation,
} from "../../../src/clients/authentik/operations.ts";
import { createTerminal } from "../../../src/core/terminal.ts";
import { inventory } from "../../e2e/world.ts";
import { seedApp, seedIdentityProvider } from "../../sandbox/cloudflare/seed.ts";
import { AUTH } from "../../sandbox/testing.ts";
import { tcp, workload } from "../../support/builders.ts";
import { type Home, home, OWNER } from "./daemon.ts";
import { furnish, mayOnly, others } from "./others.ts";
import { stranger, visitor } from "./visitor.ts";

interface Ran {
  readonly code: number;
  readonly out: string;
}

/** Runs `cfauth destroy`. @param answer - the answer to its question; undefined if there is no terminal */
async function destroy(
  at: Home,
  args: readonly string[] = ["--yes"],
  more: Readonly<Record<string, string>> = {},
  answer?: string,
  stop: AbortSignal = new AbortController().signal,
): Promise<Ran> {
  let out = "";
  const write = (text: string): void => {
    out += text;
  };
  const to = createTerminal({ write }, {});
  const code = await cli(["destroy", ...args], {
    env: { ...at.sandbox.environment, CFAUTH_OWNER: OWNER, CFAUTH_LISTEN: "127.0.0.1:1", ...more },
    readText: () => "",
    out: to,
    err: to,
    stop,
    ask: async () => answer,
  });
  expect(out).not.toContain(at.sandbox.cloudflare.state.token);
  return { code, out };
}

/** One route of every kind: public, for groups, for e-mail addresses, one within another, and one with a path without a login. */
async function household(at: Home): Promise<void> {
  await at.run("wiki", { "access.groups": "family", "access.bypass": "/hooks" });
  await at.run("notes", { "access.emails": "bob@example.com" });
  await at.run("shop", { access: "public" });
  const labels = {
    "cfauth.web.hostname": at.host("shop"),
    "cfauth.web.access": "public",
    "cfauth.admin.hostname": at.host("shop"),
    "cfauth.admin.path": "/admin",
  };
  at.add(workload(labels, { name: "shop", ports: [tcp(at.port("shop"))] }));
  expect((await at.settle()).errors).toEqual([]);
}

/** Added after every other container. */
const LAST_ID = "ffffffff-ffff-4fff-8fff-ffffffffffff";

const TUNNEL_ALONE = ["rule anything else: http_status:404", "tunnel cfauth"];

describe("cfauth destroy", () => {
  it("destroy removes everything that cfauth created, and says that the tunnel stays and how to delete it", async () => {
    await using at = await home();
    await household(at);
    const { code, out } = await destroy(at);
    expect(inventory(at.sandbox)).toEqual(TUNNEL_ALONE);
    expect(code).toBe(0);
    expect(out).toContain(`Removed: no object of owner ${OWNER} is left`);
    expect(out).toContain("the tunnel cfauth: nothing on it says who made it");
    expect(out).toContain("cloudflared tunnel delete cfauth");
    expect(await destroy(at)).toEqual({
      code: 0,
      out: expect.stringContaining(`Owner ${OWNER} has no objects.`),
    });
  });

  it.each(["2024.12", "2026.11"] as const)(
    "destroy leaves nothing behind in Authentik %s",
    async (version) => {
      await using at = await home({ version });
      const before = JSON.stringify([
        at.sandbox.authentik.state.providers,
        at.sandbox.authentik.state.secrets,
      ]);
      await household(at);
      expect((await destroy(at)).code).toBe(0);
      expect(
        JSON.stringify([at.sandbox.authentik.state.providers, at.sandbox.authentik.state.secrets]),
      ).toBe(before);
    },
  );

  it("destroy leaves nothing behind when the authorization flow does not exist", async () => {
    await using at = await home();
    await household(at);
    for (const flow of at.sandbox.authentik.state.flows)
      if (flow.slug.includes("explicit")) flow.slug = "my-authorization";
    expect((await destroy(at)).code).toBe(0);
    expect(inventory(at.sandbox)).toEqual(TUNNEL_ALONE);
  });

  it("destroy also removes and lists the second login method of two simultaneous first starts", async () => {
    await using at = await home();
    await household(at);
    const methods = at.sandbox.cloudflare.state.identityProviders;
    for (const method of [...methods.values()])
      methods.set(LAST_ID, { ...structuredClone(method), id: LAST_ID });
    const { code, out } = await destroy(at);
    expect(out.match(/^ +\d+ - login method /gm)).toHaveLength(2);
    expect([code, inventory(at.sandbox)]).toEqual([0, TUNNEL_ALONE]);
  });

  it("destroy keeps the login if a foreign application offers its second login method", async () => {
    await using at = await home();
    await at.run("wiki");
    await at.settle();
    const methods = at.sandbox.cloudflare.state.identityProviders;
    for (const method of [...methods.values()])
      methods.set(LAST_ID, { ...structuredClone(method), id: LAST_ID });
    seedApp(at.sandbox.cloudflare.state, {
      name: "Mine",
      domain: "mine.home.localhost",
      allowed_idps: [LAST_ID],
    });
    const { code, out } = await destroy(at);
    expect(out).toContain(`the Access application "Mine" uses it`);
    expect([code, methods.size, at.sandbox.authentik.state.providers.length]).toEqual([0, 2, 1]);
  });

  it("destroy leaves foreign objects byte for byte as they were and reports their number", async () => {
    await using at = await home({ furnish });
    const before = others(at.sandbox);
    await household(at);
    const { code, out } = await destroy(at);
    expect(others(at.sandbox)).toBe(before);
    // That application offers every login method, so ours is used there too.
    expect(out).toContain(
      `the login method Authentik (cf-tunnel-access): the Access application "nas.home.localhost" offers every login method`,
    );
    expect(
      inventory(at.sandbox).some((line) =>
        line.startsWith("login method Authentik (cf-tunnel-access)"),
      ),
    ).toBe(true);
    expect(out).toMatch(/What stays: \d+ foreign objects, byte for byte/);
    expect(code).toBe(0);
  });

  it("destroy keeps the login for another cfauth on the same account, whose users can still log in", async () => {
    await using at = await home();
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    await at.run("notes");
    const labels = { "theirs.hostname": at.host("notes"), "theirs.access.groups": "family" };
    at.add(workload(labels, { name: "notes", ports: [tcp(at.port("notes"))] }));
    const other = await at.another({ CFAUTH_OWNER: "b", CFAUTH_LABEL_PREFIX: "theirs" });
    await other.settle();
    const { code, out } = await destroy(at);
    expect(out).toContain(
      `the login method Authentik (cf-tunnel-access): the Access application "${at.host("notes")}" uses it`,
    );
    expect(inventory(at.sandbox).filter((line) => /cfauth[:-]app|\(app\)|wiki/.test(line))).toEqual(
      [],
    );
    expect(code).toBe(0);
    expect(await visitor(at.sandbox, "alice").open(at.host("notes"))).toBe("this is notes: /");
    at.sandbox.controls.clear();
    await other.resync();
    expect([other.live, at.sandbox.controls.writes()]).toEqual([[at.host("notes")], []]);
  });

  it("destroy removes Authentik's own hostname last, because it may be the only way to reach Authentik", async () => {
    await using at = await home({
      authentikBehindTunnel: true,
      settings: { CFAUTH_AUTHENTIK_CONTAINER: "authentik" },
    });
    const port = Number(new URL(at.sandbox.authentik.url).port);
    at.add(workload({ "cfauth.hostname": AUTH }, { name: "authentik", ports: [tcp(port)] }));
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    const early: string[] = [];
    at.sandbox.controls.hook(async ({ write, method, path, api }, moment) => {
      if (!write || moment !== "before" || api !== "authentik") return;
      if ((await stranger(at.sandbox, AUTH, "/-/health/live/")) !== "200")
        early.push(`${method} ${path}`);
    });
    const { code } = await destroy(at);
    expect([code, early, inventory(at.sandbox)]).toEqual([0, [], TUNNEL_ALONE]);
  });

  it("destroy keeps provider and application if the provider has a foreign redirect URI", async () => {
    await using at = await home();
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    const [provider] = at.sandbox.authentik.state.providers;
    const callback = "https://another.cloudflareaccess.com/cdn-cgi/access/callback";
    provider?.redirect_uris.push({
      matching_mode: "strict",
      url: callback,
      redirect_uri_type: "authorization",
    });
    const { code, out } = await destroy(at);
    expect([code, at.sandbox.authentik.state.providers.length]).toEqual([0, 1]);
    expect(out).toContain(
      `provider and application cf-tunnel-access in Authentik: the provider also has the redirect URI ${callback}`,
    );
    expect(inventory(at.sandbox).filter((line) => /scope mapping|login method/.test(line))).toEqual(
      [],
    );
  });

  it("destroy keeps provider and application if a login method made by hand uses them", async () => {
    await using at = await home();
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    const { identityProviders } = at.sandbox.cloudflare.state;
    const [ours] = identityProviders.values();
    seedIdentityProvider(at.sandbox.cloudflare.state, {
      name: "Home",
      type: "oidc",
      config: structuredClone(ours?.config ?? {}),
    });
    const { code, out } = await destroy(at);
    expect([
      code,
      [...identityProviders.values()].map(({ name }) => name),
      at.sandbox.authentik.state.providers.length,
    ]).toEqual([0, ["Home"], 1]);
    expect(out).toContain(
      `provider and application cf-tunnel-access in Authentik: the login method "Home" in Cloudflare uses them`,
    );
    expect(inventory(at.sandbox).filter((line) => /scope mapping/.test(line))).toEqual([]);
  });

  it("destroy keeps a policy of ours that a foreign application uses, names it and exits with 1", async () => {
    await using at = await home();
    await at.run("wiki");
    await at.settle();
    const [policy] = at.sandbox.cloudflare.state.policies.values();
    seedApp(at.sandbox.cloudflare.state, {
      name: "Mine",
      domain: "mine.home.localhost",
      policies: [{ id: policy?.id ?? "", precedence: 1 }],
    });
    const { code, out } = await destroy(at);
    expect(code).toBe(1);
    expect(out).toContain(
      `! Access policy cfauth:${OWNER} everyone who logs in with Authentik: an Access application that is not cfauth's uses it`,
    );
    expect(inventory(at.sandbox).some((line) => line.startsWith("login method"))).toBe(true);
  });

  it("destroy ends the same when it is interrupted after every few steps, and no one gets in without a login", async () => {
    await using at = await home();
    await household(at);
    const { controls } = at.sandbox;
    const seen: string[] = [];
    const watch = async ({ write }: { readonly write: boolean }, moment: string) => {
      if (!write || moment !== "after") return;
      for (const [name, path] of [
        ["wiki", "/"],
        ["notes", "/"],
        ["shop", "/admin"],
      ] as const)
        if ((await stranger(at.sandbox, at.host(name), path)).startsWith("this is"))
          seen.push(`${name}${path}`);
    };
    controls.hook(watch);
    /** Five writes succeed. After that the process is as good as dead: running requests fail and none begins. */
    let runs = 0;
    for (let code = 1; code !== 0; runs++) {
      expect(runs).toBeLessThan(40);
      const stop = new AbortController();
      let writes = 0;
      const dying = ({ write }: { readonly write: boolean }) => {
        writes += write ? 1 : 0;
        if (write && writes > 5) stop.abort();
        return write && writes > 5;
      };
      controls.fault(dying, { kind: "status", status: 500 }, Number.POSITIVE_INFINITY);
      ({ code } = await destroy(at, ["--yes"], {}, undefined, stop.signal));
      controls.heal();
      controls.hook(watch);
    }
    expect(inventory(at.sandbox)).toEqual(TUNNEL_ALONE);
    expect([seen, runs > 3]).toEqual([[], true]);
  });
});

describe("cfauth destroy with another token than the one that created the tiles", () => {
  const all = [
    ...new Set(
      Object.values<AuthentikOperation>(AUTHENTIK_OPERATIONS).map(({ permission }) => permission),
    ),
  ];
  const wikiForFamily = async (at: Home) => {
    await at.run("wiki", { "access.groups": "family" });
    expect((await at.settle()).errors).toEqual([]);
  };
  const tiles = ({ sandbox }: Home) =>
    sandbox.authentik.state.applications
      .filter(({ slug }) => slug.startsWith("cfauth-"))
      .map(({ name }) => name);

  it("destroy finds and removes the tile of a group that an administrator's token created", async () => {
    await using at = await home();
    await wikiForFamily(at);
    mayOnly(at.sandbox, all);
    const { code, out } = await destroy(at);
    expect([code, tiles(at), inventory(at.sandbox)]).toEqual([0, [], TUNNEL_ALONE]);
    expect(out).toContain(`Removed: no object of owner ${OWNER} is left`);
  });

  it("destroy does not claim that nothing is left if it cannot see a tile, and an administrator's token finds it", async () => {
    await using at = await home();
    const { state } = at.sandbox.authentik;
    await wikiForFamily(at);
    const [tile] = state.applications.filter(({ slug }) => slug.startsWith("cfauth-"));
    const bindings = state.bindings.filter(({ target }) => target === tile?.pk);
    expect((await destroy(at)).code).toBe(0);
    // Authentik was restored from a backup with the tile, while nothing leads to its route any more.
    if (tile === undefined) throw new Error("no tile");
    state.applications.push(tile);
    state.bindings.push(...bindings);
    const { username } = state.apiToken;
    mayOnly(at.sandbox, all);

    const unseen = await destroy(at);
    expect([unseen.code, tiles(at)]).toEqual([1, ["Wiki"]]);
    expect(unseen.out).toContain(
      "Authentik has 1 application about cfauth that the token of this user may not see",
    );

    Object.assign(state.apiToken, { username, permissions: undefined });
    const { code } = await destroy(at);
    expect([code, tiles(at)]).toEqual([0, []]);
  });

  it("destroy reports a tile that Authentik refuses to delete, although its route is already closed", async () => {
    await using at = await home();
    await wikiForFamily(at);
    mayOnly(
      at.sandbox,
      all.filter((it) => it !== "authentik_core.delete_application"),
    );
    const { code, out } = await destroy(at);
    expect([code, tiles(at)]).toEqual([1, ["Wiki"]]);
    expect(out).toContain("tile Wiki");
    expect([...at.sandbox.cloudflare.state.records.values()]).toEqual([]);
  });
});

describe("cfauth destroy removes nothing", () => {
  const untouched = async (at: Home, run: () => Promise<Ran>): Promise<string> => {
    await at.run("wiki");
    await at.settle();
    at.sandbox.controls.clear();
    const { code, out } = await run();
    expect([code, at.sandbox.controls.writes()]).toEqual([1, []]);
    expect(out).toContain(at.host("wiki"));
    return out;
  };

  it("destroy removes nothing if there is no terminal to ask on", async () => {
    await using at = await home();
    expect(await untouched(at, () => destroy(at, []))).toContain(
      "cfauth destroy --yes removes it without asking",
    );
  });

  it("destroy removes everything after the answer yes or the owner's name, and nothing after any other answer", async () => {
    await using at = await home();
    expect(await untouched(at, () => destroy(at, [], {}, "y"))).toContain("Nothing was removed.");
    expect((await destroy(at, [], {}, OWNER)).code).toBe(0);
    expect(inventory(at.sandbox)).toEqual(TUNNEL_ALONE);
  });

  it("destroy removes nothing in a dry run", async () => {
    await using at = await home();
    expect(await untouched(at, () => destroy(at, ["--yes"], { CFAUTH_DRY_RUN: "true" }))).toContain(
      "CFAUTH_DRY_RUN is set",
    );
  });

  it("destroy removes nothing while a daemon of this owner runs, but does while one of another owner runs", async () => {
    await using at = await home();
    let owner = OWNER;
    const page = createServer((_, response) =>
      response.end(JSON.stringify({ formatVersion: "1.0", owner, dryRun: false })),
    );
    await new Promise<void>((up) => page.listen(0, "127.0.0.1", up));
    const listen = `127.0.0.1:${(page.address() as AddressInfo).port}`;
    try {
      const out = await untouched(at, () => destroy(at, ["--yes"], { CFAUTH_LISTEN: listen }));
      expect(out).toContain(`a cfauth daemon with owner ${OWNER} runs at http://${listen}`);
      owner = "b";
      expect((await destroy(at, ["--yes"], { CFAUTH_LISTEN: listen })).code).toBe(0);
    } finally {
      page.close();
    }
  });
});
