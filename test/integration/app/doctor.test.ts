/**
 * What `cfauth doctor` prints for a home with one fault. The texts of the faults are in doctor/*.txt; golden.ts says how to rewrite
 * them.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { permissions, secretPermissions } from "../../../src/clients/authentik/permissions.ts";
import { problemUrl, TOKEN_FORM } from "../../../src/core/links.ts";
import { VERSION } from "../../../src/core/version.ts";
import type { Provider, Token } from "../../sandbox/authentik/state.ts";
import { seedApp, seedRecord } from "../../sandbox/cloudflare/seed.ts";
import type { Tunnel } from "../../sandbox/cloudflare/state.ts";
import { tcp, workload } from "../../support/builders.ts";
import { reportOf } from "../../unit/doctor/report.ts";
import { type Clinic, clinic } from "./clinic.ts";
import { goldenFiles } from "./golden.ts";
import { mayOnly } from "./others.ts";

/** The lines about faults. Ports and the long link have placeholders, and links to the documentation are left out. */
const faultLines = (out: string): string =>
  out
    .replaceAll(TOKEN_FORM, "<token form>")
    .replaceAll(/:\d{5}\b/g, ":<port>")
    .split("\n")
    .filter(
      (line) => !/^(✓|cfauth doctor|$)/.test(line) && !line.includes("/docs/troubleshooting.md#"),
    )
    .join("\n");

const tunnels = ({ at }: Clinic, change: Partial<Tunnel>): void => {
  const { tunnels: all } = at.sandbox.cloudflare.state;
  for (const [id, tunnel] of all) all.set(id, { ...tunnel, ...change });
};

const without = ({ at }: Clinic, ...lacking: readonly string[]): void =>
  mayOnly(
    at.sandbox,
    permissions.filter((it) => !lacking.includes(it)),
  );

const provider = ({ at }: Clinic): Provider => {
  const [found] = at.sandbox.authentik.state.providers;
  if (found === undefined) throw new Error("no provider");
  return found;
};

/** The configuration of the login method in Cloudflare. */
const method = ({ at }: Clinic): Record<string, unknown> =>
  [...at.sandbox.cloudflare.state.identityProviders.values()].find(({ type }) => type === "oidc")
    ?.config ?? {};

const token = (expiring: boolean, identifier = "cfauth"): Token => ({
  pk: "7c1d0000-0000-4000-8000-000000000001",
  identifier,
  intent: "api",
  username: "akadmin",
  expiring,
  expires: "2026-12-01T10:00:00Z",
});

const toAccess = {
  status: 302,
  location: "https://home.cloudflareaccess.com/cdn-cgi/access/login/auth.home.localhost?kid=x",
  body: "",
};

interface Fault {
  readonly name: string;
  /** The file in doctor/ with the expected text. */
  readonly golden: string;
  readonly cause: (at: Clinic) => unknown;
  readonly code: 0 | 1;
}

