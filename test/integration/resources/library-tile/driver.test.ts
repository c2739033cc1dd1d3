import { describe, expect, it } from "vitest";
import type { Display } from "../../../../src/core/domain/exposure.ts";
import { slugOf } from "../../../../src/resources/library-tile/desired.ts";
import { addUser } from "../../../sandbox/authentik/people.ts";
import type { VersionName } from "../../../sandbox/authentik/versions.ts";
import { exposure, key, only, plain } from "../../../support/builders.ts";
import { owner } from "../../../support/observed-state.ts";
import { applicationIn, type TileScene, tileScene } from "../../../support/tile-scene.ts";

/** From the first supported version to the next expected one. Every call is checked against the schemas of all but the last. */
const VERSIONS: readonly VersionName[] = [
  "2024.2",
  "2024.12",
  "2025.4",
  "2025.12",
  "2026.8",
  "2026.11",
];
const BOTH = VERSIONS.flatMap((version) =>
  [true, false].map((superuser) => ({
    version,
    superuser,
    who: superuser ? "a superuser" : "a user",
  })),
);

const WIKI = "wiki.example.com";
const forGroups = (...groups: readonly string[]) =>
  exposure(WIKI, { protection: only({ groups }) });
const shown = (more: Partial<Display>) => exposure(WIKI, { display: { ...plain, ...more } });

/** The names of the groups and users that the tile is bound to. */
function boundTo({ ak: { state } }: TileScene, target: string): readonly string[] {
  return state.bindings
    .filter((binding) => binding.target === target)
    .map(
      ({ group, user }) =>
        state.groups.find(({ pk }) => pk === group)?.name ??
        state.users.find(({ pk }) => pk === user)?.username ??
        "?",
    )
    .toSorted();
}

const bind = ({ ak }: TileScene, target: string, to: object) =>
  ak.ask("POST", "/policies/bindings/", { target, order: 0, ...to });

