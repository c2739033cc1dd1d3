import { z } from "zod";
import type { Authentik } from "../../clients/authentik.ts";
import type { Owner } from "../../domain/owner.ts";
import type { RouteKey } from "../../domain/route.ts";
import { WorldError } from "../../errors.ts";
import { carriedOut, inTurn } from "../carried.ts";
import type { Applied, Depth, Kind } from "../kind.ts";
import { claim, type Mine } from "../mine.ts";
import { applicationsOf, searchCount, tileAt } from "./application.ts";
import { allBindings, bindingsOf } from "./binding.ts";
import { unseen } from "./propose.ts";
import { NO_TILES, type Tile, type TileChange, type TileSeen, type TokenUser } from "./seen.ts";
import { slugOf } from "./wish.ts";
import { refuse, slugIn, write } from "./write.ts";

export interface TileApiOptions {
  readonly authentik: Authentik;
  readonly owner: Owner;
  /** Whether everything is to go: then a look also counts what the token may not see, which costs a call. */
  readonly leaving?: boolean;
}

/** The hands of tiles. */
export interface TileHands extends Kind<TileSeen, TileChange> {
  /**
   * Asks for the tiles of these routes, and for those that were known before, as far as the list did not show them: it has only what
   * the token's user may open, so one that another user's token made for some groups is not in it. Never throws a WorldError.
   */
  seek(routes: readonly RouteKey[], seen: TileSeen, before: TileSeen | undefined): Promise<TileSeen>;
}

/** Tiles in Authentik's library. Never throws a WorldError and never fails: nothing waits for a tile. */
export function tileApi(options: TileApiOptions): TileHands {
  return {
    seek: async (routes, seen, before) => {
      if (seen.fault !== undefined || seen.me === undefined || seen.me.superuser) return seen;
      try {
        return await sought(options, unlisted(options.owner, routes, seen, before), seen);
      } catch (error) {
        if (!(error instanceof WorldError)) throw error;
        return { ...seen, fault: unseen(error) };
      }
    },
    kind: "tile",
    observe: async (depth, before) => {
      try {
        return await look(options, depth, before);
      } catch (error) {
        if (!(error instanceof WorldError)) throw error;
        return { ...(before ?? NO_TILES), failed: new Map(), fault: unseen(error) };
      }
    },
    apply: (changes, seen) => inTurn(chunks(changes), seen, (chunk, sofar) => apply(options, chunk, sofar)),
  };
}

async function look({ authentik, owner, leaving = false }: TileApiOptions, depth: Depth, before: TileSeen | undefined): Promise<TileSeen> {
  const known = depth === "routes" ? before : undefined;
  const me = known?.me ?? (await tokenUser(authentik));
  const { mine, taken, listed } = await applicationsOf(authentik, owner, me);
  const hidden = leaving && !me.superuser ? Math.max(0, (await searchCount(authentik)) - listed) : 0;
  const bindings = mine.length === 0 ? undefined : await allBindings(authentik);
  return {
    mine: new Map(mine.map((tile) => [tile.slug, claim({ ...tile, bindings: bindings?.get(tile.pk) ?? [] })])),
    taken,
    absent: known?.absent ?? new Set(),
    hidden,
    fault: undefined,
    failed: new Map(),
    settledFor: known?.settledFor ?? new Map(),
    me,
  };
}

/** Slugs that a tile of ours may have and that no answer has told of. */
function unlisted(owner: Owner, routes: readonly RouteKey[], seen: TileSeen, before: TileSeen | undefined): readonly string[] {
  const ofRoutes = routes.filter((route) => !route.startsWith("*.")).map((route) => slugOf(owner, route));
  const told = (slug: string) => seen.mine.has(slug) || seen.taken.has(slug) || seen.absent.has(slug);
  return [...new Set([...ofRoutes, ...(before?.mine.keys() ?? [])])].filter((slug) => !told(slug)).toSorted();
}

async function sought({ authentik, owner }: TileApiOptions, slugs: readonly string[], seen: TileSeen): Promise<TileSeen> {
  let sofar = seen;
  for (const some of chunks(slugs)) {
    const found = await Promise.all(some.map(async (slug) => ({ slug, at: await tileWithBindings({ authentik, owner }, slug) })));
    sofar = found.reduce(withAnswer, sofar);
  }
  return sofar;
}

async function tileWithBindings({ authentik, owner }: TileApiOptions, slug: string): Promise<Mine<Tile> | "theirs" | undefined> {
  const at = await tileAt(authentik, owner, slug);
  return at === undefined || at === "theirs" ? at : claim({ ...at, bindings: await bindingsOf(authentik, at) });
}

function withAnswer(seen: TileSeen, { slug, at }: { readonly slug: string; readonly at: Mine<Tile> | "theirs" | undefined }): TileSeen {
  if (at === undefined) return { ...seen, absent: new Set([...seen.absent, slug]) };
  const hidden = Math.max(0, seen.hidden - 1);
  return at === "theirs"
    ? { ...seen, hidden, taken: new Set([...seen.taken, slug]) }
    : { ...seen, hidden, mine: new Map([...seen.mine, [slug, at]]) };
}

async function tokenUser(authentik: Authentik): Promise<TokenUser> {
  const answer = z.looseObject({ user: z.looseObject({ pk: z.number(), is_superuser: z.boolean() }) });
  const { user } = await authentik.ask("me.get", answer, { path: "/core/users/me/" });
  return { pk: user.pk, superuser: user.is_superuser };
}

/** Of many tiles, few at once: Authentik has people to log in meanwhile. */
const AT_ONCE = 4;

const chunks = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, n) => all.slice(n * AT_ONCE, (n + 1) * AT_ONCE));

/** A change that was refused is neither done nor failed: the loop has nothing to come back for before the next look. */
async function apply(hands: TileApiOptions, changes: readonly TileChange[], seen: TileSeen): Promise<Applied<TileSeen, TileChange>> {
  const silence = [...seen.failed.values()].find(unheard);
  const applied = await carriedOut(changes, seen, async (change) =>
    silence === undefined ? write(hands, change, seen) : refuse(slugIn(change), silence),
  );
  const { failed, taken } = applied.seen;
  return { ...applied, done: applied.done.filter((change) => !failed.has(slugIn(change)) && !taken.has(slugIn(change))) };
}

/** Where nothing answers, the routes that are opened in the same wave do not wait for one tile after the other. */
const unheard = ({ transient, status }: WorldError): boolean => transient && status === undefined;
