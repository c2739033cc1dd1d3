import { markOwned } from "../contract/owned.ts";
import { requiredBindings } from "./compare.ts";
import type { LibraryTileChange, ObservedLibraryTiles } from "./types.ts";

/** As it will be seen. @param known - in place of primary keys that nobody knows yet */
export function simulateLibraryTile(seen: ObservedLibraryTiles, change: LibraryTileChange, known: string): ObservedLibraryTiles {
  if (change.action === "delete") return { ...seen, mine: new Map([...seen.mine].filter(([slug]) => slug !== change.at.slug)) };
  const { groups: _, reader: __, route: ___, ...content } = change.wish;
  const pk = change.action === "create" ? known : change.at.pk;
  const bindings = requiredBindings(change.wish).map((to, index) => ({ pk: `${known} ${index}`, to }));
  return { ...seen, mine: new Map([...seen.mine, [content.slug, markOwned({ ...content, pk, bindings })]]) };
}
