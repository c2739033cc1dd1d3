/** Objects that a person set up by hand at a hostname, and a container that asks for that hostname. */
import { describe, expect, it } from "vitest";
import { inventory } from "../../e2e/world.ts";
import {
  seedApp,
  seedConfiguration,
  seedPolicy,
  seedRecord,
  seedTunnel,
} from "../../sandbox/cloudflare/seed.ts";
import type { AccessApplication, DnsRecord, IngressRule } from "../../sandbox/cloudflare/state.ts";
import { type Home, home, line } from "./daemon.ts";
import { others } from "./others.ts";
import { stranger, visitor } from "./visitor.ts";

const WIKI = "wiki.home.localhost";
const ADOPT = { adopt: "true", "access.groups": "family" };

/** A home whose tunnel has these rules, with these DNS records at the wiki's hostname. */
async function scene(
  rules: readonly IngressRule[],
  ...records: readonly Partial<DnsRecord>[]
): Promise<Home> {
  const at = await home();
  const { state } = at.sandbox.cloudflare;
  const tunnel = seedTunnel(state, { name: "cfauth" });
  seedConfiguration(state, tunnel, { ingress: rules, "warp-routing": { enabled: true } });
  for (const record of records)
    seedRecord(state, {
      name: WIKI,
      ...(record.type === "CNAME" && { content: `${tunnel.id}.cfargotunnel.com` }),
      ...record,
    });
  return at;
}

const TO_TUNNEL: Partial<DnsRecord> = { type: "CNAME" };

/** An Access application made by hand. It admits the policy Friends, which is bob. */
function seedGuard({ sandbox }: Home, domain: string, ...uris: readonly string[]) {
  const { state } = sandbox.cloudflare;
  const friends = seedPolicy(state, {
    name: "Friends",
    include: [{ email: { email: "bob@example.com" } }],
  });
  const written = seedPolicy(state, {
    name: "Written into the application",
    decision: "deny",
    include: [{ email: { email: "eve@example.com" } }],
  });
  const destinations = (uris.length === 0 ? [domain] : uris).map((uri) => ({
    type: "public",
    uri,
  }));
  const policies = [written, friends].map(({ id }, index) => ({ id, precedence: index + 1 }));
  return seedApp(state, {
    domain,
    destinations,
    policies,
    name: "By hand",
    custom_deny_message: "Go away",
  });
}

const opened = async (at: Home): Promise<void> => {
  expect(at.problems).toEqual([]);
  expect(at.live).toEqual([WIKI]);
  expect(await stranger(at.sandbox, WIKI)).toBe("log in");
  expect(await visitor(at.sandbox, "alice").open(WIKI)).toBe("this is wiki: /");
  expect(await visitor(at.sandbox, "bob").open(WIKI)).toBe("403 That account does not have access");
};

