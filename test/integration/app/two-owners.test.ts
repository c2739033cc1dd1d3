/** Two installations on one account and one tunnel: each leaves the other's things alone, and comes to rest beside it. */
import { expect, it } from "vitest";
import { tcp, workload } from "../../support/builders.ts";
import { type Daemon, type Home, home } from "./daemon.ts";
import { stranger } from "./visitor.ts";

const second = (at: Home): Promise<Daemon> =>
  at.another({ CFAUTH_OWNER: "b", CFAUTH_LABEL_PREFIX: "theirs" });

/** A container with labels for the second one, which answers on a port of its own. */
async function theirs(
  at: Home,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { service } = await at.elsewhere(name);
  const all = Object.entries({ hostname: at.host(name), ...labels }).map(([key, text]) => [
    `theirs.${key}`,
    text,
  ]);
  at.add(workload(Object.fromEntries(all), { name, ports: [tcp(Number(new URL(service).port))] }));
}

interface Order {
  readonly first: string;
  readonly settle: (names: Daemon, wildcard: Daemon) => Promise<unknown>;
  /** Whether the single hostnames open; undefined where that depends on whose calls come first. */
  readonly opens: boolean | undefined;
}

const ORDERS: readonly Order[] = [
  {
    first: "single hostnames",
    settle: async (names, wildcard) => [await names.settle(), await wildcard.settle()],
    opens: true,
  },
  {
    first: "a wildcard around them",
    settle: async (names, wildcard) => [await wildcard.settle(), await names.settle()],
    opens: false,
  },
  {
    first: "neither",
    settle: (names, wildcard) => Promise.all([names.settle(), wildcard.settle()]),
    opens: undefined,
  },
];

it.each(ORDERS)(
  "both come to rest with the same hostnames, groups and addresses; first came $first",
  async ({ settle, opens }) => {
    await using at = await home();
    const other = await second(at);
    const labels = {
      "access.groups": "family",
      "access.emails": "ann@example.com",
      "access.bypass": "/hooks",
    };
    await at.run("wiki", labels);
    await at.run("blog");
    await theirs(at, "notes", labels);
    await theirs(at, "whole", { hostname: at.host("wiki") });
    await theirs(at, "part", { hostname: at.host("wiki"), path: "/hooks" });
    await theirs(at, "around", { hostname: "*.home.localhost", "access.groups": "admins" });
    await settle(at, other);
    for (const daemon of [at, other, at, other]) await daemon.resync();
    at.sandbox.controls.clear();
    for (const daemon of [at, other, at]) await daemon.resync();
    expect(at.sandbox.controls.writes()).toEqual([]);
    expect(other.live).toEqual(
      expect.arrayContaining(["*.home.localhost", at.host("notes"), `${at.host("notes")}/hooks`]),
    );
    // A wildcard application that another owner made before is foreign protection around the names inside it: they wait for consent.
    const opened = at.live.length > 0;
    expect(at.live).toEqual(
      opened ? [at.host("blog"), at.host("wiki"), `${at.host("wiki")}/hooks`] : [],
    );
    expect(at.problems.map(({ code }) => code)).toContain("CFA-CONFLICT-ACCESS");
    if (opens !== undefined) expect(opened).toBe(opens);
  },
);

it("a public rule that the other one puts back, which read the document before it went, is taken away again", async () => {
  await using at = await home();
  const other = await second(at);
  await at.run("wiki", { access: "public", hostname: "*.home.localhost" });
  await at.settle();
  // The public wildcard of the other owner is around it: a hole in it needs consent.
  await theirs(at, "blog", { adopt: "true" });
  await other.settle();
  const tunnels = () => [...at.sandbox.cloudflare.state.configurations.values()];
  const [read] = tunnels().map(({ config }) => config);
  let late = true;
  at.sandbox.controls.hook(({ method, path }, moment) => {
    if (!late || method !== "PUT" || !path.endsWith("/configurations") || moment !== "after")
      return;
    late = false;
    for (const it of tunnels()) Object.assign(it, { version: it.version + 1, config: read });
  });
  at.stop("wiki");
  await at.settle();
  expect(tunnels().map(({ config }) => config.ingress.map(({ hostname }) => hostname))).toEqual([
    [at.host("blog"), undefined],
  ]);
  expect(await stranger(at.sandbox, at.host("blog"))).toBe("log in");
});