const FAULTS: readonly Fault[] = [
  {
    name: "cfauth may not open Docker's socket",
    golden: "docker-socket-denied",
    cause: (at) => (at.engine.broken = "EACCES"),
    code: 1,
  },
  {
    name: "no Docker engine answers",
    golden: "docker-unreachable",
    cause: (at) => (at.engine.broken = "ECONNREFUSED"),
    code: 1,
  },
  {
    name: "the socket proxy refuses the list of containers",
    golden: "proxy-refuses-containers",
    cause: (at) => at.engine.refused.push("/containers/json"),
    code: 1,
  },
  {
    name: "the socket proxy refuses the events",
    golden: "proxy-refuses-events",
    cause: (at) => at.engine.refused.push("/events"),
    code: 0,
  },
  {
    name: "the socket proxy refuses the inspection of images",
    golden: "proxy-refuses-images",
    cause: (at) => at.engine.refused.push("/images/<id>/json"),
    code: 0,
  },
  {
    name: "the tunnel network has another name",
    golden: "tunnel-network-missing",
    cause: (at) =>
      Object.assign(at.engine, {
        networks: [],
        containers: [workload({}, { name: "blog", networks: { home_tunnel: { ip: undefined } } })],
      }),
    code: 1,
  },
  {
    name: "the Cloudflare token lacks two permissions",
    golden: "cloudflare-two-permissions-missing",
    cause: (at) => at.at.sandbox.cloudflare.state.denied.add("apps:edit").add("login"),
    code: 1,
  },
  {
    name: "the Cloudflare token may only read tunnels",
    golden: "cloudflare-tunnels-read-only",
    cause: (at) => at.at.sandbox.cloudflare.state.denied.add("tunnel:edit"),
    code: 1,
  },
  {
    name: "the Cloudflare token may only read DNS records",
    golden: "cloudflare-records-read-only",
    cause: (at) => at.at.sandbox.cloudflare.state.denied.add("dns:edit"),
    code: 1,
  },
  {
    name: "the Cloudflare token sees no zone",
    golden: "cloudflare-no-zone",
    cause: (at) => at.at.sandbox.cloudflare.state.denied.add("zones"),
    code: 1,
  },
  {
    name: "one zone is pending and CFAUTH_ZONES names a zone that the token does not see",
    golden: "zone-pending-and-zone-not-seen",
    cause: (at) => {
      const { zones } = at.at.sandbox.cloudflare.state;
      for (const [id, zone] of zones) zones.set(id, { ...zone, status: "pending" });
      at.settings["CFAUTH_ZONES"] = `${at.at.sandbox.zone},example.org`;
    },
    code: 0,
  },
  {
    name: "CFAUTH_DOMAIN lies in a zone that CFAUTH_ZONES leaves out, below a zone that it allows",
    golden: "domain-in-zone-not-allowed",
    cause: (at) => {
      const { zones } = at.at.sandbox.cloudflare.state;
      const [first] = zones.values();
      if (first === undefined) throw new Error("the sandbox has no zone");
      zones.set("dev", { ...first, id: "dev", name: `dev.${at.at.sandbox.zone}` });
      at.settings["CFAUTH_ZONES"] = at.at.sandbox.zone;
      at.settings["CFAUTH_DOMAIN"] = `dev.${at.at.sandbox.zone}`;
    },
    code: 0,
  },
  {
    name: "the socket proxy hides the engine's id and no owner is set",
    golden: "proxy-hides-engine-id",
    cause: (at) => {
      at.engine.refused.push("/info");
      at.settings["CFAUTH_OWNER"] = "";
    },
    code: 1,
  },
  {
    name: "Cloudflare rejects the token",
    golden: "cloudflare-token-rejected",
    cause: (at) => (at.settings["CLOUDFLARE_API_TOKEN"] = "another-token-than-that"),
    code: 1,
  },
  {
    name: "the Cloudflare token expires soon",
    golden: "cloudflare-token-expires-soon",
    cause: (at) => (at.at.sandbox.cloudflare.state.tokenExpires = "2026-11-28T10:00:00Z"),
    code: 0,
  },
  {
    name: "one permission of the Cloudflare token is unknown",
    golden: "cloudflare-permission-unknown",
    cause: (at) =>
      at.at.sandbox.controls.fault(
        ({ method, path }) => method === "PUT" && path.includes("/access/apps/"),
        { kind: "status", status: 500, body: {} },
        9,
      ),
    code: 0,
  },
  {
    name: "Zero Trust is not set up",
    golden: "zero-trust-not-set-up",
    cause: (at) => (at.at.sandbox.cloudflare.state.zeroTrust = false),
    code: 1,
  },
  {
    name: "no cloudflared is connected",
    golden: "tunnel-down",
    cause: (at) => tunnels(at, { status: "down" }),
    code: 1,
  },
  {
    name: "cloudflared runs older rules than Cloudflare has",
    golden: "tunnel-behind",
    cause: ({ at }) => {
      // The new document names a CA file that cloudflared does not have.
      const { state } = at.sandbox.cloudflare;
      at.sandbox.cloudflare.propagation.view();
      state.caFiles = new Set();
      for (const [id, { version, config, ...rest }] of state.configurations)
        state.configurations.set(id, {
          ...rest,
          version: version + 1,
          config: { ...config, originRequest: { caPool: "/gone.pem" } },
        });
    },
    code: 1,
  },
  {
    name: "the tunnel takes its rules from a local file",
    golden: "tunnel-local",
    cause: (at) => tunnels(at, { config_src: "local" }),
    code: 1,
  },
  {
    name: "the tunnel in the settings does not exist",
    golden: "tunnel-missing",
    cause: (at) => (at.settings["CFAUTH_TUNNEL"] = "11111111-2222-4333-8444-555555555555"),
    code: 1,
  },
  {
    name: "Authentik does not answer",
    golden: "authentik-unreachable",
    cause: (at) => (at.settings["AUTHENTIK_API_URL"] = "http://127.0.0.1:9"),
    code: 1,
  },
  {
    name: "another container answers to Authentik's name",
    golden: "authentik-stranger",
    cause: (at) => {
      at.stranger = { host: "authentik-server", address: "172.19.0.9", container: "blog" };
    },
    code: 0,
  },
  {
    name: "Authentik rejects the token",
    golden: "authentik-token-rejected",
    cause: (at) => (at.settings["AUTHENTIK_TOKEN"] = "another-token-than-that"),
    code: 1,
  },
  {
    name: "the Authentik token expires soon",
    golden: "authentik-token-expires-soon",
    cause: (at) => at.at.sandbox.authentik.state.tokens.push(token(true)),
    code: 0,
  },
  {
    name: "the Authentik token lacks a permission",
    golden: "authentik-permission-missing",
    cause: (at) => without(at, "authentik_core.add_application"),
    code: 1,
  },
  {
    name: "the Authentik token lacks permissions that only tiles need",
    golden: "authentik-tile-permissions-missing",
    cause: (at) =>
      without(at, "authentik_policies.add_policybinding", "authentik_core.delete_application"),
    code: 0,
  },
  {
    name: "the Authentik token cannot read flows, and skips the checks that need them",
    golden: "authentik-flows-not-readable",
    cause: (at) => without(at, "authentik_flows.view_flow", "authentik_core.add_application"),
    code: 1,
  },
  {
    name: "the client secret was changed in Authentik",
    golden: "login-secret-changed",
    cause: (at) => (provider(at).client_secret = "y".repeat(64)),
    code: 0,
  },
  {
    name: "the login method has another client_id than the provider",
    golden: "login-client-id-differs",
    cause: (at) => (method(at)["client_id"] = "other"),
    code: 0,
  },
  {
    name: "the provider has lost its signing key",
    golden: "login-provider-without-key",
    cause: (at) => (provider(at).signing_key = null),
    code: 0,
  },
  {
    name: "Authentik publishes no key although the provider has one",
    golden: "login-key-not-published",
    cause: (at) => at.pages.set("/jwks/", { status: 200, location: undefined, body: "{}" }),
    code: 1,
  },
  {
    name: "a foreign Access application covers Authentik's own hostname",
    golden: "login-behind-foreign-application",
    cause: (at) =>
      seedApp(at.at.sandbox.cloudflare.state, { domain: "*.home.localhost", name: "Homelab" }),
    code: 1,
  },
  {
    name: "Authentik's pages redirect to a login by Access",
    golden: "login-redirects-to-access",
    cause: (at) => at.pages.set("/.well-known/openid-configuration", toAccess),
    code: 1,
  },
  {
    name: "browsers cannot reach Authentik",
    golden: "public-url-unreachable",
    cause: (at) => at.pages.set("/openid-configuration", { why: "ENOTFOUND" }),
    code: 1,
  },
  {
    name: "AUTHENTIK_URL leads to something else",
    golden: "public-url-wrong",
    cause: (at) =>
      at.pages.set("/openid-configuration", { status: 404, location: undefined, body: "not here" }),
    code: 1,
  },
  {
    name: "a proxy hides the requested hostname from Authentik",
    golden: "issuer-differs",
    cause: (at) =>
      at.pages.set("/openid-configuration", {
        status: 200,
        location: undefined,
        body: JSON.stringify({
          issuer: "http://authentik-server:9000/application/o/cf-tunnel-access/",
        }),
      }),
    code: 0,
  },
  {
    name: "Authentik rejects the login",
    golden: "login-rejected",
    cause: (at) =>
      at.pages.set("/authorize/", {
        status: 400,
        location: undefined,
        body: "<title>authentik</title><h1 class='x'>Redirect URI\n Error</h1>",
      }),
    code: 1,
  },
  {
    name: "a hostname is deeper than the free certificate covers",
    golden: "hostname-too-deep",
    cause: (at) =>
      at.engine.containers.push(
        workload(
          { "cfauth.hostname": "grafana.lab.home.localhost" },
          { name: "grafana", ports: [tcp(3000)] },
        ),
      ),
    code: 0,
  },
  {
    name: "labels are invalid",
    golden: "labels-invalid",
    cause: (at) =>
      at.engine.containers.push(
        workload(
          {
            "cfauth.hostname": "blog.home.localhost",
            "cfauth.acess": "public",
            "cfauth.access.emails": "bob@@example.com",
          },
          { name: "blog", ports: [tcp(3000)] },
        ),
      ),
    code: 1,
  },
  {
    name: "a route with this owner's mark appeared while the daemon ran",
    golden: "owner-shared-while-running",
    cause: (at) => Object.assign(at, { beside: reportOf([]) }).engine.containers.pop(),
    code: 0,
  },
  {
    name: "routes of this owner exist that no container here asks for, before the first start of cfauth",
    golden: "owner-shared-before-first-start",
    cause: (at) => Object.assign(at, { beside: undefined }).engine.containers.pop(),
    code: 0,
  },
  {
    name: "a DNS record was changed while the daemon ran",
    golden: "record-changed",
    cause: (at) => at.at.sandbox.cloudflare.state.records.clear(),
    code: 0,
  },
  {
    name: "the authorization flow in the settings does not exist",
    golden: "authorization-flow-missing",
    cause: ({ at }) => {
      for (const flow of at.sandbox.authentik.state.flows)
        if (flow.slug.includes("explicit")) flow.slug = "my-authorization";
    },
    code: 1,
  },
  {
    name: "CFAUTH_DRY_RUN is on",
    golden: "dry-run",
    cause: (at) => (at.settings["CFAUTH_DRY_RUN"] = "true"),
    code: 0,
  },
];

