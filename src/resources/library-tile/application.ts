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
const pathOf = (slug: string) => `${PATH}${slug}/`;

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

/** A launch URL that keeps a tile out of the library, in every version of Authentik. */
export const NOWHERE = "blank://blank";

/**
 * Every application with our slug prefix, and those of them that belong to this owner.
 *
 * The list contains only what the caller may open, and comes from a cache that ignores filters
 * (goauthentik#17064, checked 2026-11). A superuser can ask for everything. For other users a
 * search bypasses the cache, and every tile that they created is bound to them. A tile that another
 * token created is missing: see `tileAt`. The search is one plain word, because newer versions
 * interpret anything else.
 */
export async function applicationsOf(
  authentik: Authentik,
  owner: Owner,
  { superuser }: TokenUser,
): Promise<ListedApplications> {
  const query = superuser ? { superuser_full_list: true } : SEARCH;
  const all = await authentik.list("tiles.list", ApplicationAnswer, {
    path: PATH,
    query: { ...query, ordering: "slug" },
  });
  const prefixed = all.filter(({ slug }) => slug.startsWith(SLUG_PREFIX));
  const isOurs = (answer: ApplicationAnswer) => answer.meta_publisher === publisher(owner);
  return {
    mine: prefixed.filter(isOurs).map((answer) => markOwned(tileFrom(answer))),
    taken: new Set(prefixed.filter((answer) => !isOurs(answer)).map(({ slug }) => slug)),
    listed: all.length,
  };
}

const SEARCH = { search: "cfauth" };

interface ListedApplications {
  readonly mine: readonly Mine<Tile>[];
  readonly taken: ReadonlySet<string>;
  readonly listed: number;
}

const CountAnswer = z.looseObject({ pagination: z.looseObject({ count: z.number().nullish() }) });

/**
 * How many applications the search finds, including those that the caller may not open: the list
 * omits those only from its results, not from its count.
 */
export async function searchCount(authentik: Authentik): Promise<number> {
  const request = { path: PATH, query: { ...SEARCH, page: 1, page_size: 1 } };
  return (await authentik.request("tiles.list", CountAnswer, request)).pagination.count ?? 0;
}

/**
 * The application with this slug, even if the caller may not open it; `theirs` if it is not this
 * owner's.
 */
export async function tileAt(
  authentik: Authentik,
  owner: Owner,
  slug: string,
): Promise<Mine<Tile> | "theirs" | undefined> {
  const existing = await getApplication(authentik, slug);
  if (existing === undefined) return undefined;
  return existing.meta_publisher === publisher(owner) ? markOwned(tileFrom(existing)) : "theirs";
}

/**
 * The created tile, or the existing one: the answer to an earlier attempt may have been lost.
 * Undefined if the existing one is not this owner's.
 */
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
    const existing = isSlugTaken(error) ? await getApplication(authentik, slug) : undefined;
    if (existing === undefined) throw error;
    return existing.meta_publisher === publisher(owner)
      ? { tile: markOwned(tileFrom(existing)), found: true }
      : undefined;
  }
}

const isSlugTaken = (error: unknown): boolean =>
  error instanceof ServiceError && error.status === 400 && error.vendor.includes("slug");

async function getApplication(
  authentik: Authentik,
  slug: string,
): Promise<ApplicationAnswer | undefined> {
  try {
    return await authentik.request("applications.get", ApplicationAnswer, { path: pathOf(slug) });
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
  const request = { method: "PATCH", path: pathOf(tile.slug), body: bodyOf(content) } as const;
  return markOwned(
    tileFrom(await authentik.request("tiles.update", ApplicationAnswer, request), tile.bindings),
  );
}

/**
 * Up to 2025.10, Authentik ignores the icon field and has an endpoint for it instead. From 2025.12
 * on the endpoint is gone, and the field counts, as Authentik normalised it. The tile is read again
 * after the call, because the endpoint returns nothing.
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
      path: `${pathOf(tile.slug)}set_icon_url/`,
      body: { url },
    });
  } catch (error) {
    if (error instanceof ServiceError && (error.status === 404 || error.status === 405))
      return tile;
    throw error;
  }
  return markOwned(
    tileFrom(
      await authentik.request("applications.get", ApplicationAnswer, { path: pathOf(tile.slug) }),
      tile.bindings,
    ),
  );
}

export const deleteTile = (authentik: Authentik, { slug }: Mine<Tile>): Promise<unknown> =>
  authentik.request("tiles.delete", z.unknown(), { method: "DELETE", path: pathOf(slug) });

const API_FIELDS: Readonly<Record<keyof TileContent, string>> = {
  name: "name",
  launchUrl: "meta_launch_url",
  icon: "meta_icon",
  description: "meta_description",
  category: "group",
  mode: "policy_engine_mode",
};

const bodyOf = (content: Partial<TileContent>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    CONTENT.filter((field) => field in content).map((field) => [API_FIELDS[field], content[field]]),
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
