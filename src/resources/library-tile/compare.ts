import type {
  AcceptedNormalisation,
  BindingSubject,
  DesiredTile,
  Tile,
  TileBinding,
  TileContent,
} from "./types.ts";

export const CONTENT = [
  "name",
  "launchUrl",
  "icon",
  "description",
  "category",
  "mode",
] as const satisfies readonly (keyof TileContent)[];

/**
 * The fields to write, with their desired values. Leaves out fields that Authentik normalised after
 * an earlier write of the same value.
 */
export function changedFields(
  existing: TileContent,
  desired: TileContent,
  normalisation: AcceptedNormalisation | undefined,
): Partial<TileContent> {
  const isNormalised = (field: keyof TileContent) =>
    normalisation?.desired[field] === desired[field] &&
    normalisation.accepted[field] === existing[field];
  const fields = CONTENT.filter(
    (field) => existing[field] !== desired[field] && !isNormalised(field),
  );
  return Object.fromEntries(fields.map((field) => [field, desired[field]]));
}

/**
 * The bindings to create, in order: the token's user first. If a crash left a tile bound only to
 * groups, this token could never find it again.
 */
export const missingBindings = (
  { bindings }: Pick<Tile, "bindings">,
  desired: DesiredTile,
): readonly BindingSubject[] =>
  requiredBindings(desired).filter(
    (required) => !bindings.some(({ to }) => isSameSubject(to, required)),
  );

/** The bindings to remove, duplicates included; bindings to users last, for the same reason. */
export function extraBindings(
  { bindings }: Pick<Tile, "bindings">,
  desired: DesiredTile,
): readonly TileBinding[] {
  const kept = requiredBindings(desired).map((required) =>
    bindings.find(({ to }) => isSameSubject(to, required)),
  );
  const others = bindings.filter((binding) => !kept.includes(binding));
  return [...others.filter(({ to }) => "group" in to), ...others.filter(({ to }) => "user" in to)];
}

export const requiredBindings = ({ groups, reader }: DesiredTile): readonly BindingSubject[] => [
  ...(reader === undefined ? [] : [{ user: reader }]),
  ...groups.map((group) => ({ group })),
];

const isSameSubject = (a: BindingSubject, b: BindingSubject): boolean =>
  "group" in a ? "group" in b && a.group === b.group : "user" in b && a.user === b.user;
