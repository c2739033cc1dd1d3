import type { Authentik } from "../../clients/authentik/authentik.ts";
import type { Owner } from "../../core/domain/owner.ts";
import { ServiceError } from "../../core/errors.ts";
import { ignoreNotFound, type StateUpdate } from "../contract/apply.ts";
import type { Mine } from "../contract/owned.ts";
import { changeTile, createTile, deleteTile, NOWHERE, setIcon } from "./application.ts";
import { bind, bindingsOf, unbind } from "./binding.ts";
import { changedFields, extraBindings, missingBindings, requiredBindings } from "./compare.ts";
import type { DesiredTile, LibraryTileChange, ObservedLibraryTiles, Tile } from "./types.ts";

interface WriteContext {
  readonly authentik: Authentik;
  readonly owner: Owner;
}

export const slugIn = (change: LibraryTileChange): string =>
  change.action === "create" ? change.desired.slug : change.existing.slug;

/** Applies one change. A refusal becomes part of the observed state. */
export async function writeTile(
  context: WriteContext,
  change: LibraryTileChange,
  { acceptedNormalisations }: ObservedLibraryTiles,
): Promise<StateUpdate<ObservedLibraryTiles>> {
  try {
    switch (change.action) {
      case "create":
        return await create(context, change.desired);
      case "update":
        return await updateTile(
          context,
          change.existing,
          change.desired,
          acceptedNormalisations.get(change.existing.slug),
        );
      case "delete":
        await ignoreNotFound(deleteTile(context.authentik, change.existing));
        return removeSlug(change.existing.slug);
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return recordFailure(slugIn(change), error);
  }
}

/**
 * A tile for some people only is created without an address, so that nobody sees it, and gets its
 * address once it is bound: without bindings everyone would see it. A crash in between leaves a
 * tile that differs and is then updated.
 */
async function create(
  { authentik, owner }: WriteContext,
  desired: DesiredTile,
): Promise<StateUpdate<ObservedLibraryTiles>> {
  const bindings = requiredBindings(desired);
  const isForEveryone = bindings.length === 0;
  const created = await createTile(
    authentik,
    owner,
    isForEveryone ? desired : { ...desired, launchUrl: NOWHERE },
  );
  if (created === undefined)
    return (observed) => ({ ...observed, taken: new Set([...observed.taken, desired.slug]) });
  // If it existed already, the planner finds out what it still lacks.
  if (created.found)
    return put({ ...created.tile, bindings: await bindingsOf(authentik, created.tile) });
  const steps: Step[] = bindings.map((to) => (tile) => bind(authentik, tile, to));
  if (!isForEveryone)
    steps.push((tile) => changeTile(authentik, tile, { launchUrl: desired.launchUrl }));
  steps.push((tile) => setIcon(authentik, tile, desired.icon));
  return runSteps(created.tile, desired, steps);
}

/** Adds bindings before it removes any: without bindings everyone would see the tile. */
function updateTile(
  { authentik }: WriteContext,
  existing: Mine<Tile>,
  desired: DesiredTile,
  normalisation: Parameters<typeof changedFields>[2],
): Promise<StateUpdate<ObservedLibraryTiles>> {
  const content = changedFields(existing, desired, normalisation);
  const steps: Step[] = [
    ...missingBindings(existing, desired).map(
      (to) => (tile: Mine<Tile>) => bind(authentik, tile, to),
    ),
    ...extraBindings(existing, desired).map(
      (binding) => (tile: Mine<Tile>) => unbind(authentik, tile, binding),
    ),
  ];
  if (Object.keys(content).length > 0) steps.push((tile) => changeTile(authentik, tile, content));
  if ("icon" in content) steps.push((tile) => setIcon(authentik, tile, desired.icon));
  return runSteps(existing, desired, steps);
}

type Step = (tile: Mine<Tile>) => Promise<Mine<Tile>>;

/** Runs the steps in order. If one is refused, the result of the steps before it is kept. */
async function runSteps(
  tile: Mine<Tile>,
  desired: DesiredTile,
  steps: readonly Step[],
): Promise<StateUpdate<ObservedLibraryTiles>> {
  let current = tile;
  try {
    for (const step of steps) current = await step(current);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return chain(put(current), recordFailure(tile.slug, error));
  }
  return chain(put(current), acceptNormalisation(current, desired));
}

const chain =
  (...updates: readonly StateUpdate<ObservedLibraryTiles>[]): StateUpdate<ObservedLibraryTiles> =>
  (observed) =>
    updates.reduce((state, update) => update(state), observed);

const put =
  (tile: Mine<Tile>): StateUpdate<ObservedLibraryTiles> =>
  (observed) => ({ ...observed, mine: new Map([...observed.mine, [tile.slug, tile]]) });

const removeSlug =
  (gone: string): StateUpdate<ObservedLibraryTiles> =>
  (observed) => ({
    ...observed,
    mine: new Map([...observed.mine].filter(([slug]) => slug !== gone)),
  });

export const recordFailure =
  (slug: string, error: ServiceError): StateUpdate<ObservedLibraryTiles> =>
  (observed) => ({ ...observed, failed: new Map([...observed.failed, [slug, error]]) });

/** After all fields were written, any remaining difference is Authentik's own normalisation. */
function acceptNormalisation(
  accepted: Tile,
  desired: DesiredTile,
): StateUpdate<ObservedLibraryTiles> {
  const isExact = Object.keys(changedFields(accepted, desired, undefined)).length === 0;
  return (observed) => {
    const acceptedNormalisations = new Map(observed.acceptedNormalisations);
    acceptedNormalisations.delete(accepted.slug);
    if (!isExact) acceptedNormalisations.set(accepted.slug, { desired, accepted });
    return { ...observed, acceptedNormalisations };
  };
}
