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
import { desiredFor, owner } from "../../../support/observed-state.ts";

const WIKI = "wiki.example.com";
const SLUG = "cfauth-wiki-example-com-badcc2b7";
const FAMILY = { pk: "pk-family", name: "family" };
const ADMINS = { pk: "pk-admins", name: "admins" };

const DESIRED: DesiredTile = {
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

const { route: _route, groups: _groups, reader: _reader, ...content } = DESIRED;
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
  /** By default every tile is desired. */
  readonly live?: readonly string[];
  readonly held?: readonly string[];
  readonly found?: readonly Tile[];
  readonly seen?: Partial<ObservedLibraryTiles>;
  readonly groups?: Lookup<DirectoryGroup>;
  readonly on?: boolean;
  readonly superuser?: boolean;
}

function propose({
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
      ...desiredFor(),
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
  desired: DESIRED,
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
      name: "a tile is created once the route is live",
      scene: {},
      gives: { changes: [create], problems: [] },
    },
    {
      name: "a tile is created for a public route too",
      scene: { wishes: [exposure(WIKI, { protection: anybody })] },
      gives: { changes: [create] },
    },
    { name: "no tile is created before the route is live", scene: { live: [] }, gives: NOTHING },
    { name: "no tile is created for a hidden route", scene: { wishes: [hidden] }, gives: NOTHING },
    {
      name: "no tile is created for the login",
      scene: { wishes: [exposure(WIKI, { protection: { kind: "login" } })] },
      gives: NOTHING,
    },
    {
      name: "no tile is created for a wildcard",
      scene: { wishes: [exposure("*.example.com")] },
      gives: NOTHING,
    },
    { name: "no tile is created if tiles are off", scene: { on: false }, gives: NOTHING },
    {
      name: "no tile is created before the token's user is known",
      scene: { seen: { me: undefined } },
      gives: NOTHING,
    },
    {
      name: "a tile is left as it is if nothing differs",
      scene: { found: [tile()] },
      gives: NOTHING,
    },
    {
      name: "a tile stays while the route is being repaired",
      scene: { found: [tile({ name: "Old" })], live: [] },
      gives: NOTHING,
    },
    {
      name: "a tile stays while its container is missing",
      scene: { found: [tile()], wishes: [], held: [WIKI] },
      gives: NOTHING,
    },
    {
      name: "a tile is deleted with the route",
      scene: { found: [tile()], wishes: [] },
      gives: { changes: [remove], problems: [] },
    },
    {
      name: "a tile is deleted if it should be hidden",
      scene: { found: [tile()], wishes: [hidden] },
      gives: { changes: [remove] },
    },
    {
      name: "a tile is deleted if tiles are off",
      scene: { found: [tile()], on: false },
      gives: { changes: [remove] },
    },
    {
      name: "a tile is deleted if tiles are off, even of a frozen route",
      scene: { found: [tile()], wishes: [], held: [WIKI], on: false },
      gives: { changes: [remove] },
    },
    {
      name: "a tile is deleted if the hostname becomes the login's",
      scene: { found: [tile()], wishes: [exposure(WIKI, { protection: { kind: "login" } })] },
      gives: { changes: [remove] },
    },
  ])("$name", ({ scene, gives }) => {
    expect(propose(scene)).toMatchObject(gives);
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
      name: "the path after the label",
      at: "wiki.example.com/admin",
      desired: { name: "Wiki /admin", launchUrl: "https://wiki.example.com/admin" },
    },
    {
      name: "letters as people write them",
      at: "xn--bcher-kva.example.com",
      desired: { name: "Bücher", launchUrl: "https://xn--bcher-kva.example.com" },
    },
    {
      name: "the text of the labels instead",
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
  ])("a tile shows $name", ({ at, more, desired }) => {
    expect(propose({ wishes: [exposure(at, more)] }).changes).toMatchObject([
      { action: "create", desired },
    ]);
  });

  it("a tile's slug has at most 50 characters and is unique per owner and route", () => {
    const at = "a-very-long-name-of-a-service.deep.example.com/a/long/path";
    expect(propose({ wishes: [exposure(at)] }).changes).toMatchObject([
      { desired: { slug: "cfauth-a-very-long-name-of-a-service-deep-9c79200d" } },
    ]);
  });

  it.each<{ readonly name: string; readonly found: Partial<Tile> }>([
    { name: "name", found: { name: "Old" } },
    {
      name: "address, as after a crash before it was shown",
      found: { launchUrl: "blank://blank" },
    },
    { name: "icon", found: { icon: "fa://fa-book" } },
    { name: "description", found: { description: "Old" } },
    { name: "category", found: { category: "Old" } },
    { name: "policy engine mode", found: { mode: "all" } },
    { name: "bindings", found: { bindings: [toGroup("pk-family")] } },
  ])("a tile is updated if it has another $name", ({ found }) => {
    expect(propose({ found: [tile(found)] })).toEqual({
      changes: [
        {
          kind: "tile",
          action: "update",
          key: `tile ${SLUG}`,
          subject: WIKI,
          existing: tile(found),
          desired: DESIRED,
        },
      ],
      problems: [],
    });
  });

  it("tiles are in the same order whatever the order of the exposures", () => {
    const all = ["b.example.com", "a.example.com", "c.example.com"].map((at) => exposure(at));
    expect(propose({ wishes: all }).changes).toEqual(propose({ wishes: all.toReversed() }).changes);
  });
});

