import { z } from "zod";
import type { Authentik } from "../../clients/authentik/authentik.ts";
import { ignoreNotFound } from "../contract/apply.ts";
import type { Mine } from "../contract/owned.ts";
import type { BindingSubject, Tile, TileBinding } from "./types.ts";

const PATH = "/policies/bindings/";

const BindingAnswer = z.looseObject({
  pk: z.string(),
  target: z.string(),
  policy: z.string().nullish(),
  group: z.string().nullish(),
  user: z.number().nullish(),
  negate: z.boolean().nullish(),
  enabled: z.boolean().nullish(),
});
type BindingAnswer = z.infer<typeof BindingAnswer>;

/** All plain bindings by their target, in one list, to avoid one call per tile. */
export async function allBindings(
  authentik: Authentik,
): Promise<ReadonlyMap<string, readonly TileBinding[]>> {
  const all = await authentik.list("bindings.list", BindingAnswer, {
    path: PATH,
    query: { ordering: "pk" },
  });
  return byTarget(all);
}

/** The bindings of one tile that no observation has listed. */
export async function bindingsOf(
  authentik: Authentik,
  tile: Mine<Tile>,
): Promise<readonly TileBinding[]> {
  const all = await authentik.list("bindings.list", BindingAnswer, {
    path: PATH,
    query: { target: tile.pk, ordering: "pk" },
  });
  return byTarget(all).get(tile.pk) ?? [];
}

function byTarget(all: readonly BindingAnswer[]): ReadonlyMap<string, readonly TileBinding[]> {
  const plain = all.flatMap((answer) => plainBinding(answer) ?? []);
  return new Map(
    [...Map.groupBy(plain, ({ target }) => target)].map(([target, group]) => [
      target,
      sortBindings(group.map(({ binding }) => binding)),
    ]),
  );
}

const sortBindings = (bindings: readonly TileBinding[]): readonly TileBinding[] =>
  bindings.toSorted((a, b) => (a.pk < b.pk ? -1 : 1));

/** Undefined for a policy, a negated or a disabled binding: someone else made it. */
function plainBinding(
  answer: BindingAnswer,
): { readonly target: string; readonly binding: TileBinding } | undefined {
  const { pk, target, policy, group, user, negate, enabled } = answer;
  if (policy || negate === true || enabled === false) return undefined;
  if (group) return { target, binding: { pk, to: { group } } };
  return typeof user === "number" ? { target, binding: { pk, to: { user } } } : undefined;
}

/** Check for an existing binding first: Authentik does not refuse a duplicate. */
export async function bind(
  authentik: Authentik,
  tile: Mine<Tile>,
  to: BindingSubject,
): Promise<Mine<Tile>> {
  const request = {
    method: "POST",
    path: PATH,
    body: { target: tile.pk, order: 0, ...to },
  } as const;
  const { pk } = await authentik.request(
    "bindings.create",
    z.looseObject({ pk: z.string() }),
    request,
  );
  return { ...tile, bindings: sortBindings([...tile.bindings, { pk, to }]) };
}

export async function unbind(
  authentik: Authentik,
  tile: Mine<Tile>,
  { pk }: TileBinding,
): Promise<Mine<Tile>> {
  await ignoreNotFound(
    authentik.request("bindings.delete", z.unknown(), { method: "DELETE", path: `${PATH}${pk}/` }),
  );
  return { ...tile, bindings: tile.bindings.filter((binding) => binding.pk !== pk) };
}
