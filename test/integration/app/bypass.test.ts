/** Paths without a login, and the paths next to them. */
import { describe, expect, it } from "vitest";
import { inventory } from "../../e2e/world.ts";
import { type Edge, startEdge } from "../../sandbox/edge/index.ts";
import { type Home, home } from "./daemon.ts";
import { seedOurTunnel } from "./others.ts";
import { stranger, visitor } from "./visitor.ts";

const NEIGHBOURS = [
  "/",
  "/admin",
  "/hooksy",
  "//hooks",
  "/hooks/../admin",
  "/hooks/..",
  "/hooks/./../admin",
  "/hooks//../admin",
  "/hooks/%2e%2e/admin",
  "/hooks/%2E%2e/admin",
  "/hooks%2f..%2fadmin",
  "/hooks/..%2fadmin",
  "/hooks/..;/admin",
  "/hooks/..;x=y/admin",
  "/hooks;/../admin",
  "/hooks/%252e%252e/admin",
  "/hooks/..%5cadmin",
  "/hooks/..\\admin",
  "/hooks/%c0%ae%c0%ae/admin",
  "/hooks/.%e2%80%8b./admin",
  "/hooks/%ef%bc%8e%ef%bc%8e/admin",
  "/x/../admin",
  "/admin/../hooks",
  "/Hooks",
];

/** What a visitor without a login is shown there through that edge; undefined if it is not the page. */
async function shown(
  edge: Pick<Edge, "port">,
  host: string,
  path: string,
): Promise<string | undefined> {
  const seen = await stranger({ edge: edge as Edge }, host, path);
  return seen.startsWith("this is ") ? seen : undefined;
}

/** Another edge on the same accounts. */
const edgeThat = (
  { sandbox }: Home,
  cleansPaths: { readonly access: boolean; readonly connector: boolean },
): Promise<Edge> =>
  startEdge({
    view: sandbox.cloudflare.propagation.view,
    team: "home",
    resolve: async () => "127.0.0.1",
    cleansPaths,
  });

describe.each([
  {
    name: "neither Access nor cloudflared cleans paths",
    access: false,
    connector: false,
    same: [],
  },
  { name: "Access cleans paths", access: true, connector: false, same: [] },
  { name: "cloudflared cleans paths", access: false, connector: true, same: [] },
  // Both clean these paths to /hooks. No rule can know how an origin that does not clean paths reads them.
  {
    name: "both of them clean paths",
    access: true,
    connector: true,
    same: ["//hooks", "/admin/../hooks"],
  },
])("where $name", ({ name, access, connector, same }) => {
  it(`a bypassed path and the paths below it answer without a login where ${name}`, async () => {
    await using at = await home();
    await at.run("wiki", { "access.bypass": "/hooks,/healthz" });
    await at.settle();
    await using edge = await edgeThat(at, { access, connector });
    const seen = await Promise.all(
      ["/hooks", "/hooks/", "/hooks/x?y=z", "/hooks/a/b.c", "/healthz"].map((path) =>
        shown(edge, at.host("wiki"), path),
      ),
    );
    expect(seen).toEqual([
      "this is wiki: /hooks",
      "this is wiki: /hooks/",
      "this is wiki: /hooks/x?y=z",
      "this is wiki: /hooks/a/b.c",
      "this is wiki: /healthz",
    ]);
  });

  it(`no spelling of another path is shown without a login where ${name}`, async () => {
    await using at = await home();
    await at.run("wiki", { "access.bypass": "/hooks" });
    await at.settle();
    await using edge = await edgeThat(at, { access, connector });
    const seen = await Promise.all(
      NEIGHBOURS.map(async (path) => [path, await shown(edge, at.host("wiki"), path)] as const),
    );
    expect(seen.flatMap(([path, page]) => (page === undefined ? [] : [path]))).toEqual(same);
  });
});

