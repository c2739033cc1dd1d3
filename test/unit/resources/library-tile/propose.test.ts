import { describe, expect, it } from "vitest";
import type { DirectoryGroup, Lookup } from "../../../../src/core/domain/directory.ts";
import type { Exposure } from "../../../../src/core/domain/exposure.ts";
import type { Problem } from "../../../../src/core/domain/problem.ts";
import { routeKey } from "../../../../src/core/domain/route.ts";
import { ServiceError } from "../../../../src/core/errors.ts";
import { markOwned } from "../../../../src/resources/contract/owned.ts";
import { summariseDiff } from "../../../../src/resources/describe.ts";
import { diffLibraryTile } from "../../../../src/resources/library-tile/diff.ts";
import { libraryTiles } from "../../../../src/resources/library-tile/propose.ts";
import {
  type DesiredTile,
  NO_TILES,
  type ObservedLibraryTiles,
  type Tile,
} from "../../../../src/resources/library-tile/types.ts";
import { anybody, exposure, key, only, plain } from "../../../support/builders.ts";
import { owner, wishing } from "../../../support/observed-state.ts";

const WIKI = "wiki.example.com";
const SLUG = "cfauth-wiki-example-com-badcc2b7";
const FAMILY = { pk: "pk-family", name: "family" };
const ADMINS = { pk: "pk-admins", name: "admins" };

const WISH: DesiredTile = {
  slug: SLUG,
  route: key(WIKI),
  name: "Wiki",
  launchUrl: "https://wiki.example.com",
  icon: "",
  description: "",
  category: "",
  mode: "any",
  groups: [],
  reader: undefined,
};

const { route: _route, groups: _groups, reader: _reader, ...content } = WISH;
const tile = (more: Partial<Tile> = {}): Tile => ({
  ...content,
  pk: "pk-wiki",
  bindings: [],
  ...more,
});
const toGroup = (group: string, pk = `b-${group}`) => ({ pk, to: { group } });
const READER = { pk: "b-me", to: { user: 7 } };

interface Scene {
  readonly wishes?: readonly Exposure[];
  /** All that are wished, unless told. */
  readonly live?: readonly string[];
  readonly held?: readonly string[];
  readonly found?: readonly Tile[];
  readonly seen?: Partial<ObservedLibraryTiles>;
  readonly groups?: Lookup<DirectoryGroup>;
  readonly on?: boolean;
  readonly superuser?: boolean;
}

function proposed({
  wishes: exposures = [exposure(WIKI)],
  live,
  held = [],
  found = [],
  seen,
  groups,
  on = true,
  superuser = false,
}: Scene = {}) {
  const mine = new Map(found.map((it) => [it.slug, markOwned(it)]));
  return libraryTiles(owner(), on)(
    {
      tile: { ...NO_TILES, me: { pk: 7, superuser }, mine, ...seen },
      lookups: { groups: groups ?? { found: [ADMINS, FAMILY] } },
    },
    {
      ...wishing(),
      exposures: new Map(exposures.map((exposure) => [routeKey(exposure.route), exposure])),
      frozen: new Set(held.map(key)),
    },
    new Set((live ?? exposures.map(({ route }) => routeKey(route))).map(key)),
  );
}

const NOTHING = { changes: [], problems: [] };
const create = {
  kind: "tile",
  action: "create",
  key: `tile ${SLUG}`,
  subject: WIKI,
  desired: WISH,
};
const remove = {
  kind: "tile",
  action: "delete",
  key: `tile ${SLUG}`,
  subject: WIKI,
  existing: tile(),
};
const hidden = exposure(WIKI, { display: { ...plain, hidden: true } });
const forFamily = exposure(WIKI, { protection: only({ groups: ["family"] }) });

