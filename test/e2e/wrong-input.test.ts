/** Every wrong input at once, against the running daemon: each exposes nothing and is reported once with its fix. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReportedProblem } from "../../src/status/report.ts";
import { seedApp, seedConfiguration, seedRecord, seedTunnel } from "../sandbox/cloudflare/seed.ts";
import { type Daemon, until } from "./daemon.ts";
import type { Variant } from "./docker/images.ts";
import { reaped, type Scene, scene } from "./fixture.ts";
import { label } from "./world.ts";

interface Row {
  readonly name: string;
  /** The labels without their prefix. `HOST` stands for the row's own hostname. */
  readonly labels: Readonly<Record<string, string>>;
  readonly image?: Variant;
  /** True if the container is not on the tunnel network. */
  readonly apart?: true;
  readonly code: string;
  /** The label that the problem names, without its prefix. */
  readonly at: string;
  readonly says: RegExp;
  readonly fix: RegExp;
}

const ROWS: readonly Row[] = [
  {
    name: "scheme",
    labels: { hostname: "https://HOST" },
    code: "CFA-LABEL-VALUE",
    at: "hostname",
    says: /has a scheme/,
    fix: /^write scheme\./,
  },
  {
    name: "under_score",
    labels: { hostname: "a_b.home.localhost" },
    code: "CFA-LABEL-VALUE",
    at: "hostname",
    says: /is not a hostname/,
    fix: /letters, digits/,
  },
  {
    name: "zone",
    labels: { hostname: "app.other.net" },
    code: "CFA-HOST-NO-ZONE",
    at: "hostname",
    says: /home\.localhost.*app\.other\.net/,
    fix: /DNS · Edit/,
  },
  {
    name: "several",
    labels: { hostname: "HOST" },
    image: "several",
    code: "CFA-PORT-MANY",
    at: "port",
    says: /80 and 443/,
    fix: /port: "80"/,
  },
  {
    name: "none",
    labels: { hostname: "HOST" },
    image: "none",
    code: "CFA-PORT-NONE",
    at: "port",
    says: /exposes no TCP port/,
    fix: /add .*port/,
  },
  {
    name: "port",
    labels: { hostname: "HOST", port: "http" },
    code: "CFA-LABEL-VALUE",
    at: "port",
    says: /is not a port/,
    fix: /1 to 65535/,
  },
  {
    name: "typo",
    labels: { hostname: "HOST", acess: "public" },
    code: "CFA-LABEL-UNKNOWN",
    at: "acess",
    says: /is not a label of cfauth/,
    fix: /\.access$/,
  },
  {
    name: "value",
    labels: { hostname: "HOST", access: "pubic" },
    code: "CFA-LABEL-VALUE",
    at: "access",
    says: /neither authentik nor public/,
    fix: /write public/,
  },
  {
    name: "session",
    labels: { hostname: "HOST", "access.session": "soon" },
    code: "CFA-LABEL-VALUE",
    at: "access.session",
    says: /is not a duration/,
    fix: /24h/,
  },
  {
    name: "group",
    labels: { hostname: "HOST", "access.groups": "familly" },
    code: "CFA-GROUP-UNKNOWN",
    at: "access.groups",
    says: /no group "familly"/,
    fix: /write family/,
  },
  {
    name: "nameless",
    labels: { port: "8080" },
    code: "CFA-LABEL-NO-HOSTNAME",
    at: "port",
    says: /no hostname/,
    fix: /^add .*hostname/,
  },
  {
    name: "apart",
    labels: { hostname: "HOST" },
    apart: true,
    code: "CFA-NETWORK-MISSING",
    at: "network",
    says: /cloudflared cannot reach it/,
    fix: /networks: \[/,
  },
  {
    name: "elsewhere",
    labels: { hostname: "HOST", service: "http://192.0.2.1:80" },
    code: "CFA-SERVICE-FORBIDDEN",
    at: "service",
    says: /points away/,
    fix: /CFAUTH_ALLOW_SERVICE/,
  },
  {
    name: "record",
    labels: { hostname: "HOST" },
    code: "CFA-CONFLICT-DNS",
    at: "hostname",
    says: /A 203\.0\.113\.7/,
    fix: /delete it/,
  },
  {
    name: "rule",
    labels: { hostname: "HOST" },
    code: "CFA-CONFLICT-INGRESS",
    at: "hostname",
    says: /which is not cfauth's/,
    fix: /remove that rule/,
  },
  {
    name: "application",
    labels: { hostname: "HOST" },
    code: "CFA-CONFLICT-ACCESS",
    at: "hostname",
    says: /not cfauth's/,
    fix: /delete it/,
  },
];

const nameOf = (row: Row): string => row.name.replace("_", "-");

describe("wrong input", () => {
  reaped();

  let world: Scene;
  let daemon: Daemon;
  let foreign: string;
  const names = new Map<string, string>();
  const gone: (() => Promise<void>)[] = [];

  const foreignNow = (): string => {
    const { state } = world.sandbox.cloudflare;
    const rules = [...state.configurations.values()].map(({ config }) => ({
      ...config,
      ingress: config.ingress,
    }));
    return JSON.stringify([[...state.records.values()], [...state.apps.values()], rules]);
  };
  const problemOf = async (row: Row): Promise<ReportedProblem | undefined> =>
    (await daemon.report()).problems.find(
      ({ code, container }) => code === row.code && container === names.get(row.name),
    );

  beforeAll(async () => {
    world = await scene();
    const { state } = world.sandbox.cloudflare;
    const tunnel = seedTunnel(state, { name: "cfauth" });
    const rule = {
      hostname: world.hostname("rule"),
      service: "http://theirs:1",
      originRequest: { noTLSVerify: true },
    };
    seedConfiguration(state, tunnel, {
      ingress: [rule],
      originRequest: { connectTimeout: 7 },
      "warp-routing": { enabled: true },
    });
    seedRecord(state, { name: world.hostname("record") });
    seedApp(state, { domain: world.hostname("application"), name: "Theirs" });
    foreign = foreignNow();
    for (const row of ROWS) world.neverShown(nameOf(row));
    daemon = await world.settled({
      CFAUTH_RESYNC_INTERVAL: "1s",
      LOG_LEVEL: "info",
      CFAUTH_GRACE_PERIOD: "0s",
    });
    await Promise.all(
      ROWS.map(async (row) => {
        // Unless the row says otherwise, the containers ask for public access, so that anyone would see a route that opened by mistake.
        const silent =
          "hostname" in row.labels &&
          !Object.keys(row.labels).some((key) => key.startsWith("access"));
        const open = silent ? { access: "public" } : {};
        const labels = Object.fromEntries(
          Object.entries({ ...open, ...row.labels }).map(([key, value]) => [
            label(key),
            value.replace("HOST", world.hostname(nameOf(row))),
          ]),
        );
        const container = await world.container(
          nameOf(row),
          {},
          { labels, ...(row.image && { image: row.image }), ...(row.apart && { networks: [] }) },
        );
        names.set(row.name, await container.name());
        gone.push(() => container.remove());
      }),
    );
    await until(
      "every problem is reported",
      async () => (await Promise.all(ROWS.map(problemOf))).every((it) => it !== undefined),
      60_000,
    );
    const passes = (await daemon.report()).lastPass?.at;
    await until("another observation", async () => (await daemon.report()).lastPass?.at !== passes);
    const next = (await daemon.report()).lastPass?.at;
    await until("and another", async () => (await daemon.report()).lastPass?.at !== next);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it.each(ROWS)(
    "the wrong input $name is reported as $code with its container, its label and its fix",
    async (row) => {
      const problem = await problemOf(row);
      expect([problem?.label, problem?.effect]).toEqual([label(row.at), "closed"]);
      expect(problem?.message).toMatch(row.says);
      expect(problem?.fix).toMatch(row.fix);
    },
  );

  it.each(ROWS)("the wrong input $name is logged once, however often it is observed", (row) => {
    const lines = daemon.lines.filter(
      ({ msg, code, container }) =>
        msg === "problem" && code === row.code && container === names.get(row.name),
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ label: label(row.at), fix: expect.stringMatching(row.fix) });
  });

  it("wrong input opens nothing and creates nothing", async () => {
    expect(world.ours()).toMatchObject({ apps: [], records: [] });
    for (const row of ROWS) expect(await world.shown(nameOf(row))).toBeUndefined();
  });

  it("wrong input leaves foreign objects byte for byte as they were", () => {
    expect(foreignNow()).toBe(foreign);
  });

  it("of two containers that ask for one hostname, the older gets it and the other gets a problem", async () => {
    const first = await world.container("wanted");
    await until("it is live", async () => (await daemon.report()).summary.live === 1);
    const second = await world.container(
      "rival",
      {},
      { labels: { [label("hostname")]: world.hostname("wanted") } },
    );
    const rival = await second.name();
    const problem = await until("the other is told", async () =>
      (await daemon.report()).problems.find(({ code }) => code === "CFA-HOST-TAKEN"),
    );
    expect(problem).toMatchObject({
      container: rival,
      label: label("hostname"),
      message: `container ${await first.name()} already has ${world.hostname("wanted")} and keeps it`,
    });
    gone.push(
      () => first.remove(),
      () => second.remove(),
    );
  });

  it("each problem is logged as solved once after its container is removed", async () => {
    await Promise.all(gone.map((remove) => remove()));
    await until(
      "no problem is left",
      async () => (await daemon.report()).problems.length === 0,
      60_000,
    );
    const solved = daemon.lines
      .filter(({ msg }) => msg === "problem solved")
      .map(({ code, container }) => `${code} ${container}`);
    expect(solved.filter((it) => !it.startsWith("CFA-HOST-TAKEN")).toSorted()).toEqual(
      ROWS.map((row) => `${row.code} ${names.get(row.name)}`).toSorted(),
    );
  });
});
