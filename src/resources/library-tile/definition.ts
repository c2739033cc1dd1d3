import { type ResourceDefinition, removable, simulateEach } from "../contract/definition.ts";
import { formatValue } from "../contract/format-value.ts";
import type { ObservedLookups } from "../contract/lookups.ts";
import { diffLibraryTile } from "./diff.ts";
import { simulateLibraryTile } from "./simulate.ts";
import type { LibraryTileChange, ObservedLibraryTiles } from "./types.ts";

interface Needs {
  readonly tile: ObservedLibraryTiles;
  readonly lookups: Pick<ObservedLookups, "groups">;
}

export const libraryTile: ResourceDefinition<ObservedLibraryTiles, LibraryTileChange, Needs> = {
  kind: "tile",
  service: () => "authentik",
  actions: ["create", "update", "delete"],
  perRoute: true,
  batched: false,
  label: () => "tile",
  summarise: (_change, after) => `${formatValue(after["name"])}, for ${formatValue(after["for"])}`,
  diff: (change, { lookups }) => diffLibraryTile(change, lookups.groups),
  simulate: simulateEach(simulateLibraryTile),
  countForeign: ({ tile }) => tile.taken.size,
  listOwned: ({ tile }) => [
    ...[...tile.mine.values()].map(({ name }) => removable(`tile ${name}`)),
    ...(tile.fault === undefined
      ? []
      : [{ what: "tiles, if there are any", why: tile.fault.message }]),
  ],
};