describe.each(BOTH)("Authentik $version with the token of $who", ({ version, superuser, who }) => {
  const authentik = `in Authentik ${version} with the token of ${who}`;
  const scene = () => tileScene({ version, superuser });
  const me = superuser ? [] : ["cfauth"];

  it(`a tile gets everything from its labels and then is in sync ${authentik}`, async () => {
    await using world = await scene();
    const more = {
      icon: "https://icons.example.com/wiki.png",
      description: "All we know",
      category: "Home",
    };
    const { seen } = await world.hand().settle([shown(more)]);
    expect(applicationIn(world, "Wiki")).toMatchObject({
      slug: "cfauth-wiki-example-com-badcc2b7",
      provider: null,
      meta_launch_url: "https://wiki.example.com",
      meta_icon: "https://icons.example.com/wiki.png",
      meta_description: "All we know",
      meta_publisher: "cfauth:home",
      group: "Home",
      policy_engine_mode: "any",
      open_in_new_tab: false,
    });
    expect(world.sees("alice")).toEqual(["Wiki"]);
    expect(await world.hand().look()).toEqual(seen);
    world.ak.controls.clear();
    expect((await world.hand().settle([shown(more)])).problems).toEqual([]);
    expect(world.ak.controls.writes()).toEqual([]);
  });

  it(`a tile for groups is never shown to anyone but their members, even during its creation, ${authentik}`, async () => {
    await using world = await scene();
    const seenByBob: string[] = [];
    world.ak.controls.hook(
      (_, moment) => void (moment === "after" && seenByBob.push(...world.sees("bob"))),
    );
    const { seen } = await world.hand().settle([forGroups("family")]);
    expect(world.sees("alice")).toEqual(["Wiki"]);
    expect(seenByBob).toEqual([]);
    expect(boundTo(world, applicationIn(world, "Wiki").pk)).toEqual([...me, "family"]);
    expect(await world.hand().look()).toEqual(seen);
  });

  it(`a tile moves from group to group, to everyone and back without a duplicate binding ${authentik}`, async () => {
    await using world = await scene();
    const hand = world.hand();
    await hand.settle([forGroups("admins")]);
    await hand.settle([forGroups("admins", "family")]);
    expect(boundTo(world, applicationIn(world, "Wiki").pk)).toEqual(["admins", ...me, "family"]);
    await hand.settle([forGroups("family")]);
    expect([world.sees("alice"), world.sees("bob")]).toEqual([["Wiki"], []]);
    await hand.settle([exposure(WIKI)]);
    expect(world.ak.state.bindings).toEqual([]);
    await hand.settle([forGroups("family")]);
    expect(boundTo(world, applicationIn(world, "Wiki").pk)).toEqual([...me, "family"]);
    expect(world.ak.state.applications).toHaveLength(1);
  });

  it(`an update of a tile writes only the differences ${authentik}`, async () => {
    await using world = await scene();
    const hand = world.hand();
    const { seen } = await hand.settle([shown({ name: "Wiki" })]);
    Object.assign(applicationIn(world, "Wiki"), { open_in_new_tab: true });
    world.ak.controls.clear();
    await hand.settle([shown({ name: "Our wiki", category: "Home" })], seen);
    expect(world.ak.controls.writes().map(({ method, body }) => [method, body])).toEqual([
      ["PATCH", { name: "Our wiki", group: "Home" }],
    ]);
    expect(applicationIn(world, "Our wiki")).toMatchObject({
      group: "Home",
      open_in_new_tab: true,
    });
  });

  it(`a tile keeps its icon as it was written ${authentik}`, async () => {
    await using world = await scene();
    const hand = world.hand();
    await hand.settle([shown({ icon: "https://icons.example.com/wiki.png" })]);
    const { seen } = await hand.settle([shown({ icon: "fa://fa-book" })]);
    expect(applicationIn(world, "Wiki").meta_icon).toBe("fa://fa-book");
    expect(await hand.look()).toEqual(seen);
  });

  it(`a tile is removed with its route and its bindings ${authentik}`, async () => {
    await using world = await scene();
    const hand = world.hand();
    await hand.settle([forGroups("family")]);
    await hand.settle([]);
    expect(world.ak.state.applications).toEqual([]);
    expect(world.ak.state.bindings).toEqual([]);
    expect((await hand.look()).mine.size).toBe(0);
  });

  it(`the next observation corrects a tile after a lost answer at any step ${authentik}`, async () => {
    const wish = exposure(WIKI, {
      protection: only({ groups: ["family"] }),
      display: { ...plain, icon: "fa://fa-book" },
    });
    for (let step = 1; step <= 5; step += 1) {
      await using world = await scene();
      let writes = 0;
      world.ak.controls.fault(({ write }) => write && ++writes === step, {
        kind: "reset",
        when: "after",
      });
      const hand = world.hand();
      await hand.settle([wish]);
      await hand.settle([wish]);
      expect(world.sees("alice")).toEqual(["Wiki"]);
      expect(world.sees("bob")).toEqual([]);
      expect(boundTo(world, applicationIn(world, "Wiki").pk)).toEqual([...me, "family"]);
      expect(applicationIn(world, "Wiki").meta_icon).toBe("fa://fa-book");
      expect(world.ak.state.applications).toHaveLength(1);
    }
  });

  it(`foreign applications stay byte for byte ${authentik}`, async () => {
    await using world = await scene();
    const theirs = [
      { name: "Wiki", slug: "wiki", meta_launch_url: "https://wiki.example.com" },
      {
        name: "Other home",
        slug: "cfauth-wiki-example-com-00000000",
        meta_publisher: "cfauth:other",
      },
      { name: "By hand", slug: "cfauth-by-hand", meta_publisher: "me" },
      { name: "Ours by its publisher alone", slug: "by-hand", meta_publisher: "cfauth:home" },
    ];
    for (const application of theirs)
      await world.ak.ask("POST", "/core/applications/", application);
    for (const { pk } of world.ak.state.applications)
      await bind(world, pk, { group: world.group("family") });
    const before = JSON.stringify([world.ak.state.applications, world.ak.state.bindings]);
    const hand = world.hand();
    await hand.settle([forGroups("family")]);
    await hand.settle([forGroups("admins")]);
    await hand.settle([]);
    expect(JSON.stringify([world.ak.state.applications, world.ak.state.bindings])).toBe(before);
  });
});