describe("the tile of a route", () => {
  it.each<{ readonly name: string; readonly scene: Scene; readonly gives: object }>([
    {
      name: "is made when the route is live",
      scene: {},
      gives: { changes: [create], problems: [] },
    },
    {
      name: "is made for a public route too",
      scene: { wishes: [exposure(WIKI, { protection: anybody })] },
      gives: { changes: [create] },
    },
    { name: "is not made before the route is live", scene: { live: [] }, gives: NOTHING },
    { name: "is not made where it is to be hidden", scene: { wishes: [hidden] }, gives: NOTHING },
    {
      name: "is not made for the login",
      scene: { wishes: [exposure(WIKI, { protection: { kind: "login" } })] },
      gives: NOTHING,
    },
    {
      name: "is not made for a wildcard",
      scene: { wishes: [exposure("*.example.com")] },
      gives: NOTHING,
    },
    { name: "is not made where tiles are off", scene: { on: false }, gives: NOTHING },
    {
      name: "is not made before it is known whose token this is",
      scene: { seen: { me: undefined } },
      gives: NOTHING,
    },
    { name: "is left as it is when nothing differs", scene: { found: [tile()] }, gives: NOTHING },
    {
      name: "stays while the route is mended",
      scene: { found: [tile({ name: "Old" })], live: [] },
      gives: NOTHING,
    },
    {
      name: "stays while its container is missed",
      scene: { found: [tile()], wishes: [], held: [WIKI] },
      gives: NOTHING,
    },
    {
      name: "goes with the route",
      scene: { found: [tile()], wishes: [] },
      gives: { changes: [remove], problems: [] },
    },
    {
      name: "goes when it is to be hidden",
      scene: { found: [tile()], wishes: [hidden] },
      gives: { changes: [remove] },
    },
    {
      name: "goes where tiles are off",
      scene: { found: [tile()], on: false },
      gives: { changes: [remove] },
    },
    {
      name: "goes where tiles are off, whatever is held",
      scene: { found: [tile()], wishes: [], held: [WIKI], on: false },
      gives: { changes: [remove] },
    },
    {
      name: "goes when the hostname becomes the login's",
      scene: { found: [tile()], wishes: [exposure(WIKI, { protection: { kind: "login" } })] },
      gives: { changes: [remove] },
    },
  ])("$name", ({ scene, gives }) => {
    expect(proposed(scene)).toMatchObject(gives);
  });

  it.each<{
    readonly name: string;
    readonly at: string;
    readonly more?: Partial<Exposure>;
    readonly desired: Partial<DesiredTile>;
  }>([
    {
      name: "its first label, with a capital",
      at: "wiki.home.example.com",
      desired: { name: "Wiki" },
    },
    {
      name: "the path behind it",
      at: "wiki.example.com/admin",
      desired: { name: "Wiki /admin", launchUrl: "https://wiki.example.com/admin" },
    },
    {
      name: "letters as people write them",
      at: "xn--bcher-kva.example.com",
      desired: { name: "Bücher", launchUrl: "https://xn--bcher-kva.example.com" },
    },
    {
      name: "what the labels say instead",
      at: WIKI,
      more: { display: { ...plain, name: "Our wiki" } },
      desired: { name: "Our wiki" },
    },
    {
      name: "icon, description and category",
      at: WIKI,
      more: {
        display: { ...plain, icon: "fa://fa-book", description: "All we know", category: "Home" },
      },
      desired: { icon: "fa://fa-book", description: "All we know", category: "Home" },
    },
  ])("shows $name", ({ at, more, desired }) => {
    expect(proposed({ wishes: [exposure(at, more)] }).changes).toMatchObject([
      { action: "create", desired },
    ]);
  });

  it("has a slug of at most 50 characters that no other owner or route has", () => {
    const at = "a-very-long-name-of-a-service.deep.example.com/a/long/path";
    expect(proposed({ wishes: [exposure(at)] }).changes).toMatchObject([
      { desired: { slug: "cfauth-a-very-long-name-of-a-service-deep-9c79200d" } },
    ]);
  });

  it.each<{ readonly name: string; readonly found: Partial<Tile> }>([
    { name: "name", found: { name: "Old" } },
    {
      name: "address, as after a death before it was shown",
      found: { launchUrl: "blank://blank" },
    },
    { name: "icon", found: { icon: "fa://fa-book" } },
    { name: "description", found: { description: "Old" } },
    { name: "category", found: { category: "Old" } },
    { name: "way to count bindings", found: { mode: "all" } },
    { name: "bindings", found: { bindings: [toGroup("pk-family")] } },
  ])("is mended when it has another $name", ({ found }) => {
    expect(proposed({ found: [tile(found)] })).toEqual({
      changes: [
        {
          kind: "tile",
          action: "update",
          key: `tile ${SLUG}`,
          subject: WIKI,
          existing: tile(found),
          desired: WISH,
        },
      ],
      problems: [],
    });
  });

  it("comes in the same order whatever the order of the wishes", () => {
    const all = ["b.example.com", "a.example.com", "c.example.com"].map((at) => exposure(at));
    expect(proposed({ wishes: all }).changes).toEqual(
      proposed({ wishes: all.toReversed() }).changes,
    );
  });
});

