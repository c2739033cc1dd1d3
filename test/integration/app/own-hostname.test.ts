/** Authentik itself behind the tunnel: the only hostname that is open without a label. */
import { describe, expect, it } from "vitest";
import {
  seedApp,
  seedConfiguration,
  seedRecord,
  seedTunnel,
} from "../../sandbox/cloudflare/seed.ts";
import { AUTH } from "../../sandbox/testing.ts";
import { tcp, workload } from "../../support/builders.ts";
import { type Home, home } from "./daemon.ts";
import { stranger, visitor, wanderer } from "./visitor.ts";

const behind = (): Promise<Home> =>
  home({ authentikBehindTunnel: true, settings: { CFAUTH_AUTHENTIK_CONTAINER: "authentik" } });

/** Authentik's own container, with its hostname in the labels. */
const authentik = ({ sandbox }: Home, labels: Readonly<Record<string, string>> = {}) =>
  workload(
    { "cfauth.hostname": AUTH, ...labels },
    { name: "authentik", ports: [tcp(Number(new URL(sandbox.authentik.url).port))] },
  );

/** Whether Authentik answers there for an anonymous visitor. */
const answers = async (at: Home): Promise<boolean> =>
  (await stranger(at.sandbox, AUTH, "/-/health/live/")) === "200";

/** Records each write after which a forbidden state held. */
function noting(at: Home, wrong: () => Promise<boolean>): readonly string[] {
  const moments: string[] = [];
  at.sandbox.controls.hook(async ({ write, method, path }, moment) => {
    if (write && moment === "after" && (await wrong())) moments.push(`after ${method} ${path}`);
  });
  return moments;
}

const hasRecord = ({ sandbox, host }: Home, name: string): boolean =>
  [...sandbox.cloudflare.state.records.values()].some((record) => record.name === host(name));

describe("Authentik's own hostname", () => {
  it("Authentik's own hostname is open without a login, and everyone logs in through it", async () => {
    await using at = await behind();
    at.add(authentik(at));
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    expect(at.problems).toEqual([]);
    expect(at.live).toEqual([AUTH, at.host("wiki")]);
    expect(await answers(at)).toBe(true);
    expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe("this is wiki: /");
  });

  it("Authentik's own hostname opens before every other", async () => {
    await using at = await behind();
    const begun = () =>
      [...at.sandbox.cloudflare.state.apps.values()].some(
        ({ domain }) => domain === at.host("attic"),
      );
    const wrong = noting(at, async () => begun() && !(await answers(at)));
    await at.run("attic");
    at.add(authentik(at));
    await at.settle();
    expect(hasRecord(at, "attic")).toBe(true);
    expect(wrong).toEqual([]);
  });

  it("Authentik's own hostname closes after every other", async () => {
    await using at = await behind();
    await at.run("attic");
    at.add(authentik(at));
    await at.settle();
    const wrong = noting(at, async () => hasRecord(at, "attic") && !(await answers(at)));
    at.stop("attic", "authentik");
    await at.settle();
    expect(wrong).toEqual([]);
    expect(await answers(at)).toBe(false);
    expect(at.sandbox.cloudflare.state.records.size).toBe(0);
  });

  it.each([
    { name: "access=authentik", labels: { "cfauth.access": "authentik" }, label: "cfauth.access" },
    { name: "groups", labels: { "cfauth.access.groups": "family" }, label: "cfauth.access.groups" },
  ])(
    "Authentik's own hostname stays open when a label asks for $name, and that is reported",
    async ({ labels, label }) => {
      await using at = await behind();
      at.add(authentik(at));
      await at.run("wiki");
      await at.settle();
      const shut = noting(at, async () => !(await answers(at)));
      at.add(authentik(at, labels));
      await at.settle();
      await at.resync();
      expect(at.problems).toMatchObject([
        {
          code: "CFA-AK-OWN-HOST",
          severity: "warning",
          container: "authentik",
          label,
          effect: "unchanged",
        },
      ]);
      expect(shut).toEqual([]);
      expect(await answers(at)).toBe(true);
      expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe("this is wiki: /");
    },
  );

  it("Authentik's own hostname has no tile", async () => {
    await using at = await behind();
    at.add(authentik(at));
    await at.settle();
    expect(at.sandbox.authentik.state.applications.map(({ slug }) => slug)).toEqual([
      "cf-tunnel-access",
    ]);
  });
});

describe("Authentik's own hostname, set up by hand", () => {
  /** A rule and a DNS record that lead to Authentik, as a person creates them. */
  const byHand = async (): Promise<Home> => {
    const at = await behind();
    const { state } = at.sandbox.cloudflare;
    const tunnel = seedTunnel(state, { name: "cfauth" });
    seedConfiguration(state, tunnel, {
      ingress: [{ hostname: AUTH, service: at.sandbox.authentik.url }],
    });
    seedRecord(state, { name: AUTH, type: "CNAME", content: `${tunnel.id}.cfargotunnel.com` });
    await at.run("wiki");
    return at;
  };

  it("the label adopt takes over Authentik's hostname that was set up by hand, and people log in through it afterwards", async () => {
    await using at = await byHand();
    at.add(authentik(at, { "cfauth.adopt": "true" }));
    await at.settle();
    expect(at.problems).toEqual([]);
    expect(at.took).toHaveLength(2);
    expect(at.live).toEqual([AUTH, at.host("wiki")]);
    expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe("this is wiki: /");
  });

  it("without the label adopt, Authentik's hostname that was set up by hand delays no other route and still serves logins", async () => {
    await using at = await byHand();
    at.add(authentik(at));
    await at.settle();
    expect(at.problems.map(({ code }) => code).toSorted()).toEqual([
      "CFA-CONFLICT-DNS",
      "CFA-CONFLICT-INGRESS",
    ]);
    expect(at.live).toEqual([at.host("wiki")]);
    expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe("this is wiki: /");
  });
});

describe("a foreign Access application for all hostnames", () => {
  it("a foreign application that protects Authentik is reported until Authentik has a route of its own", async () => {
    await using at = await behind();
    seedApp(at.sandbox.cloudflare.state, { domain: "*.home.localhost", name: "Everything" });
    await at.run("wiki", { adopt: "true" });
    await at.settle();
    expect(at.problems).toMatchObject([
      {
        code: "CFA-AK-BEHIND-ACCESS",
        message: expect.stringContaining("Everything"),
        effect: "unchanged",
      },
    ]);

    at.add(authentik(at));
    await at.settle();
    expect(at.problems).toEqual([]);
    expect(await answers(at)).toBe(true);
    expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe("this is wiki: /");

    at.stop("authentik");
    await at.settle();
    expect(at.problems).toMatchObject([{ code: "CFA-AK-BEHIND-ACCESS" }]);
    expect(await wanderer(at.sandbox, at.host("wiki"))).not.toContain("this is");
  });
});
