/** Two installations on one account and one tunnel: each leaves the other's objects alone, and both converge. */
import { expect, it } from "vitest";
import { tcp, workload } from "../../support/builders.ts";
import { type Daemon, type Home, home } from "./daemon.ts";
import { stranger } from "./visitor.ts";

const second = (at: Home): Promise<Daemon> =>
  at.another({ CFAUTH_OWNER: "b", CFAUTH_LABEL_PREFIX: "theirs" });

/** A container with labels for the second installation too. It listens on its own port. */
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
  /** Whether the single hostnames open; undefined if that depends on whose calls come first. */
  readonly opens: boolean | undefined;
}

const ORDERS: readonly Order[] = [
  {
    first: "the single hostnames come first",
    settle: async (names, wildcard) => [await names.settle(), await wildcard.settle()],
    opens: true,
  },
  {
    first: "a wildcard around them comes first",
    settle: async (names, wildcard) => [await wildcard.settle(), await names.settle()],
    opens: false,
  },
  {
    first: "both come at once",
    settle: (names, wildcard) => Promise.all([names.settle(), wildcard.settle()]),
    opens: undefined,
  },
];

it.each(ORDERS)(
  "two owners with the same hostnames, groups and e-mail addresses converge when $first",
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
    // An older wildcard application of another owner is foreign protection around the hostnames in it. They wait for consent.
    const opened = at.live.length > 0;
    expect(at.live).toEqual(
      opened ? [at.host("blog"), at.host("wiki"), `${at.host("wiki")}/hooks`] : [],
    );
    expect(at.problems.map(({ code }) => code)).toContain("CFA-CONFLICT-ACCESS");
    if (opens !== undefined) expect(opened).toBe(opens);
  },
);

it("a public rule that the other owner restores from an old read of the document is removed again", async () => {
  await using at = await home();
  const other = await second(at);
  await at.run("wiki", { access: "public", hostname: "*.home.localhost" });
  await at.settle();
  // The other owner's public wildcard is around it. An exception from it needs consent.
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
