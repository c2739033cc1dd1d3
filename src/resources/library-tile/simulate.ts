import { markOwned } from "../contract/owned.ts";
import { requiredBindings } from "./compare.ts";
import type { LibraryTileChange, ObservedLibraryTiles } from "./types.ts";

/**
 * What will be observed after the change.
 *
 * @param known - stands in for primary keys that are not known yet
 */
export function simulateLibraryTile(
  observed: ObservedLibraryTiles,
  change: LibraryTileChange,
  known: string,
): ObservedLibraryTiles {
  if (change.action === "delete")
    return {
      ...observed,
      mine: new Map([...observed.mine].filter(([slug]) => slug !== change.existing.slug)),
    };
  const { groups: _, reader: __, route: ___, ...content } = change.desired;
  const pk = change.action === "create" ? known : change.existing.pk;
  const bindings = requiredBindings(change.desired).map((to, index) => ({
    pk: `${known} ${index}`,
    to,
  }));
  return {
    ...observed,
    mine: new Map([...observed.mine, [content.slug, markOwned({ ...content, pk, bindings })]]),
  };
}