describe("the tile of a route for groups", () => {
  it("is for these groups, and for the token's user, who could not find it again else", () => {
    const exposures = [exposure(WIKI, { protection: only({ groups: ["admins", "family"] }) })];
    expect(proposed({ wishes: exposures }).changes).toMatchObject([
      { desired: { groups: ["pk-admins", "pk-family"], reader: 7 } },
    ]);
  });

  it("is for every group of that name: before 2025.12 each parent may have one, and Cloudflare lets in the members of all", () => {
    const another = { pk: "pk-another", name: "family" };
    const groups = { found: [FAMILY, ADMINS, another] };
    expect(proposed({ wishes: [forFamily], groups }).changes).toMatchObject([
      { desired: { groups: ["pk-another", "pk-family"] } },
    ]);
  });

  it("is for these groups alone where a superuser looks, who finds all there is", () => {
    expect(proposed({ wishes: [forFamily], superuser: true }).changes).toMatchObject([
      { desired: { groups: ["pk-family"], reader: undefined } },
    ]);
  });

  it.each<{
    readonly name: string;
    readonly bindings: Tile["bindings"];
    readonly changes: readonly object[];
  }>([
    {
      name: "is left when it is bound to them",
      bindings: [READER, toGroup("pk-family")],
      changes: [],
    },
    { name: "is left whatever the order", bindings: [toGroup("pk-family"), READER], changes: [] },
    { name: "is mended when everyone sees it", bindings: [], changes: [{ action: "update" }] },
    {
      name: "is mended when others see it",
      bindings: [READER, toGroup("pk-admins")],
      changes: [{ action: "update" }],
    },
    {
      name: "is mended when one more sees it",
      bindings: [READER, toGroup("pk-family"), { pk: "b", to: { user: 8 } }],
      changes: [{ action: "update" }],
    },
    {
      name: "is mended when a binding stands twice",
      bindings: [READER, toGroup("pk-family"), toGroup("pk-family", "b")],
      changes: [{ action: "update" }],
    },
    {
      name: "is mended when the token's user does not see it",
      bindings: [toGroup("pk-family")],
      changes: [{ action: "update" }],
    },
  ])("$name", ({ bindings, changes }) => {
    expect(proposed({ wishes: [forFamily], found: [tile({ bindings })] }).changes).toMatchObject(
      changes,
    );
  });

  it("says how many people are taken off again that somebody bound to it by hand", () => {
    const found = [
      tile({ bindings: [READER, toGroup("pk-family"), { pk: "b", to: { user: 8 } }] }),
    ];
    const [change] = proposed({ wishes: [forFamily], found }).changes;
    expect(
      change && summariseDiff(change, diffLibraryTile(change, { found: [ADMINS, FAMILY] })),
    ).toBe("people 2 → 1");
  });

  it.each<{ readonly name: string; readonly groups: Lookup<DirectoryGroup> }>([
    { name: "is not known", groups: { found: [ADMINS] } },
    {
      name: "could not be looked up",
      groups: { fault: { code: "CFA-AK-PERMISSION", message: "no", fix: "yes" } },
    },
  ])("is neither made nor changed while a group $name", ({ groups }) => {
    expect(proposed({ wishes: [forFamily], groups })).toEqual(NOTHING);
    expect(proposed({ wishes: [forFamily], groups, found: [tile({ name: "Old" })] })).toEqual(
      NOTHING,
    );
  });
});