describe("bindings on a tile of ours", () => {
  it("policy, negated and disabled bindings on a tile of ours stay and are ignored", async () => {
    await using world = await tileScene();
    const hand = world.hand();
    await hand.settle([forGroups("family")]);
    const { pk } = applicationIn(world, "Wiki");
    await bind(world, pk, { policy: "5f0dd5b1-9a3c-4f0e-8d8f-2b6c1f0f6a11" });
    await bind(world, pk, { group: world.group("admins"), negate: true });
    await bind(world, pk, { user: world.ak.state.users[0]?.pk, enabled: false });
    const before = JSON.stringify(world.ak.state.bindings);
    world.ak.controls.clear();
    await hand.settle([forGroups("family")]);
    expect(world.ak.controls.writes()).toEqual([]);
    expect(JSON.stringify(world.ak.state.bindings)).toBe(before);
  });

  it("added or duplicate bindings on a tile of ours are removed, and removed ones are recreated", async () => {
    await using world = await tileScene({ superuser: false });
    const hand = world.hand();
    await hand.settle([forGroups("admins", "family")]);
    const { pk } = applicationIn(world, "Wiki");
    await bind(world, pk, { group: world.group("family") });
    await bind(world, pk, {
      user: world.ak.state.users.find(({ username }) => username === "bob")?.pk,
    });
    const { bindings } = world.ak.state;
    bindings.splice(
      bindings.findIndex(({ group }) => group === world.group("admins")),
      1,
    );
    await hand.settle([forGroups("admins", "family")]);
    expect(boundTo(world, pk)).toEqual(["admins", "cfauth", "family"]);
  });
});

describe("a tile that changes its groups", () => {
  it("a tile that changes its groups is shown to no one else meanwhile", async () => {
    await using world = await tileScene();
    addUser(world.ak.state, { username: "carol" });
    await world.hand().settle([forGroups("admins")]);
    const seenByCarol: string[] = [];
    world.ak.controls.hook(
      (_, moment) => void (moment === "after" && seenByCarol.push(...world.sees("carol"))),
    );
    await world.hand().settle([forGroups("family")]);
    expect([world.sees("alice"), world.sees("bob"), seenByCarol]).toEqual([["Wiki"], [], []]);
  });

  it.each([
    {
      name: "a change from everyone to a group",
      from: [exposure(WIKI)],
      to: [forGroups("family")],
      method: "POST",
    },
    {
      name: "a change from a group to everyone",
      from: [forGroups("family")],
      to: [exposure(WIKI)],
      method: "DELETE",
    },
  ])(
    "a tile is still found and removed with its route after $name was interrupted",
    async ({ from, to, method }) => {
      await using world = await tileScene({ superuser: false });
      await world.hand().settle(from);
      let bindings = 0;
      world.ak.controls.fault(
        (call) =>
          call.method === method && call.path.startsWith("/policies/bindings/") && ++bindings === 2,
        {
          kind: "reset",
          when: "before",
        },
      );
      await world.hand().settle(to);
      expect(bindings).toBe(2);
      expect((await world.hand().look()).mine.size).toBe(1);
      await world.hand().settle([]);
      expect(world.ak.state.applications).toEqual([]);
    },
  );
});

