import { z } from "zod";
import type { Authentik } from "../../clients/authentik/authentik.ts";
import type { Owner } from "../../core/domain/owner.ts";
import type { RouteKey } from "../../core/domain/route.ts";
import { ServiceError } from "../../core/errors.ts";
import { applyEach, applyInSequence } from "../contract/apply.ts";
import type { ApplyResult, ObservationScope, ResourceDriver } from "../contract/driver.ts";
import { type Mine, markOwned } from "../contract/owned.ts";
import { applicationsOf, searchCount, tileAt } from "./application.ts";
import { allBindings, bindingsOf } from "./binding.ts";
import { slugOf } from "./desired.ts";
import { areTilesUnavailable } from "./propose.ts";
import {
  type LibraryTileChange,
  NO_TILES,
  type ObservedLibraryTiles,
  type Tile,
  type TokenUser,
} from "./types.ts";
import { recordFailure, slugIn, writeTile } from "./write.ts";

export interface LibraryTileDriverOptions {
  readonly authentik: Authentik;
  readonly owner: Owner;
  /** Whether everything is to go: then a look also counts what the token may not see, which costs a call. */
  readonly teardown?: boolean;
}

/** The hands of tiles. */
export interface LibraryTileDriver extends ResourceDriver<ObservedLibraryTiles, LibraryTileChange> {
  /**
   * Asks for the tiles of these routes, and for those that were known before, as far as the list did not show them: it has only what
   * the token's user may open, so one that another user's token made for some groups is not in it. Never throws a ServiceError.
   */
  observeByRoute(
    routes: readonly RouteKey[],
    observed: ObservedLibraryTiles,
    before: ObservedLibraryTiles | undefined,
  ): Promise<ObservedLibraryTiles>;
}

/** Tiles in Authentik's library. Never throws a ServiceError and never fails: nothing waits for a tile. */
export function createLibraryTileDriver(options: LibraryTileDriverOptions): LibraryTileDriver {
  return {
    observeByRoute: async (routes, observed, before) => {
      if (observed.fault !== undefined || observed.me === undefined || observed.me.superuser)
        return observed;
      try {
        return await sought(options, unlisted(options.owner, routes, observed, before), observed);
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        return { ...observed, fault: areTilesUnavailable(error) };
      }
    },
    kind: "tile",
    observe: async (depth, before) => {
      try {
        return await look(options, depth, before);
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        return { ...(before ?? NO_TILES), failed: new Map(), fault: areTilesUnavailable(error) };
      }
    },
    apply: (changes, observed) =>
      applyInSequence(chunks(changes), observed, (chunk, sofar) => apply(options, chunk, sofar)),
  };
}

async function look(
  { authentik, owner, teardown = false }: LibraryTileDriverOptions,
  depth: ObservationScope,
  before: ObservedLibraryTiles | undefined,
): Promise<ObservedLibraryTiles> {
  const known = depth === "routes" ? before : undefined;
  const me = known?.me ?? (await tokenUser(authentik));
  const { mine, taken, listed } = await applicationsOf(authentik, owner, me);
  const hidden =
    teardown && !me.superuser ? Math.max(0, (await searchCount(authentik)) - listed) : 0;
  const bindings = mine.length === 0 ? undefined : await allBindings(authentik);
  return {
    mine: new Map(
      mine.map((tile) => [
        tile.slug,
        markOwned({ ...tile, bindings: bindings?.get(tile.pk) ?? [] }),
      ]),
    ),
    taken,
    absent: known?.absent ?? new Set(),
    hidden,
    fault: undefined,
    failed: new Map(),
    acceptedNormalisations: known?.acceptedNormalisations ?? new Map(),
    me,
  };
}

/** Slugs that a tile of ours may have and that no answer has told of. */
function unlisted(
  owner: Owner,
  routes: readonly RouteKey[],
  observed: ObservedLibraryTiles,
  before: ObservedLibraryTiles | undefined,
): readonly string[] {
  const ofRoutes = routes
    .filter((route) => !route.startsWith("*."))
    .map((route) => slugOf(owner, route));
  const told = (slug: string) =>
    observed.mine.has(slug) || observed.taken.has(slug) || observed.absent.has(slug);
  return [...new Set([...ofRoutes, ...(before?.mine.keys() ?? [])])]
    .filter((slug) => !told(slug))
    .toSorted();
}

async function sought(
  { authentik, owner }: LibraryTileDriverOptions,
  slugs: readonly string[],
  observed: ObservedLibraryTiles,
): Promise<ObservedLibraryTiles> {
  let sofar = observed;
  for (const some of chunks(slugs)) {
    const found = await Promise.all(
      some.map(async (slug) => ({ slug, at: await tileWithBindings({ authentik, owner }, slug) })),
    );
    sofar = found.reduce(withAnswer, sofar);
  }
  return sofar;
}

async function tileWithBindings(
  { authentik, owner }: LibraryTileDriverOptions,
  slug: string,
): Promise<Mine<Tile> | "theirs" | undefined> {
  const at = await tileAt(authentik, owner, slug);
  return at === undefined || at === "theirs"
    ? at
    : markOwned({ ...at, bindings: await bindingsOf(authentik, at) });
}

function withAnswer(
  observed: ObservedLibraryTiles,
  { slug, at }: { readonly slug: string; readonly at: Mine<Tile> | "theirs" | undefined },
): ObservedLibraryTiles {
  if (at === undefined) return { ...observed, absent: new Set([...observed.absent, slug]) };
  const hidden = Math.max(0, observed.hidden - 1);
  return at === "theirs"
    ? { ...observed, hidden, taken: new Set([...observed.taken, slug]) }
    : { ...observed, hidden, mine: new Map([...observed.mine, [slug, at]]) };
}

async function tokenUser(authentik: Authentik): Promise<TokenUser> {
  const answer = z.looseObject({
    user: z.looseObject({ pk: z.number(), is_superuser: z.boolean() }),
  });
  const { user } = await authentik.request("me.get", answer, { path: "/core/users/me/" });
  return { pk: user.pk, superuser: user.is_superuser };
}

/** Of many tiles, few at once: Authentik has people to log in meanwhile. */
const AT_ONCE = 4;

const chunks = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, n) =>
    all.slice(n * AT_ONCE, (n + 1) * AT_ONCE),
  );

/** A change that was refused is neither done nor failed: the loop has nothing to come back for before the next look. */
async function apply(
  drivers: LibraryTileDriverOptions,
  changes: readonly LibraryTileChange[],
  observed: ObservedLibraryTiles,
): Promise<ApplyResult<ObservedLibraryTiles, LibraryTileChange>> {
  const silence = [...observed.failed.values()].find(unheard);
  const applied = await applyEach(changes, observed, async (change) =>
    silence === undefined
      ? writeTile(drivers, change, observed)
      : recordFailure(slugIn(change), silence),
  );
  const { failed, taken } = applied.observed;
  return {
    ...applied,
    applied: applied.applied.filter(
      (change) => !failed.has(slugIn(change)) && !taken.has(slugIn(change)),
    ),
  };
}

/** Where nothing answers, the routes that are opened in the same wave do not wait for one tile after the other. */
const unheard = ({ transient, status }: ServiceError): boolean => transient && status === undefined;