const refusal = (message: string): ServiceError =>
  new ServiceError({
    service: "authentik",
    code: "CFA-AK-REFUSED",
    message,
    fix: "look",
    transient: false,
  });
const warning = (more: Partial<Problem>): Problem => ({
  code: "CFA-AK-REFUSED",
  severity: "warning",
  container: undefined,
  label: undefined,
  route: undefined,
  message: "",
  effect: "unchanged",
  fix: "look",
  ...more,
});

describe("what is refused", () => {
  it("is not tried again before the next look, and told with its route", () => {
    expect(proposed({ seen: { failed: new Map([[SLUG, refusal("meta_icon: no")]]) } })).toEqual({
      changes: [],
      problems: [
        warning({
          container: "app",
          route: key(WIKI),
          message: "some tiles in Authentik's library are not up to date: meta_icon: no",
          about: "tile",
        }),
      ],
    });
  });

  it("is told once when several tiles meet the same, and says nothing of a tile that nobody wishes to change", () => {
    const failed = new Map(
      [SLUG, "cfauth-a-example-com-d70a9166", "cfauth-gone-00000000"].map((slug) => [
        slug,
        refusal("no permission"),
      ]),
    );
    expect(
      proposed({ wishes: [exposure(WIKI), exposure("a.example.com")], seen: { failed } }),
    ).toEqual({
      changes: [],
      problems: [
        warning({
          message: "some tiles in Authentik's library are not up to date: no permission",
          about: "tile",
        }),
      ],
    });
  });

  it("holds up no other tile", () => {
    const exposures = [exposure(WIKI), exposure("a.example.com")];
    expect(
      proposed({ wishes: exposures, seen: { failed: new Map([[SLUG, refusal("no")]]) } }).changes,
    ).toMatchObject([{ subject: "a.example.com" }]);
  });

  it("is told of a tile that should go, by what is known of it", () => {
    const { changes, problems } = proposed({
      wishes: [],
      found: [tile()],
      seen: { failed: new Map([[SLUG, refusal("no")]]) },
    });
    expect(changes).toEqual([]);
    expect(problems).toMatchObject([{ container: undefined, route: undefined }]);
  });

  it("of somebody else's slug is told and never touched", () => {
    expect(proposed({ seen: { taken: new Set([SLUG]) } })).toEqual({
      changes: [],
      problems: [
        warning({
          container: "app",
          route: key(WIKI),
          message: `the application ${SLUG} in Authentik is not this cfauth's, so wiki.example.com has no tile in Authentik's library`,
          fix: `delete the application ${SLUG} in Authentik, or leave the route without a tile with the label app.hidden=true`,
        }),
      ],
    });
  });
});

describe("what Authentik made of a wish", () => {
  const settledFor = new Map([
    [SLUG, { desired: { ...content, icon: "fa://fa-book" }, accepted: content }],
  ]);
  const exposures = [exposure(WIKI, { display: { ...plain, icon: "fa://fa-book" } })];

  it("is settled for", () => {
    expect(
      proposed({
        wishes: exposures,
        found: [tile()],
        seen: { acceptedNormalisations: settledFor },
      }),
    ).toEqual(NOTHING);
  });

  it.each<{ readonly name: string; readonly scene: Scene }>([
    {
      name: "the wish changes",
      scene: {
        wishes: [exposure(WIKI, { display: { ...plain, icon: "fa://fa-star" } })],
        found: [tile()],
      },
    },
    {
      name: "somebody changes it",
      scene: { wishes: exposures, found: [tile({ icon: "fa://fa-star" })] },
    },
    {
      name: "something else differs",
      scene: { wishes: exposures, found: [tile({ name: "Old" })] },
    },
  ])("is settled for no more when $name", ({ scene }) => {
    expect(
      proposed({ ...scene, seen: { acceptedNormalisations: settledFor } }).changes,
    ).toMatchObject([{ action: "update" }]);
  });
});

it("where tiles could not be looked at, that alone is told", () => {
  const fault = warning({ message: "no" });
  expect(proposed({ seen: { fault }, found: [tile({ name: "Old" })] })).toEqual({
    changes: [],
    problems: [fault],
  });
});