describe("the slug of a tile", () => {
  const SLUG = "cfauth-wiki-example-com-badcc2b7";
  const hide = async (world: TileScene, publisher: string) => {
    await world.ak.ask("POST", "/core/applications/", {
      name: "Found",
      slug: SLUG,
      meta_publisher: publisher,
    });
    await bind(world, applicationIn(world, "Found").pk, { group: world.group("admins") });
  };

  it("a tile's slug that someone else uses is reported and left alone, whether or not the list shows it", async () => {
    await using world = await tileScene({ superuser: false });
    await hide(world, "me");
    const before = JSON.stringify([world.ak.state.applications, world.ak.state.bindings]);
    const { problems, done } = await world.hand().settle([exposure(WIKI)]);
    expect(problems).toMatchObject([
      {
        code: "CFA-AK-REFUSED",
        severity: "warning",
        route: WIKI,
        container: "app",
        effect: "unchanged",
      },
    ]);
    expect(done).toEqual([]);
    expect(JSON.stringify([world.ak.state.applications, world.ak.state.bindings])).toBe(before);
    expect((await tileSceneSees(world)).problems).toEqual(problems);
  });

  /** The same with a token that sees everything. */
  const tileSceneSees = (world: TileScene) => {
    world.ak.state.apiToken.username = "akadmin";
    return world.hand().settle([exposure(WIKI)]);
  };

  it("a tile that this token could not see is recognised by its publisher and corrected", async () => {
    await using world = await tileScene({ superuser: false });
    await hide(world, "cfauth:home");
    const { seen, problems } = await world.hand().settle([forGroups("family")]);
    expect(problems).toEqual([]);
    expect(boundTo(world, applicationIn(world, "Wiki").pk)).toEqual(["cfauth", "family"]);
    expect(await world.hand().look()).toEqual(seen);
  });

  it("tiles are looked up by existing routes: ours with their bindings, foreign ones as such, absent ones once", async () => {
    await using world = await tileScene({ superuser: false });
    await hide(world, "cfauth:home");
    const { api, look } = world.hand();
    const routes = [key(WIKI), key("gone.example.com"), key("*.example.com")];
    const seen = await look();
    expect(seen.mine.size).toBe(0);
    const sought = await api.observeByRoute(routes, seen, undefined);
    expect([...sought.mine.values()].map(({ name, bindings }) => [name, bindings.length])).toEqual([
      ["Found", 1],
    ]);
    expect([...sought.absent]).toEqual([slugOf(owner(), key("gone.example.com"))]);
    expect(
      (await world.hand({ owner: "other" }).api.observeByRoute(routes, seen, undefined)).mine.size,
    ).toBe(0);
    world.ak.controls.clear();
    expect(await api.observeByRoute(routes, sought, undefined)).toEqual(sought);
    expect(await api.observeByRoute([], await look("routes", sought), sought)).toEqual(sought);
    expect(world.ak.controls.calls.filter(({ path }) => path.includes("gone"))).toEqual([]);
  });

  it("tiles stay as they are, with a warning, if a slug cannot be looked up", async () => {
    await using world = await tileScene({ superuser: false });
    const { api, look } = world.hand();
    const seen = await look();
    world.ak.controls.fault(
      ({ path }) => path.includes("/cfauth-wiki"),
      { kind: "status", status: 500 },
      Infinity,
    );
    expect((await api.observeByRoute([key(WIKI)], seen, undefined)).fault).toMatchObject({
      severity: "warning",
      effect: "unchanged",
    });
  });

  it("two owners have tiles with different slugs and do not touch each other's", async () => {
    await using world = await tileScene();
    await world.hand().settle([forGroups("family")]);
    await world.hand({ owner: "garage" }).settle([forGroups("admins")]);
    const before = JSON.stringify(world.ak.state.applications.slice(1));
    await world.hand().settle([]);
    expect(JSON.stringify(world.ak.state.applications)).toBe(before);
  });
});

describe("icons", () => {
  it("icons that Authentik ignores are not written again before the next full observation", async () => {
    await using world = await tileScene();
    const hand = world.hand();
    const exposure = [shown({ icon: "fa://fa-book" })];
    world.ak.controls.hook(({ body }, moment) => {
      if (moment === "before" && typeof body === "object" && body !== null && "meta_icon" in body)
        body.meta_icon = "";
    });
    const { seen, problems } = await hand.settle(exposure);
    expect(problems).toEqual([]);
    expect(applicationIn(world, "Wiki").meta_icon).toBe("");
    world.ak.controls.clear();
    await hand.settle(exposure, await hand.look("routes", seen));
    expect(world.ak.controls.writes()).toEqual([]);
    await hand.settle(exposure, await hand.look("all", seen));
    expect(world.ak.controls.writes().map(({ method }) => method)).toEqual(["PATCH", "POST"]);
  });

  it.each<{ readonly version: VersionName }>([
    { version: "2024.2" },
    { version: "2025.4" },
    { version: "2026.8" },
  ])("icons that are no longer desired are removed in Authentik $version", async ({ version }) => {
    // The published schema of set_icon_url requires a text; the code (authentik/lib/utils/file.py, up to 2025.10) accepts an empty one.
    await using world = await tileScene({ version, clumsy: true });
    const hand = world.hand();
    await hand.settle([shown({ icon: "fa://fa-book" })]);
    const { seen } = await hand.settle([exposure(WIKI)]);
    expect(applicationIn(world, "Wiki").meta_icon).toBe("");
    expect(await hand.look()).toEqual(seen);
  });
});