const golden = goldenFiles(resolve(import.meta.dirname, "doctor"));

describe("cfauth doctor with one fault", () => {
  let at: Clinic;
  beforeAll(async () => {
    // Each run takes about forty calls, and the tests make an hour's worth of them in seconds.
    at = await clinic({ rateLimit: { quota: 100_000, windowSeconds: 300 } });
  });
  afterAll(() => at[Symbol.asyncDispose]());

  it.each(FAULTS)(
    "doctor reports the fault and its fix when $name",
    async ({ golden: file, cause, code }) => {
      at.cure();
      await cause(at);
      const before = JSON.stringify([...everything(at)]);
      const secrets = secretsOf(at);
      const { text, json } = await at.both();
      golden.expectText(file, faultLines(text.out));
      expect([text.code, json.code, json.read.ok]).toEqual([code, code, code === 0]);
      for (const id of json.read.groups.flatMap(({ checks }) =>
        checks.map((check) => check["id"] ?? ""),
      ))
        expect(id).toMatch(DOCUMENTED);
      for (const secret of secrets) expect(`${text.out}${json.out}`).not.toContain(secret);
      expect(`${text.out}${json.out}`).not.toMatch(/[\w.]+@[\w-]+\.\w/);
      expect(JSON.stringify([...everything(at)])).toBe(before);
    },
  );

  it("each golden file of doctor belongs to exactly one fault", () => {
    expect(golden.names().toSorted()).toEqual(FAULTS.map(({ golden: name }) => name).toSorted());
  });
});

