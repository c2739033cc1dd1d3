import { z } from "zod";
import type { Authentik } from "../../clients/authentik/authentik.ts";
import { isNotFound } from "../../clients/not-found.ts";
import type { Owner } from "../../core/domain/owner.ts";
import { ServiceError } from "../../core/errors.ts";
import { type Mine, markOwned } from "../contract/owned.ts";
import { CONTENT } from "./compare.ts";
import { publisher, SLUG_PREFIX } from "./desired.ts";
import type { DesiredTile, Tile, TileBinding, TileContent, TokenUser } from "./types.ts";

const PATH = "/core/applications/";
const at = (slug: string) => `${PATH}${slug}/`;

const ApplicationAnswer = z.looseObject({
  pk: z.string(),
  slug: z.string(),
  name: z.string(),
  meta_launch_url: z.string().nullish(),
  meta_icon: z.string().nullish(),
  meta_description: z.string().nullish(),
  meta_publisher: z.string().nullish(),
  group: z.string().nullish(),
  policy_engine_mode: z.string().nullish(),
});
type ApplicationAnswer = z.infer<typeof ApplicationAnswer>;

/** An address that keeps a tile out of the library, in every version. */
export const NOWHERE = "blank://blank";

/**
 * Every application whose slug begins as ours do, and those of them that are this owner's.
 *
 * The list has only what the caller may open and comes out of a cache that ignores filters (goauthentik#17064, checked
 * 2026-11). A superuser can ask for all there is; for others a search goes past the cache, and every tile that they made is bound
 * to them. One that another token made is not in it: see `tileAt`. A search is one plain word: newer versions read more into others.
 */
export async function applicationsOf(
  authentik: Authentik,
  owner: Owner,
  { superuser }: TokenUser,
): Promise<Found> {
  const query = superuser ? { superuser_full_list: true } : SEARCH;
  const all = await authentik.list("tiles.list", ApplicationAnswer, {
    path: PATH,
    query: { ...query, ordering: "slug" },
  });
  const alike = all.filter(({ slug }) => slug.startsWith(SLUG_PREFIX));
  const ours = (answer: ApplicationAnswer) => answer.meta_publisher === publisher(owner);
  return {
    mine: alike.filter(ours).map((answer) => markOwned(tileFrom(answer))),
    taken: new Set(alike.filter((answer) => !ours(answer)).map(({ slug }) => slug)),
    listed: all.length,
  };
}

const SEARCH = { search: "cfauth" };

interface Found {
  readonly mine: readonly Mine<Tile>[];
  readonly taken: ReadonlySet<string>;
  readonly listed: number;
}

const CountAnswer = z.looseObject({ pagination: z.looseObject({ count: z.number().nullish() }) });

/** How many applications the search finds, those included that the caller may not open: the list leaves these out of its results only. */
export async function searchCount(authentik: Authentik): Promise<number> {
  const request = { path: PATH, query: { ...SEARCH, page: 1, page_size: 1 } };
  return (await authentik.request("tiles.list", CountAnswer, request)).pagination.count ?? 0;
}

/** The application with that slug, whether or not the caller may open it; `theirs` where it is not this owner's. */
export async function tileAt(
  authentik: Authentik,
  owner: Owner,
  slug: string,
): Promise<Mine<Tile> | "theirs" | undefined> {
  const there = await applicationAt(authentik, slug);
  if (there === undefined) return undefined;
  return there.meta_publisher === publisher(owner) ? markOwned(tileFrom(there)) : "theirs";
}

/** The tile that was made, or that is there already: the answer to an earlier try may have been lost. Undefined where it is somebody else's. */
export async function createTile(
  authentik: Authentik,
  owner: Owner,
  { slug, ...content }: Pick<DesiredTile, "slug"> & TileContent,
): Promise<{ readonly tile: Mine<Tile>; readonly found: boolean } | undefined> {
  const body = { slug, ...bodyOf(content), meta_publisher: publisher(owner) };
  try {
    const answer = await authentik.request("tiles.create", ApplicationAnswer, {
      method: "POST",
      path: PATH,
      body,
    });
    return { tile: markOwned(tileFrom(answer)), found: false };
  } catch (error) {
    const there = slugRefused(error) ? await applicationAt(authentik, slug) : undefined;
    if (there === undefined) throw error;
    return there.meta_publisher === publisher(owner)
      ? { tile: markOwned(tileFrom(there)), found: true }
      : undefined;
  }
}

const slugRefused = (error: unknown): boolean =>
  error instanceof ServiceError && error.status === 400 && error.vendor.includes("slug");

async function applicationAt(
  authentik: Authentik,
  slug: string,
): Promise<ApplicationAnswer | undefined> {
  try {
    return await authentik.request("applications.get", ApplicationAnswer, { path: at(slug) });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export async function changeTile(
  authentik: Authentik,
  tile: Mine<Tile>,
  content: Partial<TileContent>,
): Promise<Mine<Tile>> {
  const request = { method: "PATCH", path: at(tile.slug), body: bodyOf(content) } as const;
  return markOwned(
    tileFrom(await authentik.request("tiles.update", ApplicationAnswer, request), tile.bindings),
  );
}

/**
 * Up to 2025.10 the icon's field takes nothing and it has an address of its own, which is gone from 2025.12 on: then what
 * Authentik made of the field is what there is. What was set is read again, for the answer says nothing.
 */
export async function setIcon(
  authentik: Authentik,
  tile: Mine<Tile>,
  url: string,
): Promise<Mine<Tile>> {
  if (tile.icon === url) return tile;
  try {
    await authentik.request("tiles.update", z.unknown(), {
      method: "POST",
      path: `${at(tile.slug)}set_icon_url/`,
      body: { url },
    });
  } catch (error) {
    if (error instanceof ServiceError && (error.status === 404 || error.status === 405))
      return tile;
    throw error;
  }
  return markOwned(
    tileFrom(
      await authentik.request("applications.get", ApplicationAnswer, { path: at(tile.slug) }),
      tile.bindings,
    ),
  );
}

export const deleteTile = (authentik: Authentik, { slug }: Mine<Tile>): Promise<unknown> =>
  authentik.request("tiles.delete", z.unknown(), { method: "DELETE", path: at(slug) });

const WIRE: Readonly<Record<keyof TileContent, string>> = {
  name: "name",
  launchUrl: "meta_launch_url",
  icon: "meta_icon",
  description: "meta_description",
  category: "group",
  mode: "policy_engine_mode",
};

const bodyOf = (content: Partial<TileContent>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    CONTENT.filter((field) => field in content).map((field) => [WIRE[field], content[field]]),
  );

const tileFrom = (answer: ApplicationAnswer, bindings: readonly TileBinding[] = []): Tile => ({
  pk: answer.pk,
  slug: answer.slug,
  name: answer.name,
  launchUrl: answer.meta_launch_url ?? "",
  icon: answer.meta_icon ?? "",
  description: answer.meta_description ?? "",
  category: answer.group ?? "",
  mode: answer.policy_engine_mode ?? "any",
  bindings,
});
