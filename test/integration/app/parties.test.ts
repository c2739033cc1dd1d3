/** Containers of several people on one machine. Here each container is a party of its own. */
import { describe, expect, it } from "vitest";
import { AUTH } from "../../sandbox/testing.ts";
import { tcp, workload } from "../../support/builders.ts";
import { type Home, home } from "./daemon.ts";
import { stranger, visitor } from "./visitor.ts";

const KEYS = "/application/o/cf-tunnel-access/jwks/";
const behind = (): Promise<Home> =>
  home({
    authentikBehindTunnel: true,
    settings: { CFAUTH_AUTHENTIK_CONTAINER: "authentik", CFAUTH_GRACE_PERIOD: "0s" },
  });
const authentik = ({ sandbox }: Home) =>
  workload(
    { "cfauth.hostname": AUTH },
    { name: "authentik", ports: [tcp(Number(new URL(sandbox.authentik.url).port))] },
  );
const codes = (at: Home) => at.problems.map(({ code, container }) => `${code} ${container}`);

describe("a container that is not Authentik", () => {
  it.each([
    {
      name: "the keys of the login",
      labels: { path: "/application/o/cf-tunnel-access/jwks", access: "public" },
      at: KEYS,
    },
    {
      name: "the token endpoint",
      labels: { path: "/application/o/token", access: "public" },
      at: "/application/o/token/x",
    },
    { name: "the flows", labels: { path: "/if/flow", access: "public" }, at: "/if/flow/x" },
    { name: "the whole hostname", labels: { access: "public" }, at: "/" },
    { name: "paths without a login", labels: { "access.bypass": "/application" }, at: KEYS },
  ])(
    "a container that is not Authentik never answers for $name and gets one problem",
    async ({ labels, at: path }) => {
      await using at = await behind();
      at.add(authentik(at));
      await at.run("wiki");
      await at.run("evil", { ...labels, hostname: AUTH });
      await at.settle();
      expect(codes(at)).toEqual(["CFA-AK-OWN-HOST evil"]);
      expect(await stranger(at.sandbox, AUTH, path)).not.toContain("this is evil");
      expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe("this is wiki: /");
    },
  );

  it("another container does not get Authentik's hostname while Authentik is stopped, even after a restart of cfauth or with adopt", async () => {
    await using at = await behind();
    at.add(authentik(at));
    await at.settle();
    at.stop("authentik");
    await at.settle();
    for (const labels of [{ access: "public" }, { adopt: "true" }]) {
      await at.run("evil", { ...labels, hostname: AUTH });
      await at.settle();
      await (await at.another({ CFAUTH_ALLOW_PUBLIC: "false" })).settle();
      await at.resync();
      expect(codes(at)).toEqual(["CFA-AK-OWN-HOST evil"]);
      expect(await stranger(at.sandbox, AUTH)).not.toContain("this is evil");
    }
    at.add(authentik(at));
    await at.settle();
    expect(await stranger(at.sandbox, AUTH, "/-/health/live/")).toBe("200");
  });

  it("a wildcard of another container does not answer for Authentik's hostname", async () => {
    await using at = await behind();
    await at.run("evil", { hostname: `*.${at.sandbox.zone}`, access: "public" });
    const strange: string[] = [];
    at.sandbox.controls.hook(async ({ write }, moment) => {
      if (write && moment === "after") strange.push(await stranger(at.sandbox, AUTH, KEYS));
    });
    await at.settle();
    expect(await stranger(at.sandbox, at.host("anything"))).toBe("this is evil: /");
    expect(strange.filter((it) => it.includes("this is"))).toEqual([]);
    at.add(authentik(at));
    await at.settle();
    expect(await stranger(at.sandbox, AUTH, "/-/health/live/")).toBe("200");
    at.stop("authentik");
    await at.settle();
    expect(strange.filter((it) => it.includes("this is"))).toEqual([]);
    expect(await stranger(at.sandbox, AUTH, KEYS)).not.toContain("this is");
  });
});

