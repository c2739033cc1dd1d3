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

export const slugIn = (change: LibraryTileChange): string =>
  change.action === "create" ? change.desired.slug : change.existing.slug;

/** Carries one change out; what is refused is part of what is seen from then on. */
export async function writeTile(
  drivers: Hands,
  change: LibraryTileChange,
  { acceptedNormalisations }: ObservedLibraryTiles,
): Promise<StateUpdate<ObservedLibraryTiles>> {
  try {
    switch (change.action) {
      case "create":
        return await create(drivers, change.desired);
      case "update":
        return await mend(
          drivers,
          change.existing,
          change.desired,
          acceptedNormalisations.get(change.existing.slug),
        );
      case "delete":
        await ignoreNotFound(deleteTile(drivers.authentik, change.existing));
        return without(change.existing.slug);
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
async function create(
  { authentik, owner }: Hands,
  desired: DesiredTile,
): Promise<StateUpdate<ObservedLibraryTiles>> {
  const wanted = requiredBindings(desired);
  const made = await createTile(
    authentik,
    owner,
    wanted.length === 0 ? desired : { ...desired, launchUrl: NOWHERE },
  );
  if (made === undefined)
    return (observed) => ({ ...observed, taken: new Set([...observed.taken, desired.slug]) });
  // What it still lacks the planner finds out.
  if (made.found) return put({ ...made.tile, bindings: await bindingsOf(authentik, made.tile) });
  return follow(made.tile, desired, [
    ...wanted.map((to) => (tile: Mine<Tile>) => bind(authentik, tile, to)),
    ...(wanted.length === 0
      ? []
      : [(tile: Mine<Tile>) => changeTile(authentik, tile, { launchUrl: desired.launchUrl })]),
    (tile) => setIcon(authentik, tile, desired.icon),
  ]);
}

/** First those who are to see it, then those who are not: without any binding it would be everybody's. */
function mend(
  { authentik }: Hands,
  at: Mine<Tile>,
  desired: DesiredTile,
  settled: Parameters<typeof changedFields>[2],
): Promise<StateUpdate<ObservedLibraryTiles>> {
  const content = changedFields(at, desired, settled);
  return follow(at, desired, [
    ...missingBindings(at, desired).map((to) => (tile: Mine<Tile>) => bind(authentik, tile, to)),
    ...extraBindings(at, desired).map(
      (binding) => (tile: Mine<Tile>) => unbind(authentik, tile, binding),
    ),
    ...(Object.keys(content).length === 0
      ? []
      : [(tile: Mine<Tile>) => changeTile(authentik, tile, content)]),
    ...("icon" in content ? [(tile: Mine<Tile>) => setIcon(authentik, tile, desired.icon)] : []),
  ]);
}

type Step = (tile: Mine<Tile>) => Promise<Mine<Tile>>;

/** One step after the other; what was reached before one is refused is seen all the same. */
async function follow(
  tile: Mine<Tile>,
  desired: DesiredTile,
  steps: readonly Step[],
): Promise<StateUpdate<ObservedLibraryTiles>> {
  let reached = tile;
  try {
    for (const step of steps) reached = await step(reached);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return inOrder(put(reached), recordFailure(tile.slug, error));
  }
  return inOrder(put(reached), settle(reached, desired));
}

const inOrder =
  (...folds: readonly StateUpdate<ObservedLibraryTiles>[]): StateUpdate<ObservedLibraryTiles> =>
  (observed) =>
    folds.reduce((sofar, fold) => fold(sofar), observed);

const put =
  (tile: Mine<Tile>): StateUpdate<ObservedLibraryTiles> =>
  (observed) => ({ ...observed, mine: new Map([...observed.mine, [tile.slug, tile]]) });

const without =
  (gone: string): StateUpdate<ObservedLibraryTiles> =>
  (observed) => ({
    ...observed,
    mine: new Map([...observed.mine].filter(([slug]) => slug !== gone)),
  });

export const recordFailure =
  (slug: string, error: ServiceError): StateUpdate<ObservedLibraryTiles> =>
  (observed) => ({ ...observed, failed: new Map([...observed.failed, [slug, error]]) });

/** Everything was written; what differs all the same is what Authentik made of it. */
function settle(got: Tile, wished: DesiredTile): StateUpdate<ObservedLibraryTiles> {
  const others = (observed: ObservedLibraryTiles) =>
    [...observed.acceptedNormalisations].filter(([slug]) => slug !== got.slug);
  const exact = Object.keys(changedFields(got, wished, undefined)).length === 0;
  return (observed) => ({
    ...observed,
    acceptedNormalisations: new Map([
      ...others(observed),
      ...(exact ? [] : [[got.slug, { desired: wished, accepted: got }] as const]),
    ]),
  });
}
