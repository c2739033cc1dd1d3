/**
 * Tokens that lack a permission: what still works and what is reported. versions.test.ts shows that the documented permissions
 * are enough.
 */
import { describe, expect, it } from "vitest";
import { permissions } from "../../../src/clients/authentik/permissions.ts";
import { library } from "../../sandbox/authentik/library.ts";
import { addGroup, addUser } from "../../sandbox/authentik/people.ts";
import { version } from "../../sandbox/authentik/versions.ts";
import { seedServiceToken } from "../../sandbox/cloudflare/seed.ts";
import { type Home, home } from "./daemon.ts";
import { mayOnly } from "./others.ts";
import { stranger, visitor } from "./visitor.ts";

const without = (...lacking: readonly string[]): Promise<Home> =>
  home({
    furnish: (sandbox) =>
      mayOnly(
        sandbox,
        permissions.filter((it) => !lacking.includes(it)),
      ),
  });

describe("without the permission to create a scope mapping", () => {
  it("without the permission to create a scope mapping, direct members get in, indirect members do not, and that is reported", async () => {
    await using at = await without("authentik_providers_oauth2.add_scopemapping");
    const { state } = at.sandbox.authentik;
    addGroup(state, { name: "children", parents: ["family"] });
    addUser(state, { username: "dora", groups: ["children"] });
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    await at.resync();
    expect(at.live).toEqual([at.host("wiki")]);
    expect(at.problems).toMatchObject([
      {
        code: "CFA-GROUP-DIRECT",
        severity: "warning",
        fix: expect.stringContaining("authentik_providers_oauth2.add_scopemapping"),
      },
    ]);
    expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe("this is wiki: /");
    expect(await visitor(at.sandbox, "dora").open(at.host("wiki"))).toBe(
      "403 That account does not have access",
    );
  });

  it("a missing permission for scope mappings is not reported while no route asks for a group", async () => {
    await using at = await without("authentik_providers_oauth2.add_scopemapping");
    await at.run("wiki");
    await at.settle();
    expect(at.problems).toEqual([]);
  });
});

describe("without a permission that only tiles need", () => {
  it.each([
    {
      lacking: ["authentik_policies.view_policybinding"],
      named: "authentik_policies.view_policybinding",
    },
    {
      lacking: ["authentik_policies.add_policybinding"],
      named: "authentik_policies.add_policybinding",
    },
    {
      lacking: permissions.filter((it) => it.startsWith("authentik_policies.")),
      named: "authentik_policies.",
    },
  ])(
    "routes open without $named, and one warning names the permission",
    async ({ lacking, named }) => {
      await using at = await without(...lacking);
      await at.run("wiki", { "access.groups": "family" });
      await at.run("photos", { "access.groups": "family" });
      await at.run("blog", { access: "public" });
      expect((await at.settle()).errors).toEqual([]);
      expect(at.live).toEqual(["blog", "photos", "wiki"].map(at.host));
      // Only once bindings exist does it show that they cannot be listed.
      expect((await at.resync()).errors).toEqual([]);
      expect(at.problems).toMatchObject([{ code: "CFA-AK-PERMISSION", severity: "warning" }]);
      expect(`${at.problems[0]?.message} ${at.problems[0]?.fix}`).toContain(named);
      expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe("this is wiki: /");
    },
  );

  it("without the permission to bind groups, no tile is shown to users who may not enter", async () => {
    await using at = await without("authentik_policies.add_policybinding");
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    const { state } = at.sandbox.authentik;
    expect(state.users.flatMap((user) => library(state, version("2026.8"), user))).toEqual([]);
  });

  it("a tile that cannot be deleted does not delay the closing of its route", async () => {
    await using at = await without("authentik_core.delete_application");
    await at.run("wiki");
    await at.settle();
    at.stop("wiki");
    await at.settle();
    expect(await stranger(at.sandbox, at.host("wiki"))).toBe("530");
    expect(at.problems).toMatchObject([{ code: "CFA-AK-PERMISSION", severity: "warning" }]);
  });
});

describe("without the permission to list groups", () => {
  it("without the permission to list groups, only the route that names a group waits and the problem names the permission", async () => {
    await using at = await without("authentik_core.view_group");
    await at.run("wiki", { "access.groups": "family" });
    await at.run("photos");
    await at.settle();
    expect(at.live).toEqual([at.host("photos")]);
    expect(at.problems).toMatchObject([
      { code: "CFA-AK-PERMISSION", route: at.host("wiki"), label: "cfauth.access.groups" },
    ]);
    expect(`${at.problems[0]?.message} ${at.problems[0]?.fix}`).toContain(
      "authentik_core.view_group",
    );
  });
});

describe("without the permission to list service tokens", () => {
  const denied = () =>
    home({
      furnish: ({ cloudflare: { state } }) => {
        seedServiceToken(state, "backup");
        state.denied.add("service-tokens");
      },
    });

  it("without the permission to list service tokens, only the route that names one waits and the problem names the permission", async () => {
    await using at = await denied();
    await at.run("wiki", { "access.service-tokens": "backup" });
    await at.run("photos", { "access.service-tokens": "any" });
    await at.run("blog", { access: "public" });
    expect((await at.settle()).errors).toEqual([]);
    expect(at.live).toEqual([at.host("blog"), at.host("photos")]);
    expect(at.problems).toMatchObject([
      { code: "CFA-CF-PERMISSION", route: at.host("wiki"), label: "cfauth.access.service-tokens" },
    ]);
    expect(`${at.problems[0]?.message} ${at.problems[0]?.fix}`).toMatch(/Access: Service Tokens/i);
  });

  it("a route that names a service token opens at the resync after the permission is granted", async () => {
    await using at = await denied();
    await at.run("wiki", { "access.service-tokens": "backup" });
    await at.settle();
    at.sandbox.cloudflare.state.denied.clear();
    await at.resync();
    expect(at.live).toEqual([at.host("wiki")]);
  });
});