describe("a route with the label adopt", () => {
  it("the label adopt takes over a DNS record, a rule and an application made by hand, and reports each", async () => {
    await using at = await scene([{ hostname: WIKI, service: "http://192.0.2.9:8080" }], TO_TUNNEL);
    const { id } = seedGuard(at, WIKI);
    await at.run("wiki", ADOPT);
    expect((await at.settle()).errors).toEqual([]);
    await opened(at);
    expect(at.sandbox.cloudflare.state.apps.has(id)).toBe(false);
    expect(at.took).toEqual([
      "the rule to http://192.0.2.9:8080",
      expect.stringMatching(/^the DNS record CNAME .*\.cfargotunnel\.com$/),
      'the Access application "By hand"',
    ]);
  });

  it.each([
    { name: "its first hostname", domain: WIKI, left: "photos.home.localhost" },
    {
      name: "another of its hostnames",
      domain: "notes.home.localhost",
      left: "notes.home.localhost",
    },
  ])(
    "an adopted application with three hostnames keeps the other two and all its settings when ours is $name",
    async ({ domain, left }) => {
      await using at = await scene(
        [{ hostname: WIKI, service: "http://192.0.2.9:8080" }],
        TO_TUNNEL,
      );
      const before = seedGuard(at, domain, WIKI, "photos.home.localhost", "notes.home.localhost");
      await at.run("wiki", ADOPT);
      await at.settle();
      await opened(at);
      const {
        updated_at: _,
        destinations,
        domain: now,
        self_hosted_domains: __,
        ...rest
      } = at.sandbox.cloudflare.state.apps.get(before.id) ?? before;
      const {
        updated_at: ___,
        destinations: ____,
        domain: _____,
        self_hosted_domains: ______,
        ...was
      } = before;
      expect(rest).toMatchObject(was);
      expect(now).toBe(left);
      expect(destinations).toEqual([
        { type: "public", uri: "photos.home.localhost" },
        { type: "public", uri: "notes.home.localhost" },
      ]);
      expect(at.took.at(-1)).toBe(
        'the Access application "By hand", which still protects notes.home.localhost, photos.home.localhost',
      );
    },
  );

  it.each<{ name: string; records: readonly Partial<DnsRecord>[]; took: string }>([
    { name: "an A record", records: [{ type: "A" }], took: "the DNS record A 203.0.113.7" },
    {
      name: "an A and an AAAA record",
      records: [{ type: "A" }, { type: "AAAA", content: "2001:db8::7" }],
      took: "the DNS record A 203.0.113.7, AAAA 2001:db8::7",
    },
    {
      name: "several A records",
      records: [{ type: "A" }, { type: "A", content: "203.0.113.8" }],
      took: "the DNS record A 203.0.113.7, A 203.0.113.8",
    },
    {
      name: "a record that is not proxied",
      records: [{ type: "A", proxied: false, ttl: 300 }],
      took: "the DNS record A 203.0.113.7",
    },
  ])("$name that leads elsewhere gives way to one to the tunnel", async ({ records, took }) => {
    await using at = await scene([], ...records);
    await at.run("wiki", ADOPT);
    await at.settle();
    await opened(at);
    expect([...at.sandbox.cloudflare.state.records.values()]).toMatchObject([
      { name: WIKI, type: "CNAME", proxied: true, comment: "cfauth:app" },
    ]);
    expect(at.took).toEqual([took]);
  });

  it("an application that also protects a private network is not adopted and keeps protecting it", async () => {
    await using at = await scene([{ hostname: WIKI, service: "http://192.0.2.9:8080" }], TO_TUNNEL);
    const before = seedGuard(at, WIKI);
    const network = { type: "private", cidr: "10.0.0.0/24" };
    const destinations = [...before.destinations, network] as AccessApplication["destinations"];
    const { apps } = at.sandbox.cloudflare.state;
    apps.set(before.id, { ...before, destinations });
    await at.run("wiki", ADOPT);
    await at.settle();
    expect([apps.get(before.id)?.destinations, at.took]).toEqual([destinations, []]);
    expect(at.problems.find(({ code }) => code === "CFA-CONFLICT-ACCESS")?.fix).toBe(
      `it cannot be taken over, because it also protects something without a public hostname: remove ${WIKI} from it under Zero Trust → Access → Applications`,
    );
  });

  it("adoption leaves DNS records of other types at the hostname in place", async () => {
    await using at = await scene(
      [],
      { type: "A" },
      { type: "TXT", content: "v=spf1 -all", proxied: false },
    );
    await at.run("wiki", ADOPT);
    await at.settle();
    await opened(at);
    expect(
      [...at.sandbox.cloudflare.state.records.values()].map(({ type }) => type).toSorted(),
    ).toEqual(["CNAME", "TXT"]);
  });

  it.each([
    {
      name: "that leads to this container",
      service: (at: Home) => `http://wiki:${at.port("wiki")}`,
    },
    { name: "that leads to another container", service: () => "http://192.0.2.9:8080" },
  ])("adoption replaces a rule $name with one that checks the login", async ({ service }) => {
    await using at = await scene([], TO_TUNNEL);
    await at.run("wiki", ADOPT);
    const { state } = at.sandbox.cloudflare;
    const [tunnel] = state.tunnels.values();
    if (tunnel !== undefined)
      seedConfiguration(state, tunnel, { ingress: [{ hostname: WIKI, service: service(at) }] });
    await at.settle();
    await opened(at);
    const rules = [...state.configurations.values()].flatMap(({ config }) =>
      config.ingress.filter(({ hostname }) => hostname === WIKI),
    );
    expect(rules).toMatchObject([{ originRequest: { access: { required: true } } }]);
  });

  it.each<{
    name: string;
    rules: readonly IngressRule[];
    records: readonly Partial<DnsRecord>[];
    code: string;
  }>([
    {
      name: "a hostname delegated to another name server",
      rules: [],
      records: [{ type: "NS", content: "ns.example.net", proxied: false }],
      code: "CFA-CONFLICT-DNS",
    },
    {
      name: "a rule for a path of the hostname",
      rules: [{ hostname: WIKI, path: "^/api", service: "http://192.0.2.9:8080" }],
      records: [TO_TUNNEL],
      code: "CFA-CONFLICT-INGRESS",
    },
  ])("cfauth cannot adopt $name and changes nothing", async ({ rules, records, code }) => {
    await using at = await scene(rules, ...records);
    seedGuard(at, WIKI);
    await at.settle();
    const before = inventory(at.sandbox);
    const theirs = others(at.sandbox);
    await at.run("wiki", { adopt: "true" });
    await at.settle();
    await at.resync();
    expect(at.problems.map((problem) => problem.code)).toContain(code);
    expect(at.problems.every(({ effect }) => effect === "closed")).toBe(true);
    expect(inventory(at.sandbox)).toEqual(before);
    expect(others(at.sandbox)).toBe(theirs);
  });
});

