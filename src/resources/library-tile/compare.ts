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

/** The fields that are to be written, with what they must be; not those where Authentik made something else of the same wish. */
export function changedFields(
  found: TileContent,
  exposure: TileContent,
  settledFor: AcceptedNormalisation | undefined,
): Partial<TileContent> {
  const settled = (field: keyof TileContent) =>
    settledFor?.desired[field] === exposure[field] && settledFor.accepted[field] === found[field];
  const fields = CONTENT.filter((field) => found[field] !== exposure[field] && !settled(field));
  return Object.fromEntries(fields.map((field) => [field, exposure[field]]));
}

/**
 * Who is to be bound and is not yet, in the order in which it must be done: the token's user first. A tile that was bound to
 * groups alone, and then left so by a crash, this token could never find again.
 */
export const missingBindings = (
  { bindings }: Pick<Tile, "bindings">,
  desired: DesiredTile,
): readonly BindingSubject[] =>
  requiredBindings(desired).filter((wanted) => !bindings.some(({ to }) => same(to, wanted)));

/** The bindings that are too many, also the second to one and the same; those to users last, for the same reason. */
export function extraBindings(
  { bindings }: Pick<Tile, "bindings">,
  desired: DesiredTile,
): readonly TileBinding[] {
  const kept = requiredBindings(desired).map((wanted) =>
    bindings.find(({ to }) => same(to, wanted)),
  );
  const others = bindings.filter((binding) => !kept.includes(binding));
  return [...others.filter(({ to }) => "group" in to), ...others.filter(({ to }) => "user" in to)];
}

export const requiredBindings = ({ groups, reader }: DesiredTile): readonly BindingSubject[] => [
  ...(reader === undefined ? [] : [{ user: reader }]),
  ...groups.map((group) => ({ group })),
];

const same = (a: BindingSubject, b: BindingSubject): boolean =>
  "group" in a ? "group" in b && a.group === b.group : "user" in b && a.user === b.user;