describe("where tiles are off", () => {
  it("where tiles are off, our existing tiles are removed and foreign ones stay", async () => {
    await using world = await tileScene();
    await world.hand().settle([forGroups("family"), exposure("photos.example.com")]);
    await world.hand({ owner: "garage" }).settle([exposure(WIKI)]);
    await world.hand({ on: false }).settle([forGroups("family")]);
    expect(world.ak.state.applications).toMatchObject([{ meta_publisher: "cfauth:garage" }]);
  });
});

const THIRTY = Array.from({ length: 30 }, (_, n) =>
  exposure(`app${n}.example.com`, { protection: only({ groups: ["family"] }) }),
);

describe("an observation of tiles", () => {
  const reads = ({ ak }: TileScene) =>
    ak.controls.calls.map(({ path, query }) => `${path}?${[...query.keys()].toSorted().join("&")}`);

  it.each([
    {
      who: "a superuser",
      superuser: true,
      list: "/core/applications/?ordering&page&page_size&superuser_full_list",
    },
    { who: "a user", superuser: false, list: "/core/applications/?ordering&page&page_size&search" },
  ])(
    "observing 30 tiles takes two calls with the token of $who, and a full observation also asks whose token it is",
    async ({ superuser, list }) => {
      await using world = await tileScene({ superuser });
      const { seen } = await world.hand().settle(THIRTY);
      expect(seen.mine.size).toBe(30);
      world.ak.controls.clear();
      expect(await world.hand().look("routes", seen)).toEqual(seen);
      expect(reads(world)).toEqual([list, "/policies/bindings/?ordering&page&page_size"]);
      world.ak.controls.clear();
      expect(await world.hand().look("all", seen)).toEqual(seen);
      expect(reads(world)).toEqual([
        "/core/users/me/?",
        list,
        "/policies/bindings/?ordering&page&page_size",
      ]);
    },
  );

  it("an observation without tiles does not request bindings", async () => {
    await using world = await tileScene();
    await world.hand().look();
    expect(reads(world)).toEqual([
      "/core/users/me/?",
      "/core/applications/?ordering&page&page_size&superuser_full_list",
    ]);
  });

  it.each([
    {
      name: "without the permission to list bindings",
      path: "/policies/bindings/",
      status: 403,
      code: "CFA-AK-PERMISSION",
    },
    {
      name: "of a failing Authentik",
      path: "/core/applications/",
      status: 500,
      code: "CFA-AK-UNREACHABLE",
    },
    {
      name: "without an answer about the token",
      path: "/core/users/me/",
      status: 200,
      code: "CFA-AK-REFUSED",
    },
  ])(
    "an observation of tiles $name reports that, writes nothing and recovers by itself",
    async ({ path, status, code }) => {
      await using world = await tileScene();
      await world.hand().settle([exposure(WIKI)]);
      world.ak.controls.clear();
      world.ak.controls.fault(
        (call) => call.path === path,
        { kind: "status", status, body: {} },
        Number.POSITIVE_INFINITY,
      );
      const blind = await world.hand().settle([shown({ name: "Our wiki" })]);
      expect(blind.problems).toMatchObject([
        { code, severity: "warning", effect: "unchanged", route: undefined, container: undefined },
      ]);
      expect(world.ak.controls.writes()).toEqual([]);
      world.ak.controls.heal();
      const { problems } = await world
        .hand()
        .settle([shown({ name: "Our wiki" })], await world.hand().look("routes", blind.seen));
      expect(problems).toEqual([]);
      expect(applicationIn(world, "Our wiki").meta_launch_url).toBe("https://wiki.example.com");
    },
  );
});

