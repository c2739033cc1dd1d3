import { claim } from "../mine.ts";
import { bound } from "./alike.ts";
import type { TileChange, TileSeen } from "./seen.ts";

/** As it will be seen. @param known - in place of primary keys that nobody knows yet */
export function tileAfter(seen: TileSeen, change: TileChange, known: string): TileSeen {
  if (change.action === "delete") return { ...seen, mine: new Map([...seen.mine].filter(([slug]) => slug !== change.at.slug)) };
  const { groups: _, reader: __, route: ___, ...content } = change.wish;
  const pk = change.action === "create" ? known : change.at.pk;
  const bindings = bound(change.wish).map((to, index) => ({ pk: `${known} ${index}`, to }));
  return { ...seen, mine: new Map([...seen.mine, [content.slug, claim({ ...content, pk, bindings })]]) };
}