describe("a bypassed path", () => {
  it("a bypassed path leaves the rest of the page behind the login", async () => {
    await using at = await home();
    await at.run("wiki", { "access.bypass": "/hooks", "access.groups": "family" });
    await at.settle();
    const alice = visitor(at.sandbox, "alice");
    expect(await alice.open(at.host("wiki"), "/admin")).toBe("this is wiki: /admin");
    expect(await visitor(at.sandbox, "bob").open(at.host("wiki"))).toBe(
      "403 That account does not have access",
    );
  });

  it("a bypassed path closes at once when its label is removed, without a grace period", async () => {
    await using at = await home({
      settings: { CFAUTH_GRACE_PERIOD: "60s", CFAUTH_STARTUP_GRACE_PERIOD: "5m" },
    });
    await at.run("wiki");
    await at.settle();
    const before = inventory(at.sandbox);
    at.relabel("wiki", { "access.bypass": "/hooks" });
    await at.settle();
    expect(await stranger(at.sandbox, at.host("wiki"), "/hooks")).toBe("this is wiki: /hooks");

    at.relabel("wiki");
    await at.settle();

    expect(await stranger(at.sandbox, at.host("wiki"), "/hooks")).toBe("log in");
    expect(inventory(at.sandbox)).toEqual(before);
  });

  it("a bypassed path closes at the next start when its label was removed while cfauth was stopped", async () => {
    await using at = await home({
      settings: { CFAUTH_GRACE_PERIOD: "60s", CFAUTH_STARTUP_GRACE_PERIOD: "5m" },
    });
    await at.run("wiki", { "access.bypass": "/hooks" });
    await at.settle();
    at.relabel("wiki");
    await (await at.another()).settle();
    expect(await stranger(at.sandbox, at.host("wiki"), "/hooks")).toBe("log in");
  });

  it("a bypassed path opens only once the rest of the page is protected", async () => {
    await using at = await home();
    const wiki = at.host("wiki");
    const leaks: string[] = [];
    at.sandbox.controls.hook(async ({ write, method, path }, moment) => {
      const seen = write && moment === "after" ? await stranger(at.sandbox, wiki, "/admin") : "";
      if (seen.startsWith("this is ")) leaks.push(`after ${method} ${path}`);
    });
    await at.run("wiki", { "access.bypass": "/hooks" });
    await at.settle();
    at.stop("wiki");
    await at.settle();
    expect(leaks).toEqual([]);
  });

  it("a bypassed path below a route's path opens nothing else of the hostname", async () => {
    await using at = await home();
    await at.run("wiki", {
      path: "/app",
      "access.bypass": "/app/hooks",
      "access.groups": "family",
    });
    await at.settle();
    const seen = ["/app/hooks/x", "/app", "/app/hooks/../x", "/app/hooksy", "/", "/hooks"].map(
      (path) => stranger(at.sandbox, at.host("wiki"), path),
    );
    expect(await Promise.all(seen)).toEqual([
      "this is wiki: /app/hooks/x",
      "log in",
      "404",
      "log in",
      "404",
      "404",
    ]);
  });

  it("a bypassed path stays open while the rest of the page narrows, and lets no one into the rest", async () => {
    await using at = await home();
    const wiki = at.host("wiki");
    const [alice, bob] = [visitor(at.sandbox, "alice"), visitor(at.sandbox, "bob")];
    await at.run("wiki", { "access.bypass": "/hooks", "access.groups": "family,admins" });
    await at.settle();
    await Promise.all([alice.open(wiki), bob.open(wiki)]);
    const seen: string[] = [];
    at.sandbox.controls.hook(async ({ write }, moment) => {
      if (write && moment === "after")
        seen.push(await stranger(at.sandbox, wiki), await stranger(at.sandbox, wiki, "/hooks"));
    });
    at.relabel("wiki", { "access.bypass": "/hooks", "access.groups": "family" });
    await at.settle();
    expect(seen.filter((it) => it === "this is wiki: /")).toEqual([]);
    expect(
      seen.filter((_, index) => index % 2 === 1).every((it) => it === "this is wiki: /hooks"),
    ).toBe(true);
    expect([await alice.open(wiki), await bob.open(wiki)]).toEqual([
      "this is wiki: /",
      "403 That account does not have access",
    ]);
  });

  it("a bypassed path closes with its container and leaves no DNS record, application or rule", async () => {
    await using at = await home({ furnish: seedOurTunnel });
    await at.settle();
    const before = inventory(at.sandbox);
    await at.run("wiki", { "access.bypass": "/hooks" });
    await at.settle();
    at.stop("wiki");
    await at.settle();
    expect(inventory(at.sandbox)).toEqual(before);
  });
});
