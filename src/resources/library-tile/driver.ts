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
  /**
   * For `cfauth destroy`: also counts the applications that the token may not see, which costs a
   * call.
   */
  readonly teardown?: boolean;
}

export interface LibraryTileDriver extends ResourceDriver<ObservedLibraryTiles, LibraryTileChange> {
  /**
   * Looks up the tiles of these routes, and previously known tiles, one by one if the list did not
   * contain them. The list has only what the token's user may open, so a tile that another user's
   * token created for some groups is missing. Never throws a ServiceError.
   */
  observeByRoute(
    routes: readonly RouteKey[],
    observed: ObservedLibraryTiles,
    before: ObservedLibraryTiles | undefined,
  ): Promise<ObservedLibraryTiles>;
}

/**
 * Observes and writes tiles in Authentik's library. Never throws a ServiceError and never fails,
 * because nothing waits for a tile.
 */
export function createLibraryTileDriver(options: LibraryTileDriverOptions): LibraryTileDriver {
  return {
    observeByRoute: async (routes, observed, before) => {
      if (observed.fault !== undefined || observed.me === undefined || observed.me.superuser)
        return observed;
      try {
        const slugs = unlistedSlugs({ owner: options.owner, routes, observed, before });
        return await lookUpTiles(options, slugs, observed);
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        return { ...observed, fault: areTilesUnavailable(error) };
      }
    },
    kind: "tile",
    observe: async (scope, before) => {
      try {
        return await listTiles(options, scope, before);
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        return { ...(before ?? NO_TILES), failed: new Map(), fault: areTilesUnavailable(error) };
      }
    },
    apply: (changes, observed) =>
      applyInSequence(chunks(changes), observed, (chunk, state) => apply(options, chunk, state)),
  };
}

async function listTiles(
  { authentik, owner, teardown = false }: LibraryTileDriverOptions,
  scope: ObservationScope,
  before: ObservedLibraryTiles | undefined,
): Promise<ObservedLibraryTiles> {
  const known = scope === "routes" ? before : undefined;
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

/** Slugs that a tile of ours may have and that are still unknown. */
function unlistedSlugs({
  owner,
  routes,
  observed,
  before,
}: {
  readonly owner: Owner;
  readonly routes: readonly RouteKey[];
  readonly observed: ObservedLibraryTiles;
  readonly before: ObservedLibraryTiles | undefined;
}): readonly string[] {
  const ofRoutes = routes
    .filter((route) => !route.startsWith("*."))
    .map((route) => slugOf(owner, route));
  const isKnown = (slug: string) =>
    observed.mine.has(slug) || observed.taken.has(slug) || observed.absent.has(slug);
  return [...new Set([...ofRoutes, ...(before?.mine.keys() ?? [])])]
    .filter((slug) => !isKnown(slug))
    .toSorted();
}

async function lookUpTiles(
  { authentik, owner }: LibraryTileDriverOptions,
  slugs: readonly string[],
  observed: ObservedLibraryTiles,
): Promise<ObservedLibraryTiles> {
  let state = observed;
  for (const chunk of chunks(slugs)) {
    const answers = await Promise.all(
      chunk.map(async (slug) => ({
        slug,
        tile: await tileWithBindings({ authentik, owner }, slug),
      })),
    );
    state = answers.reduce(addAnswer, state);
  }
  return state;
}

async function tileWithBindings(
  { authentik, owner }: LibraryTileDriverOptions,
  slug: string,
): Promise<Mine<Tile> | "theirs" | undefined> {
  const tile = await tileAt(authentik, owner, slug);
  return tile === undefined || tile === "theirs"
    ? tile
    : markOwned({ ...tile, bindings: await bindingsOf(authentik, tile) });
}

function addAnswer(
  observed: ObservedLibraryTiles,
  { slug, tile }: { readonly slug: string; readonly tile: Mine<Tile> | "theirs" | undefined },
): ObservedLibraryTiles {
  if (tile === undefined) return { ...observed, absent: new Set([...observed.absent, slug]) };
  const hidden = Math.max(0, observed.hidden - 1);
  return tile === "theirs"
    ? { ...observed, hidden, taken: new Set([...observed.taken, slug]) }
    : { ...observed, hidden, mine: new Map([...observed.mine, [slug, tile]]) };
}

async function tokenUser(authentik: Authentik): Promise<TokenUser> {
  const answer = z.looseObject({
    user: z.looseObject({ pk: z.number(), is_superuser: z.boolean() }),
  });
  const { user } = await authentik.request("me.get", answer, { path: "/core/users/me/" });
  return { pk: user.pk, superuser: user.is_superuser };
}

/** Tiles written or looked up at once: few, because Authentik also has to serve people's logins. */
const CONCURRENCY = 4;

const chunks = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / CONCURRENCY) }, (_, n) =>
    all.slice(n * CONCURRENCY, (n + 1) * CONCURRENCY),
  );

/**
 * A refused change counts neither as applied nor as failed: there is nothing to retry before the
 * next observation.
 */
async function apply(
  options: LibraryTileDriverOptions,
  changes: readonly LibraryTileChange[],
  observed: ObservedLibraryTiles,
): Promise<ApplyResult<ObservedLibraryTiles, LibraryTileChange>> {
  const unreachable = [...observed.failed.values()].find(isUnreachable);
  const applied = await applyEach(changes, observed, async (change) =>
    unreachable === undefined
      ? writeTile(options, change, observed)
      : recordFailure(slugIn(change), unreachable),
  );
  const { failed, taken } = applied.observed;
  return {
    ...applied,
    applied: applied.applied.filter(
      (change) => !failed.has(slugIn(change)) && !taken.has(slugIn(change)),
    ),
  };
}

/**
 * Whether Authentik did not answer at all. The remaining tiles are then skipped, so that routes of
 * the same wave do not wait for each of them.
 */
const isUnreachable = ({ transient, status }: ServiceError): boolean =>
  transient && status === undefined;