describe("a token that may not", () => {
  const allow = ({ ak }: TileScene, ...permissions: readonly string[]) => {
    ak.state.apiToken.permissions = new Set([
      "authentik_core.view_application",
      "authentik_policies.view_policybinding",
      ...permissions,
    ]);
  };

  it("a token that may not create applications is reported once for all tiles and tried again after the next observation", async () => {
    await using world = await tileScene();
    allow(world);
    const { seen, problems, done } = await world.hand().settle(THIRTY);
    expect(done).toEqual([]);
    expect(problems).toMatchObject([
      {
        code: "CFA-AK-PERMISSION",
        severity: "warning",
        route: undefined,
        fix: "Authentik → Directory → Roles → the role of the token's user → Permissions: assign authentik_core.add_application",
      },
    ]);
    world.ak.state.apiToken.permissions = undefined;
    const healed = await world.hand().settle(THIRTY, await world.hand().look("all", seen));
    expect(healed.problems).toEqual([]);
    expect(world.sees("alice")).toHaveLength(30);
  });

  it("a token that may not bind groups leaves a tile that no one sees, which is shown once it may", async () => {
    await using world = await tileScene({ superuser: false });
    allow(world, "authentik_core.add_application", "authentik_core.change_application");
    const { problems } = await world.hand().settle([forGroups("family")]);
    expect(problems).toMatchObject([{ code: "CFA-AK-PERMISSION", route: WIKI, container: "app" }]);
    expect([world.sees("alice"), world.sees("bob")]).toEqual([[], []]);
    world.ak.state.apiToken.permissions = undefined;
    await world.hand().settle([forGroups("family")]);
    expect([world.sees("alice"), world.sees("bob")]).toEqual([["Wiki"], []]);
  });

  it("a token that may not unbind groups keeps the old bindings beside the new ones", async () => {
    await using world = await tileScene({ superuser: false });
    await world.hand().settle([forGroups("admins")]);
    allow(world, "authentik_policies.add_policybinding");
    const { problems } = await world.hand().settle([forGroups("family")]);
    expect(problems).toMatchObject([{ code: "CFA-AK-PERMISSION", route: WIKI }]);
    expect(boundTo(world, applicationIn(world, "Wiki").pk)).toEqual(["admins", "cfauth", "family"]);
  });

  it("a token that may not delete applications is reported, and the tile stays", async () => {
    await using world = await tileScene();
    await world.hand().settle([exposure(WIKI)]);
    allow(world);
    const { problems, done } = await world.hand().settle([]);
    expect(problems).toMatchObject([{ code: "CFA-AK-PERMISSION", route: undefined }]);
    expect(done).toEqual([]);
    expect(world.sees("alice")).toEqual(["Wiki"]);
  });
});

describe("an Authentik that does not answer", () => {
  it("an unreachable Authentik is not called for each tile and gets all of them after the next observation", async () => {
    await using world = await tileScene();
    const from = await world.hand().look();
    world.ak.controls.clear();
    world.ak.controls.fault(
      ({ write }) => write,
      { kind: "reset", when: "before" },
      Number.POSITIVE_INFINITY,
    );
    const { problems } = await world.hand().settle(THIRTY, from);
    expect(world.ak.controls.calls).toHaveLength(4);
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(["CFA-AK-UNREACHABLE"]));
    world.ak.controls.heal();
    await world.hand().settle(THIRTY);
    expect(world.sees("alice")).toHaveLength(30);
  });

  it("an error of Authentik for one tile does not stop the creation of the others", async () => {
    await using world = await tileScene();
    const odd = ({ body }: { readonly body: unknown }) =>
      JSON.stringify(body ?? "").includes("app0.example.com");
    world.ak.controls.fault(
      (call) => call.write && odd(call),
      { kind: "status", status: 500, body: {} },
      Number.POSITIVE_INFINITY,
    );
    const { problems } = await world
      .hand()
      .settle(THIRTY.map((exposure) => ({ ...exposure, protection: only({}) })));
    expect(problems).toMatchObject([{ code: "CFA-AK-UNREACHABLE", route: "app0.example.com" }]);
    expect(world.sees("alice")).toHaveLength(29);
  });
});
