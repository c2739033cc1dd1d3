/** Machines that use a service token. */
import { describe, expect, it } from "vitest";
import { seedServiceToken } from "../../sandbox/cloudflare/seed.ts";
import type { ServiceToken } from "../../sandbox/cloudflare/state.ts";
import { type Home, home } from "./daemon.ts";
import { stranger, visitor } from "./visitor.ts";

const REFUSED = "403 That account does not have access";

/** An account with two service tokens. */
async function scene(
  options: Parameters<typeof home>[0] = {},
): Promise<{ readonly at: Home; readonly backup: ServiceToken; readonly other: ServiceToken }> {
  const at = await home(options);
  const { state } = at.sandbox.cloudflare;
  return { at, backup: seedServiceToken(state, "backup"), other: seedServiceToken(state, "other") };
}

const machine = (
  at: Home,
  { client_id, client_secret }: Pick<ServiceToken, "client_id" | "client_secret">,
): Promise<string> =>
  stranger(at.sandbox, at.host("wiki"), "/", {
    "cf-access-client-id": client_id,
    "cf-access-client-secret": client_secret,
  });

describe("a service token", () => {
  it("a service token that the label names enters without a login, and no other token does", async () => {
    const { at, backup, other } = await scene();
    await using _ = at;
    await at.run("wiki", { "access.service-tokens": "backup" });
    await at.settle();
    expect(await machine(at, backup)).toBe("this is wiki: /");
    expect(await machine(at, { ...backup, client_secret: "a guess" })).toBe("log in");
    expect(await machine(at, other)).toBe("log in");
    expect(await stranger(at.sandbox, at.host("wiki"))).toBe("log in");
  });

  it("a service token on a route does not keep people out", async () => {
    const { at } = await scene();
    await using _ = at;
    await at.run("wiki", { "access.service-tokens": "backup", "access.groups": "family" });
    await at.settle();
    expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe("this is wiki: /");
    expect(await visitor(at.sandbox, "bob").open(at.host("wiki"))).toBe(REFUSED);
  });

  it("every service token enters where the label says any, but none with a wrong secret", async () => {
    const { at, backup, other } = await scene();
    await using _ = at;
    await at.run("wiki", { "access.service-tokens": "any" });
    await at.settle();
    expect([await machine(at, backup), await machine(at, other)]).toEqual([
      "this is wiki: /",
      "this is wiki: /",
    ]);
    expect(await machine(at, { ...backup, client_secret: other.client_secret })).toBe("log in");
  });
});

describe.each(["logins", "service-tokens-too"] as const)(
  "where a revocation ends %s sessions",
  (revocation) => {
    it(`a route that narrows for people keeps its service tokens (a revocation ends ${revocation})`, async () => {
      const { at, backup } = await scene({ revocation });
      await using _ = at;
      const wiki = at.host("wiki");
      const [alice, bob] = [visitor(at.sandbox, "alice"), visitor(at.sandbox, "bob")];
      await at.run("wiki", { "access.groups": "family,admins", "access.service-tokens": "backup" });
      await at.settle();
      expect([await alice.open(wiki), await bob.open(wiki), await machine(at, backup)]).toEqual(
        Array(3).fill("this is wiki: /"),
      );

      at.relabel("wiki", { "access.groups": "family", "access.service-tokens": "backup" });
      await at.settle();

      expect(await bob.still(wiki)).toBe("log in");
      expect(await bob.open(wiki)).toBe(REFUSED);
      expect([await alice.open(wiki), await machine(at, backup)]).toEqual(
        Array(2).fill("this is wiki: /"),
      );
    });

    it(`a route that accepted any service token and now names one shuts out the others (a revocation ends ${revocation})`, async () => {
      const { at, backup, other } = await scene({ revocation });
      await using _ = at;
      await at.run("wiki", { "access.service-tokens": "any" });
      await at.settle();
      at.relabel("wiki", { "access.service-tokens": "backup" });
      await at.settle();
      expect([await machine(at, backup), await machine(at, other)]).toEqual([
        "this is wiki: /",
        "log in",
      ]);
    });

    it.each([
      { name: "loses one token", tokens: "backup" },
      { name: "loses all of them", tokens: undefined },
    ])(
      `a route that $name shuts those out at once and keeps the others (a revocation ends ${revocation})`,
      async ({ tokens }) => {
        const { at, backup, other } = await scene({ revocation });
        await using _ = at;
        const alice = visitor(at.sandbox, "alice");
        await at.run("wiki", {
          "access.groups": "family",
          "access.service-tokens": "backup,other",
        });
        await at.settle();
        expect([
          await alice.open(at.host("wiki")),
          await machine(at, backup),
          await machine(at, other),
        ]).toEqual(Array(3).fill("this is wiki: /"));

        at.relabel("wiki", {
          "access.groups": "family",
          ...(tokens !== undefined && { "access.service-tokens": tokens }),
        });
        await at.settle();

        expect(await machine(at, other)).toBe("log in");
        expect(await machine(at, backup)).toBe(tokens === undefined ? "log in" : "this is wiki: /");
        expect(await alice.open(at.host("wiki"))).toBe("this is wiki: /");
      },
    );

    it.each([0, 1, 2, 3, 4, 5])(
      "a narrowing that stops after %i writes keeps the service token and shuts out people who lost access",
      async (writes) => {
        const { at, backup } = await scene({ revocation });
        await using _ = at;
        const bob = visitor(at.sandbox, "bob");
        await at.run("wiki", {
          "access.groups": "family,admins",
          "access.service-tokens": "backup",
        });
        await at.settle();
        await bob.open(at.host("wiki"));
        at.relabel("wiki", { "access.groups": "family", "access.service-tokens": "backup" });
        let left = writes;
        at.sandbox.controls.fault(
          ({ write }) => write && left-- <= 0,
          { kind: "status", status: 500 },
          Infinity,
        );
        await at.settle();
        at.sandbox.controls.heal();
        await (await at.another()).settle();
        expect(await machine(at, backup)).toBe("this is wiki: /");
        expect(await bob.still(at.host("wiki"))).toBe("log in");
        expect(await bob.open(at.host("wiki"))).toBe(REFUSED);
      },
    );

    it("a service token that returns after all were removed enters again", async () => {
      const { at, backup } = await scene({ revocation });
      await using _ = at;
      await at.run("wiki", { "access.groups": "family", "access.service-tokens": "backup" });
      await at.settle();
      at.relabel("wiki", { "access.groups": "family" });
      await at.settle();
      at.relabel("wiki", { "access.groups": "family", "access.service-tokens": "backup" });
      await at.settle();
      expect(await machine(at, backup)).toBe("this is wiki: /");
    });
  },
);
