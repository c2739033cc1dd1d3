import type { Authentik } from "../../clients/authentik/authentik.ts";
import type { Owner } from "../../core/domain/owner.ts";
import { ServiceError } from "../../core/errors.ts";
import { ignoreNotFound, type StateUpdate } from "../contract/apply.ts";
import type { Mine } from "../contract/owned.ts";
import { changeTile, createTile, deleteTile, NOWHERE, setIcon } from "./application.ts";
import { bind, bindingsOf, unbind } from "./binding.ts";
import { changedFields, extraBindings, missingBindings, requiredBindings } from "./compare.ts";
import type { DesiredTile, LibraryTileChange, ObservedLibraryTiles, Tile } from "./types.ts";

interface Hands {
  readonly authentik: Authentik;
  readonly owner: Owner;
}

export const slugIn = (change: LibraryTileChange): string => (change.action === "create" ? change.wish.slug : change.at.slug);

/** Carries one change out; what is refused is part of what is seen from then on. */
export async function writeTile(
  hands: Hands,
  change: LibraryTileChange,
  { settledFor }: ObservedLibraryTiles,
): Promise<StateUpdate<ObservedLibraryTiles>> {
  try {
    switch (change.action) {
      case "create":
        return await create(hands, change.wish);
      case "update":
        return await mend(hands, change.at, change.wish, settledFor.get(change.at.slug));
      case "delete":
        await ignoreNotFound(deleteTile(hands.authentik, change.at));
        return without(change.at.slug);
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return recordFailure(slugIn(change), error);
  }
}

/**
 * One that is for some only is made without an address, which shows it to nobody, and gets its own when it is bound: for as long
 * as it has no bindings it would be everybody's. Whoever dies in between leaves one that differs, and so is mended.
 */
async function create({ authentik, owner }: Hands, wish: DesiredTile): Promise<StateUpdate<ObservedLibraryTiles>> {
  const wanted = requiredBindings(wish);
  const made = await createTile(authentik, owner, wanted.length === 0 ? wish : { ...wish, launchUrl: NOWHERE });
  if (made === undefined) return (seen) => ({ ...seen, taken: new Set([...seen.taken, wish.slug]) });
  // What it still lacks the planner finds out.
  if (made.found) return put({ ...made.tile, bindings: await bindingsOf(authentik, made.tile) });
  return follow(made.tile, wish, [
    ...wanted.map((to) => (tile: Mine<Tile>) => bind(authentik, tile, to)),
    ...(wanted.length === 0 ? [] : [(tile: Mine<Tile>) => changeTile(authentik, tile, { launchUrl: wish.launchUrl })]),
    (tile) => setIcon(authentik, tile, wish.icon),
  ]);
}

/** First those who are to see it, then those who are not: without any binding it would be everybody's. */
function mend(
  { authentik }: Hands,
  at: Mine<Tile>,
  wish: DesiredTile,
  settled: Parameters<typeof changedFields>[2],
): Promise<StateUpdate<ObservedLibraryTiles>> {
  const content = changedFields(at, wish, settled);
  return follow(at, wish, [
    ...missingBindings(at, wish).map((to) => (tile: Mine<Tile>) => bind(authentik, tile, to)),
    ...extraBindings(at, wish).map((binding) => (tile: Mine<Tile>) => unbind(authentik, tile, binding)),
    ...(Object.keys(content).length === 0 ? [] : [(tile: Mine<Tile>) => changeTile(authentik, tile, content)]),
    ...("icon" in content ? [(tile: Mine<Tile>) => setIcon(authentik, tile, wish.icon)] : []),
  ]);
}

type Step = (tile: Mine<Tile>) => Promise<Mine<Tile>>;

/** One step after the other; what was reached before one is refused is seen all the same. */
async function follow(tile: Mine<Tile>, wish: DesiredTile, steps: readonly Step[]): Promise<StateUpdate<ObservedLibraryTiles>> {
  let reached = tile;
  try {
    for (const step of steps) reached = await step(reached);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return inOrder(put(reached), recordFailure(tile.slug, error));
  }
  return inOrder(put(reached), settle(reached, wish));
}

const inOrder =
  (...folds: readonly StateUpdate<ObservedLibraryTiles>[]): StateUpdate<ObservedLibraryTiles> =>
  (seen) =>
    folds.reduce((sofar, fold) => fold(sofar), seen);

const put =
  (tile: Mine<Tile>): StateUpdate<ObservedLibraryTiles> =>
  (seen) => ({ ...seen, mine: new Map([...seen.mine, [tile.slug, tile]]) });

const without =
  (gone: string): StateUpdate<ObservedLibraryTiles> =>
  (seen) => ({ ...seen, mine: new Map([...seen.mine].filter(([slug]) => slug !== gone)) });

export const recordFailure =
  (slug: string, error: ServiceError): StateUpdate<ObservedLibraryTiles> =>
  (seen) => ({ ...seen, failed: new Map([...seen.failed, [slug, error]]) });

/** Everything was written; what differs all the same is what Authentik made of it. */
function settle(got: Tile, wished: DesiredTile): StateUpdate<ObservedLibraryTiles> {
  const others = (seen: ObservedLibraryTiles) => [...seen.settledFor].filter(([slug]) => slug !== got.slug);
  const exact = Object.keys(changedFields(got, wished, undefined)).length === 0;
  return (seen) => ({ ...seen, settledFor: new Map([...others(seen), ...(exact ? [] : [[got.slug, { wished, got }] as const])]) });
}