describe("a route without the label adopt", () => {
  it("without the label adopt, objects made by hand stay byte for byte, and each conflict is reported", async () => {
    await using at = await scene([{ hostname: WIKI, service: "http://192.0.2.9:8080" }], {
      type: "A",
    });
    seedGuard(at, WIKI);
    const before = others(at.sandbox);
    await at.run("wiki");
    await at.settle();
    await at.resync();
    expect(others(at.sandbox)).toBe(before);
    expect(at.problems.map(({ code }) => code).toSorted()).toEqual([
      "CFA-CONFLICT-ACCESS",
      "CFA-CONFLICT-DNS",
      "CFA-CONFLICT-INGRESS",
    ]);
    expect(at.took).toEqual([]);
    expect(at.live).toEqual([]);
  });
});

describe("a foreign Access application around a route, where a wildcard record answers DNS", () => {
  const BANK = "bank.home.localhost";
  const LOGIN = { hostname: BANK, path: "/login", access: "public" };
  const protectedBank = async (...uris: readonly string[]) => {
    const at = await scene([], { ...TO_TUNNEL, name: "*.home.localhost" });
    const { id } = seedGuard(at, uris[0] ?? BANK, ...uris);
    return { at, application: () => at.sandbox.cloudflare.state.apps.get(id) };
  };

  it.each([BANK, "*.home.localhost", "b*.home.localhost", `${BANK}/login/*`])(
    "a foreign Access application on %s keeps protecting all of its paths",
    async (place) => {
      const { at, application } = await protectedBank(place);
      await using _ = at;
      const before = structuredClone(application());
      await at.run("bank", { ...LOGIN, path: place.includes("/") ? "/login/form" : "/login" });
      await at.settle();
      await at.resync();
      const problems = at.problems.filter(({ code }) => code !== "CFA-AK-BEHIND-ACCESS");
      expect(problems).toMatchObject([
        { code: "CFA-CONFLICT-ACCESS", severity: "error", effect: "closed" },
      ]);
      expect(
        at.changes
          .filter(({ kind }) => kind === "access" || kind === "ingress" || kind === "dns")
          .map(line),
      ).toEqual(["create access cfauth-app"]);
      expect(application()).toEqual(before);
    },
  );

  it("with the label adopt, a foreign application around a route stays, and ours decides for that path alone", async () => {
    const { at, application } = await protectedBank(BANK);
    await using _ = at;
    const before = structuredClone(application());
    await at.run("bank", { ...LOGIN, adopt: "true" });
    await at.settle();
    expect(at.problems).toEqual([]);
    expect(await stranger(at.sandbox, BANK, "/login")).toBe("this is bank: /login");
    expect(application()).toEqual(before);
    expect(at.took).toEqual([]);
  });

  it("a foreign application that appears around an open route is reported and closes nothing", async () => {
    const { at } = await protectedBank("nas.home.localhost");
    await using _ = at;
    await at.run("bank", LOGIN);
    await at.settle();
    expect(at.problems).toEqual([]);
    seedGuard(at, BANK);
    await at.resync();
    expect(at.problems).toMatchObject([
      { code: "CFA-CONFLICT-ACCESS", severity: "warning", effect: "unchanged" },
    ]);
    expect(await stranger(at.sandbox, BANK, "/login")).toBe("this is bank: /login");
  });
});
