import type { Lookups } from "../../core/domain/directory.ts";
import { type Diff, diffFields, type Fields, fieldsOf } from "../contract/diff.ts";
import { CONTENT } from "./compare.ts";
import type { LibraryTileChange, TileContent } from "./types.ts";

/** @param groups - gives primary keys of groups their names */
export function diffLibraryTile(change: LibraryTileChange, groups: Lookups["groups"]): Diff {
  const nameOf = (pk: string) =>
    ("found" in groups ? groups.found.find((group) => group.pk === pk)?.name : undefined) ??
    "another group";
  const bound =
    "existing" in change
      ? change.existing.bindings.flatMap(({ to }) => ("group" in to ? [to.group] : [])).toSorted()
      : undefined;
  const before = "existing" in change ? fields(change.existing, bound ?? [], nameOf) : undefined;
  const after =
    "desired" in change ? fields(change.desired, change.desired.groups, nameOf) : undefined;
  const shown = diffFields(before, after);
  if (change.action !== "update" || Object.keys({ ...shown.before, ...shown.after }).length > 0)
    return shown;
  // Bindings to users are shown only if nothing else differs.
  const people = change.existing.bindings.filter(({ to }) => "user" in to).length;
  return diffFields({ people }, { people: change.desired.reader === undefined ? 0 : 1 });
}

const fields = (
  content: TileContent,
  groups: readonly string[],
  nameOf: (pk: string) => string,
): Fields =>
  fieldsOf({
    ...Object.fromEntries(
      CONTENT.map((name) => [name === "launchUrl" ? "address" : name, content[name] || undefined]),
    ),
    for: groups.length === 0 ? "everyone" : groups.map(nameOf),
  });