describe("the tile of a route for groups", () => {
  it("a tile is for the groups and the token's user, who could not find it again otherwise", () => {
    const exposures = [exposure(WIKI, { protection: only({ groups: ["admins", "family"] }) })];
    expect(propose({ wishes: exposures }).changes).toMatchObject([
      { desired: { groups: ["pk-admins", "pk-family"], reader: 7 } },
    ]);
  });

  it("a tile is for every group of that name: before 2025.12 each parent may have one, and Cloudflare admits the members of all", () => {
    const another = { pk: "pk-another", name: "family" };
    const groups = { found: [FAMILY, ADMINS, another] };
    expect(propose({ wishes: [forFamily], groups }).changes).toMatchObject([
      { desired: { groups: ["pk-another", "pk-family"] } },
    ]);
  });

  it("a tile is for the groups alone if the token's user is a superuser, who finds every tile", () => {
    expect(propose({ wishes: [forFamily], superuser: true }).changes).toMatchObject([
      { desired: { groups: ["pk-family"], reader: undefined } },
    ]);
  });

  it.each<{
    readonly name: string;
    readonly bindings: Tile["bindings"];
    readonly changes: readonly object[];
  }>([
    {
      name: "a tile is left as it is if it is bound to the groups",
      bindings: [READER, toGroup("pk-family")],
      changes: [],
    },
    {
      name: "a tile is left as it is whatever the order of its bindings",
      bindings: [toGroup("pk-family"), READER],
      changes: [],
    },
    {
      name: "a tile is updated if everyone sees it",
      bindings: [],
      changes: [{ action: "update" }],
    },
    {
      name: "a tile is updated if others see it",
      bindings: [READER, toGroup("pk-admins")],
      changes: [{ action: "update" }],
    },
    {
      name: "a tile is updated if one more group sees it",
      bindings: [READER, toGroup("pk-family"), { pk: "b", to: { user: 8 } }],
      changes: [{ action: "update" }],
    },
    {
      name: "a tile is updated if a binding exists twice",
      bindings: [READER, toGroup("pk-family"), toGroup("pk-family", "b")],
      changes: [{ action: "update" }],
    },
    {
      name: "a tile is updated if the token's user does not see it",
      bindings: [toGroup("pk-family")],
      changes: [{ action: "update" }],
    },
  ])("$name", ({ bindings, changes }) => {
    expect(propose({ wishes: [forFamily], found: [tile({ bindings })] }).changes).toMatchObject(
      changes,
    );
  });

  it("a tile's diff shows how many people lose a binding that somebody added by hand", () => {
    const found = [
      tile({ bindings: [READER, toGroup("pk-family"), { pk: "b", to: { user: 8 } }] }),
    ];
    const [change] = propose({ wishes: [forFamily], found }).changes;
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
  ])("a tile is neither created nor changed while a group $name", ({ groups }) => {
    expect(propose({ wishes: [forFamily], groups })).toEqual(NOTHING);
    expect(propose({ wishes: [forFamily], groups, found: [tile({ name: "Old" })] })).toEqual(
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

describe("refused tile changes", () => {
  it("a refused tile is not tried again before the next observation, and is reported with its route", () => {
    expect(propose({ seen: { failed: new Map([[SLUG, refusal("meta_icon: no")]]) } })).toEqual({
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

  it("the same refusal of several tiles is reported once, and only for tiles that should change", () => {
    const failed = new Map(
      [SLUG, "cfauth-a-example-com-d70a9166", "cfauth-gone-00000000"].map((slug) => [
        slug,
        refusal("no permission"),
      ]),
    );
    expect(
      propose({ wishes: [exposure(WIKI), exposure("a.example.com")], seen: { failed } }),
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

  it("a refused tile delays no other tile", () => {
    const exposures = [exposure(WIKI), exposure("a.example.com")];
    expect(
      propose({ wishes: exposures, seen: { failed: new Map([[SLUG, refusal("no")]]) } }).changes,
    ).toMatchObject([{ subject: "a.example.com" }]);
  });

  it("a refused deletion of a tile is reported with what is known of it", () => {
    const { changes, problems } = propose({
      wishes: [],
      found: [tile()],
      seen: { failed: new Map([[SLUG, refusal("no")]]) },
    });
    expect(changes).toEqual([]);
    expect(problems).toMatchObject([{ container: undefined, route: undefined }]);
  });

  it("a slug of another owner is reported and never touched", () => {
    expect(propose({ seen: { taken: new Set([SLUG]) } })).toEqual({
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

describe("a value that Authentik normalised", () => {
  const settledFor = new Map([
    [SLUG, { desired: { ...content, icon: "fa://fa-book" }, accepted: content }],
  ]);
  const exposures = [exposure(WIKI, { display: { ...plain, icon: "fa://fa-book" } })];

  it("a value that Authentik normalised is accepted", () => {
    expect(
      propose({
        wishes: exposures,
        found: [tile()],
        seen: { acceptedNormalisations: settledFor },
      }),
    ).toEqual(NOTHING);
  });

  it.each<{ readonly name: string; readonly scene: Scene }>([
    {
      name: "the desired value changes",
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
  ])("a normalised value is no longer accepted when $name", ({ scene }) => {
    expect(
      propose({ ...scene, seen: { acceptedNormalisations: settledFor } }).changes,
    ).toMatchObject([{ action: "update" }]);
  });
});

it("only the failed observation is reported if tiles could not be observed", () => {
  const fault = warning({ message: "no" });
  expect(propose({ seen: { fault }, found: [tile({ name: "Old" })] })).toEqual({
    changes: [],
    problems: [fault],
  });
});