describe("a rival for a hostname", () => {
  it("a rival gets nothing while the holder's labels are invalid, and the holder's route stays open", async () => {
    await using at = await home();
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    at.relabel("wiki", { "access.groups": "renamed" });
    await at.run("rival", { hostname: at.host("wiki"), access: "public" });
    await at.settle();
    await (await at.another()).settle();
    await at.resync();
    expect(codes(at).toSorted()).toEqual(["CFA-GROUP-UNKNOWN wiki", "CFA-HOST-TAKEN rival"]);
    expect(await stranger(at.sandbox, at.host("wiki"))).toBe("log in");
    expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe("this is wiki: /");
  });

  it("a rival that starts first after a reboot waits", async () => {
    await using at = await home();
    await at.run("wiki");
    await at.settle();
    at.stop("wiki");
    await at.run("rival", { hostname: at.host("wiki") });
    const rebooted = await at.another({ CFAUTH_STARTUP_GRACE_PERIOD: "60s" });
    const end = await rebooted.settle();
    expect(end.end?.plan.pending.map(({ cause }) => cause)).toEqual(["rival"]);
    await at.run("wiki");
    await rebooted.settle();
    expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe("this is wiki: /");
  });

  it.each(["", "public"])(
    "a rival that gets a released hostname does not inherit its sessions (access: %j)",
    async (access) => {
      await using at = await home();
      await at.run("wiki");
      await at.settle();
      const alice = visitor(at.sandbox, "alice");
      expect(await alice.open(at.host("wiki"))).toBe("this is wiki: /");
      const old = new Set(at.sandbox.cloudflare.state.apps.keys());
      const wrong: string[] = [];
      at.sandbox.controls.hook(async ({ write, method, path }, moment) => {
        if (
          write &&
          moment === "after" &&
          access === "" &&
          (await alice.still(at.host("wiki"))).includes("rival")
        )
          wrong.push(`${method} ${path}`);
      });
      at.stop("wiki");
      await at.run("rival", { hostname: at.host("wiki"), ...(access !== "" && { access }) });
      await at.settle();
      expect(wrong).toEqual([]);
      expect([...at.sandbox.cloudflare.state.apps.keys()].filter((id) => old.has(id))).toEqual([]);
      expect(await alice.still(at.host("wiki"))).toBe(
        access === "" ? "log in" : "this is rival: /",
      );
      expect(await alice.open(at.host("wiki"))).toBe("this is rival: /");
    },
  );

  it.each([
    { name: "protected after protected", before: {}, after: {} },
    { name: "protected after public", before: { access: "public" }, after: {} },
    { name: "public after public", before: { access: "public" }, after: { access: "public" } },
  ])("gets a new application whenever cfauth dies on the way: $name", async ({ before, after }) => {
    for (let writes = 0; writes < 6; writes++) {
      await using at = await home();
      await at.run("wiki", before);
      await at.settle();
      const old = new Set(at.sandbox.cloudflare.state.apps.keys());
      at.stop("wiki");
      await at.run("rival", { ...after, hostname: at.host("wiki") });
      let done = 0;
      at.sandbox.controls.fault(
        ({ write }) => write && done++ >= writes,
        { kind: "status", status: 500 },
        Infinity,
      );
      await at.settle().catch(() => undefined);
      at.sandbox.controls.heal();
      await (await at.another()).settle();
      expect([...at.sandbox.cloudflare.state.apps.keys()].filter((id) => old.has(id))).toEqual([]);
      expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe("this is rival: /");
    }
  });
});

describe("a path inside another container's hostname", () => {
  it("a path inside another container's hostname is refused, and opens once the proposed label is set", async () => {
    await using at = await home();
    await at.run("wiki");
    await at.settle();
    await at.run("login", { hostname: at.host("wiki"), path: "/login", access: "public" });
    await at.settle();
    expect(codes(at)).toEqual(["CFA-HOST-SHARE login"]);
    expect(await stranger(at.sandbox, at.host("wiki"), "/login")).toBe("log in");
    const [, label = "", text = ""] =
      /add the label cfauth\.(\S+): "(.*?)"/.exec(at.problems[0]?.fix ?? "") ?? [];
    at.relabel("wiki", { [label]: text });
    await at.settle();
    expect(codes(at)).toEqual([]);
    expect(await stranger(at.sandbox, at.host("wiki"), "/login")).toBe("this is login: /login");
    at.relabel("wiki");
    await at.settle();
    expect(await stranger(at.sandbox, at.host("wiki"), "/login")).toBe("log in");
  });
});
