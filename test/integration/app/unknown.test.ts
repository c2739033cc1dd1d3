/** Labels that name what Cloudflare or Authentik does not have. */
import { describe, expect, it } from "vitest";
import { inventory } from "../../e2e/world.ts";
import { addGroup } from "../../sandbox/authentik/people.ts";
import { seedPolicy, seedServiceToken } from "../../sandbox/cloudflare/seed.ts";
import type { Sandbox } from "../../sandbox/index.ts";
import { home } from "./daemon.ts";
import { stranger, visitor } from "./visitor.ts";

const CASES = [
  {
    name: "a group",
    code: "CFA-GROUP-UNKNOWN",
    labels: { "access.groups": "family,ghosts" },
    create: ({ authentik }: Sandbox) => void addGroup(authentik.state, { name: "ghosts" }),
  },
  {
    name: "a policy",
    code: "CFA-POLICY-UNKNOWN",
    labels: { "access.groups": "family", "access.policies": "ghosts" },
    create: ({ cloudflare }: Sandbox) =>
      void seedPolicy(cloudflare.state, {
        name: "ghosts",
        include: [{ email: { email: "g@example.com" } }],
      }),
  },
  {
    name: "a service token",
    code: "CFA-TOKEN-UNKNOWN",
    labels: { "access.groups": "family", "access.service-tokens": "ghosts" },
    create: ({ cloudflare }: Sandbox) => void seedServiceToken(cloudflare.state, "ghosts"),
  },
];

describe.each(CASES)("$name that does not exist", ({ name, code, labels, create }) => {
  it(`a label with ${name} that does not exist keeps a new route closed and the problem names the label`, async () => {
    await using at = await home();
    await at.run("wiki", labels);
    await at.run("blog", { access: "public" });
    await at.settle();
    expect(at.problems).toMatchObject([
      {
        code,
        container: "wiki",
        route: at.host("wiki"),
        message: expect.stringContaining("ghosts"),
      },
    ]);
    expect(at.live).toEqual([at.host("blog")]);
    expect(await stranger(at.sandbox, at.host("wiki"))).toBe("530");
  });

  it(`a label with ${name} that does not exist leaves an open route exactly as it was`, async () => {
    await using at = await home();
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    const alice = visitor(at.sandbox, "alice");
    await alice.open(at.host("wiki"));
    const before = inventory(at.sandbox);

    at.relabel("wiki", labels);
    await at.settle();
    await at.resync();

    expect(at.problems).toMatchObject([{ code }]);
    expect(inventory(at.sandbox)).toEqual(before);
    expect(await alice.still(at.host("wiki"))).toBe("this is wiki: /");
    expect(await stranger(at.sandbox, at.host("wiki"))).toBe("log in");
  });

  it(`a label with ${name} that does not exist closes a page that was public, because its labels no longer ask for that`, async () => {
    await using at = await home();
    await at.run("wiki", { access: "public" });
    await at.settle();
    expect(await stranger(at.sandbox, at.host("wiki"))).toBe("this is wiki: /");
    at.relabel("wiki", labels);
    await at.settle();
    expect(await stranger(at.sandbox, at.host("wiki"))).not.toContain("this is");
  });

  it(`the next resync finds ${name} that was created meanwhile and opens the route`, async () => {
    await using at = await home();
    await at.run("wiki", labels);
    await at.settle();
    create(at.sandbox);
    await at.resync();
    expect(at.problems).toEqual([]);
    expect(at.live).toEqual([at.host("wiki")]);
    expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe("this is wiki: /");
  });
});
