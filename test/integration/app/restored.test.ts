/** Rules that others put into the tunnel's document: old copies of ours, foreign marks, and marks copied by hand. */
import { describe, expect, it } from "vitest";
import { seedApp } from "../../sandbox/cloudflare/seed.ts";
import type { IngressRule, TunnelConfiguration } from "../../sandbox/cloudflare/state.ts";
import { type Home, home } from "./daemon.ts";
import { stranger } from "./visitor.ts";

type Config = TunnelConfiguration["config"];

const configOf = (at: Home): Config => {
  const [found] = at.sandbox.cloudflare.state.configurations.values();
  if (found === undefined) throw new Error("the tunnel has no document");
  return found.config;
};
const rulesOf = (at: Home): readonly IngressRule[] => configOf(at).ingress.slice(0, -1);
const texts = (rules: readonly IngressRule[]): readonly string[] =>
  rules.map((rule) => JSON.stringify(rule));
const hosts = (at: Home): readonly string[] =>
  rulesOf(at).map(({ hostname = "", path = "" }) => `${hostname}${path}`);

function write(at: Home, config: Config): void {
  const { configurations } = at.sandbox.cloudflare.state;
  for (const [tunnel, it] of configurations)
    configurations.set(tunnel, { ...it, version: it.version + 1, config: structuredClone(config) });
}
const add = (at: Home, ...rules: readonly IngressRule[]): void => {
  write(at, { ...configOf(at), ingress: [...rules, ...configOf(at).ingress] });
};
const access = (required: boolean, ...audTag: string[]) => ({
  access: { required, teamName: "sandbox", audTag },
});

describe("an old copy of the document", () => {
  const SHAPES = [
    { name: "a public page", labels: { access: "public" } },
    { name: "a protected page", labels: {} },
    { name: "a public path", labels: { access: "public", path: "/docs" } },
    { name: "a public wildcard", labels: { access: "public", hostname: "*.home.localhost" } },
  ];

  it.each(SHAPES)(
    "an old copy of the document that restores $name while cfauth is stopped is corrected at the next start",
    async ({ labels }) => {
      await using at = await home();
      await at.run("blog");
      await at.run("wiki", labels);
      await at.settle();
      const old = structuredClone(configOf(at));
      at.stop("wiki");
      await at.settle();
      write(at, old);
      const next = await at.another();
      await next.settle();
      expect(hosts(at)).toEqual([at.host("blog")]);
      expect(next.problems).toEqual([]);
      await at.run("wiki", labels);
      await next.settle();
      expect(next.problems).toEqual([]);
      expect(next.live).toHaveLength(2);
    },
  );

  it.each(SHAPES)(
    "an old copy of the document that restores $name twice in a row is corrected each time",
    async ({ labels }) => {
      await using at = await home();
      await at.run("blog");
      await at.run("wiki", labels);
      await at.settle();
      const old = structuredClone(configOf(at));
      at.stop("wiki");
      await at.settle();
      for (let time = 0; time < 2; time++) {
        write(at, old);
        await at.resync();
        expect(hosts(at)).toEqual([at.host("blog")]);
      }
      expect(await stranger(at.sandbox, at.host("wiki"))).not.toContain("this is");
    },
  );

  it("an old copy in which a now protected page was public is corrected within seconds of the write", async () => {
    await using at = await home();
    await at.run("wiki", { access: "public" });
    await at.settle();
    at.later(60_000);
    await at.settle();
    const old = structuredClone(configOf(at));
    at.relabel("wiki");
    await at.settle();
    write(at, old);
    expect(await stranger(at.sandbox, at.host("wiki"))).toBe("log in");
    at.later(2_100);
    await at.settle();
    expect(rulesOf(at)).toMatchObject([{ originRequest: { access: { required: true } } }]);
    expect(at.problems).toEqual([]);
  });

  it("old copies of a rule, before or after the current rule, are removed and nothing else is", async () => {
    await using at = await home();
    await at.run("wiki", { access: "public" });
    await at.settle();
    const [open] = rulesOf(at);
    at.relabel("wiki");
    await at.settle();
    const wanted = texts(rulesOf(at));
    const { ingress } = configOf(at);
    for (const copies of [
      [open, ...ingress],
      [...ingress.slice(0, -1), open, ...ingress.slice(-1)],
      [open, open, ...ingress],
    ]) {
      write(at, { ...configOf(at), ingress: copies as IngressRule[] });
      await at.resync();
      expect(texts(rulesOf(at))).toEqual(wanted);
    }
  });
});