/** The ids in docs/commands.md: `….dns` continues the id before it, and text in <> stands for anything. */
const DOCUMENTED = documented(
  readFileSync(resolve(import.meta.dirname, "../../../docs/commands.md"), "utf8"),
);

function documented(page: string): RegExp {
  const [, rest = ""] = page.split("| group | ids |");
  const [table = ""] = rest.split("\n\n");
  const ids = [...table.matchAll(/`([^`]+)`/g)].map(([, id = ""]) =>
    id.replace("….", "cloudflare.permission."),
  );
  return new RegExp(
    `^(${ids.map((id) => id.replaceAll(".", "\\.").replace(/<.*>/, ".+")).join("|")})$`,
  );
}

/** Everything that doctor could change by mistake. */
const everything = ({ at: { sandbox } }: Clinic): readonly unknown[] => [
  ...Object.values(sandbox.cloudflare.state).map((part) =>
    part instanceof Map ? [...part] : part,
  ),
  sandbox.authentik.state,
];

const secretsOf = ({ at: { sandbox }, settings }: Clinic): readonly string[] => [
  settings["CLOUDFLARE_API_TOKEN"] ?? sandbox.cloudflare.state.token,
  settings["AUTHENTIK_TOKEN"] ?? sandbox.authentik.state.apiToken.key,
  ...[...sandbox.cloudflare.state.tunnels.values()].map(({ secret }) => secret),
  ...sandbox.authentik.state.providers.map(({ client_secret }) => client_secret),
];

describe("cfauth doctor without a fault", () => {
  it("doctor prints one line with the main fact for each group when nothing is wrong", async () => {
    await using at = await clinic();
    const { code, out } = await at.text();
    expect(lines(out)).toEqual([
      `cfauth doctor ${VERSION}`,
      "✓ Settings    7 set",
      "✓ Docker      engine 29.1.0 at unix:///run/nowhere/docker.sock · network tunnel, 1 container",
      "✓ Cloudflare  token valid, never expires · 5 of 5 permissions · zone home.localhost",
      "✓ Tunnel      cfauth, managed from the dashboard · 4 connections, cloudflared 2026.8.2",
      "✓ Zero Trust  home.cloudflareaccess.com",
      "✓ Authentik   2026.8.3 at http://127.0.0.1:<port> · token valid, expiry unknown · superuser, all permissions",
      "✓ Login       cf-tunnel-access matches on both sides · 1 signing key (RS256) · a login reaches Authentik",
      "✓ Routes      1 requested, 1 live · no other daemon uses owner app",
      "Everything cfauth needs is in place.",
    ]);
    expect(code).toBe(0);
  });

  it("before the first start, doctor does not report a fault for objects that cfauth creates itself", async () => {
    await using at = await clinic({ fresh: true });
    const { code, out } = await at.text();
    expect(lines(out).slice(-4)).toEqual([
      "✓ Authentik   2026.8.3 at http://127.0.0.1:<port> · token valid, expiry unknown · superuser, all permissions",
      "✓ Login       cf-tunnel-access, not created yet: cfauth creates both ends when it starts",
      "✓ Routes      1 requested, 0 live · 1 to be opened by cfauth · owner app",
      "Everything cfauth needs is in place.",
    ]);
    expect([
      code,
      at.at.sandbox.cloudflare.state.apps.size,
      at.at.sandbox.authentik.state.providers.length,
    ]).toEqual([0, 0, 0]);
  });

  it("doctor warns about a login that a running daemon has not created", async () => {
    await using at = await clinic({ fresh: true });
    at.beside = reportOf([]);
    const { code, out } = await at.text();
    expect(faultLines(out).split("\n").slice(0, 3)).toEqual([
      "! Login       cf-tunnel-access, not created yet, although cfauth runs                        CFA-LOGIN-DIFFERS",
      "    cfauth runs but has not created the login yet",
      "    → docker compose logs cfauth shows what it is waiting for",
    ]);
    expect(code).toBe(0);
  });

  it("doctor reports no fault for a stopped daemon that only has to be started", async () => {
    await using at = await clinic();
    at.beside = undefined;
    expect(lines((await at.text()).out).at(-2)).toBe(
      "✓ Routes      1 requested, 1 live · owner app",
    );
  });

  it.each([
    { version: "2024.2", all: 16 },
    { version: "2025.12", all: 16 },
    { version: "2026.11", all: 18 },
  ] as const)(
    "doctor checks all $all permissions of an ordinary user in Authentik $version",
    async ({ version, all }) => {
      await using at = await clinic({ version });
      mayOnly(at.at.sandbox, [...permissions, ...(all === 18 ? secretPermissions : [])]);
      at.at.sandbox.authentik.state.tokens.push({ ...token(false), username: "cfauth" });
      expect(lines((await at.text()).out)[6]).toMatch(
        new RegExp(`· token valid, never expires · ${all} of ${all} permissions$`),
      );
      without(at, "authentik_core.add_application");
      expect((await at.text()).out).toMatch(
        new RegExp(`token valid, but ${all === 18 ? 3 : 1} of ${all} permissions`),
      );
    },
  );

  it("doctor also verifies a token that belongs to an account", async () => {
    await using at = await clinic();
    const { controls } = at.at.sandbox;
    controls.fault(({ path }) => path === "/user/tokens/verify", { kind: "status", ...refused });
    controls.fault(({ path }) => /^\/accounts\/\w+\/tokens\/verify$/.test(path), {
      kind: "status",
      ...accepted,
    });
    expect(lines((await at.text()).out)[3]).toBe(
      "✓ Cloudflare  token valid, never expires · 5 of 5 permissions · zone home.localhost",
    );
  });
});

describe("cfauth doctor --json", () => {
  it("doctor --json has every check once under a stable id, in group order, and says what a skipped check needs", async () => {
    await using at = await clinic();
    at.at.sandbox.cloudflare.state.denied.add("tunnel");
    const { read, code } = await at.json();
    expect([code, read.formatVersion, read.ok]).toEqual([1, "1.0", false]);
    expect(read.groups.map(({ id, result }) => `${id} ${result}`)).toEqual([
      "settings pass",
      "docker pass",
      "cloudflare fail",
      "tunnel skip",
      "zero-trust pass",
      "authentik pass",
      "login pass",
      "routes skip",
    ]);
    const checks = read.groups.flatMap((group) => group.checks);
    expect(checks.filter(({ result }) => result === "skip")).toEqual([
      { id: "tunnel", title: "Tunnel", result: "skip", needs: "cloudflare.permission.tunnel" },
      { id: "routes", title: "Routes", result: "skip", needs: "tunnel" },
    ]);
    expect(checks.find(({ id }) => id === "cloudflare.permission.tunnel")).toEqual({
      id: "cloudflare.permission.tunnel",
      title: "Account · Cloudflare Tunnel · Edit",
      result: "fail",
      detail: "missing",
      code: "CFA-CF-PERMISSION",
      fix: "dash.cloudflare.com → My Profile → API Tokens → the token of cfauth → Edit: add it (the token stays the same)",
      alternative: `or create a new token with everything ticked: ${TOKEN_FORM}`,
      docs: problemUrl("CFA-CF-PERMISSION"),
    });
    const counted = Object.fromEntries(
      ["pass", "warn", "fail", "skip"].map((it) => [
        it,
        checks.filter(({ result }) => result === it).length,
      ]),
    );
    expect(read.counts).toEqual(counted);
  });

  it("doctor --json contains no public IP address, although the terminal shows it", async () => {
    await using at = await clinic();
    seedRecord(at.at.sandbox.cloudflare.state, {
      name: at.at.host("photos"),
      content: "203.0.113.7",
    });
    at.engine.containers.push(
      workload({ "cfauth.hostname": at.at.host("photos") }, { name: "photos", ports: [tcp(80)] }),
    );
    expect((await at.text()).out).toContain("203.0.113.7");
    const { out, read } = await at.json();
    expect(out).not.toContain("203.0.113.7");
    expect(read.groups.at(-1)?.checks.find(({ id }) => id === "routes.conflict-dns")).toMatchObject(
      {
        result: "fail",
        hostname: at.at.host("photos"),
        container: "photos",
        label: "cfauth.hostname",
        detail: expect.stringContaining("(an address)"),
      },
    );
  });
});

const lines = (out: string): readonly string[] =>
  out
    .replaceAll(/:\d{5}\b/g, ":<port>")
    .trimEnd()
    .split("\n");

const refused = {
  status: 401,
  body: {
    success: false,
    errors: [{ code: 1000, message: "Invalid API Token" }],
    messages: [],
    result: null,
  },
};

const accepted = {
  status: 200,
  body: {
    success: true,
    errors: [],
    messages: [],
    result: { id: "0123456789abcdef0123456789abcdef", status: "active" },
  },
};