describe("a rule of another owner", () => {
  it("another owner's rule for our hostname is a conflict and stays byte for byte when our container stops", async () => {
    await using at = await home();
    const theirs: IngressRule = {
      hostname: at.host("wiki"),
      service: "http://192.0.2.9:80",
      originRequest: access(false, "cfauth:somebody"),
    };
    await at.run("blog");
    await at.settle();
    add(at, theirs);
    await at.run("wiki");
    await at.resync();
    expect(at.problems).toMatchObject([{ code: "CFA-CONFLICT-INGRESS", route: at.host("wiki") }]);
    at.stop("wiki", "blog");
    await at.settle();
    await at.resync();
    expect(texts(rulesOf(at))).toEqual(texts([theirs]));
  });

  it("another owner's rule that also carries our mark is foreign and stays", async () => {
    await using at = await home();
    const theirs: IngressRule = {
      hostname: at.host("photos"),
      service: "http://192.0.2.9:80",
      originRequest: access(false, "cfauth:app", "cfauth:somebody"),
    };
    await at.run("blog");
    await at.settle();
    add(at, theirs);
    await at.resync();
    expect(texts(rulesOf(at))).toContain(JSON.stringify(theirs));
  });

  it("a rule of an owner whose name begins with ours is foreign", async () => {
    await using at = await home();
    const theirs: IngressRule = {
      hostname: at.host("photos"),
      service: "http://192.0.2.9:80",
      originRequest: access(false, "cfauth:app2"),
    };
    await at.run("blog");
    await at.settle();
    add(at, theirs);
    await at.resync();
    expect(texts(rulesOf(at))).toContain(JSON.stringify(theirs));
  });
});

describe("a rule made by hand", () => {
  it.each([
    {
      name: "with a check for the operator's own application",
      originRequest: access(true, "f".repeat(64)),
    },
    { name: "without a check", originRequest: undefined },
    { name: "with a check that names no audience", originRequest: access(true) },
  ])(
    "a rule made by hand $name, for the hostname of an open route, is a conflict and stays byte for byte",
    async ({ originRequest }) => {
      await using at = await home();
      await at.run("wiki");
      await at.settle();
      seedApp(at.sandbox.cloudflare.state, { domain: at.host("elsewhere"), name: "By hand" });
      const theirs: IngressRule = {
        hostname: at.host("wiki"),
        service: "http://192.0.2.9:80",
        ...(originRequest && { originRequest }),
      };
      write(at, {
        ...configOf(at),
        ingress: [...configOf(at).ingress.slice(0, -1), theirs, ...configOf(at).ingress.slice(-1)],
      });
      for (let look = 0; look < 3; look++) await at.resync();
      expect(texts(rulesOf(at))).toContain(JSON.stringify(theirs));
      expect(at.problems).toMatchObject([{ code: "CFA-CONFLICT-INGRESS", route: at.host("wiki") }]);
      at.stop("wiki");
      await at.settle();
      await at.resync();
      expect(texts(rulesOf(at))).toEqual([JSON.stringify(theirs)]);
    },
  );

  it("a rule made by hand with a copy of our mark is removed, whatever its hostname, path and spelling", async () => {
    await using at = await home();
    await at.run("blog");
    await at.settle();
    const before = texts(rulesOf(at));
    const originRequest = access(false, "cfauth:app");
    add(
      at,
      { hostname: at.host("photos"), service: "http://192.0.2.9:80", originRequest },
      { hostname: at.host("blog").toUpperCase(), service: "http://192.0.2.9:80", originRequest },
      {
        hostname: at.host("blog"),
        path: "a(b|c)+$",
        service: "http://192.0.2.9:80",
        originRequest,
      },
      { hostname: "bank.example.org", service: "http://192.0.2.9:80", originRequest },
      { service: "http://192.0.2.9:80", path: "/x", originRequest },
    );
    await at.resync();
    expect(texts(rulesOf(at))).toEqual(before);
  });
});

describe("where Cloudflare rejects the mark", () => {
  const refusing = () =>
    home({ furnish: ({ cloudflare: { state } }) => (state.refusesMarks = true) });

  it("a protected path inside a public page closes, narrows and reopens where Cloudflare rejects the mark", async () => {
    await using at = await refusing();
    const admin = {
      "admin.hostname": at.host("wiki"),
      "admin.path": "/admin",
      "admin.access": "authentik",
    };
    const both = [at.host("wiki"), `${at.host("wiki")}/admin`];
    await at.run("wiki", { access: "public", ...admin });
    await at.settle();
    expect(at.live).toEqual(both);
    const seen: string[] = [];
    const unhook = at.sandbox.controls.hook(async ({ write }, moment) => {
      if (write && moment === "after")
        seen.push(await stranger(at.sandbox, at.host("wiki"), "/admin"));
    });
    for (const labels of [{ ...admin, "admin.access.service-tokens": "any" }, admin]) {
      at.relabel("wiki", { access: "public", ...labels });
      expect((await at.settle()).errors).toEqual([]);
      expect(at.live).toEqual(both);
    }
    expect(seen).toContain("503");
    expect(seen.filter((page) => page.startsWith("this is"))).toEqual([]);
    unhook();
    at.relabel("wiki", { access: "public" });
    expect([(await at.settle()).errors, at.live]).toEqual([[], both.slice(0, 1)]);
    at.relabel("wiki", admin);
    await at.settle();
    expect([await stranger(at.sandbox, at.host("wiki")), at.live]).toEqual(["log in", both]);
    at.stop("wiki");
    expect((await at.settle()).errors).toEqual([]);
    expect(hosts(at)).toEqual([]);
  });

  it("a restarted daemon changes nothing and closes what it finds where Cloudflare rejects the mark", async () => {
    await using at = await refusing();
    await at.run("wiki", { access: "public" });
    await at.run("blog");
    await at.settle();
    const next = await at.another();
    at.sandbox.controls.clear();
    await next.settle();
    expect(at.sandbox.controls.writes()).toEqual([]);
    at.stop("wiki", "blog");
    await next.settle();
    expect(hosts(at)).toEqual([]);
  });
});
