import { z } from "zod";
import type { Authentik } from "../../clients/authentik.ts";
import type { Owner } from "../../domain/owner.ts";
import { WorldError } from "../../errors.ts";
import { carriedOut, inTurn } from "../carried.ts";
import type { Applied, Depth, Kind } from "../kind.ts";
import { claim } from "../mine.ts";
import { applicationsOf } from "./application.ts";
import { allBindings } from "./binding.ts";
import { unseen } from "./propose.ts";
import { NO_TILES, type TileChange, type TileSeen, type TokenUser } from "./seen.ts";
import { refuse, slugIn, write } from "./write.ts";

export interface TileApiOptions {
  readonly authentik: Authentik;
  readonly owner: Owner;
}

/** Tiles in Authentik's library. Never throws a WorldError and never fails: nothing waits for a tile. */
export function tileApi(options: TileApiOptions): Kind<TileSeen, TileChange> {
  return {
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

async function look({ authentik, owner }: TileApiOptions, depth: Depth, before: TileSeen | undefined): Promise<TileSeen> {
  const known = depth === "routes" ? before : undefined;
  const me = known?.me ?? (await tokenUser(authentik));
  const { mine, taken } = await applicationsOf(authentik, owner, me);
  const bindings = mine.length === 0 ? undefined : await allBindings(authentik);
  return {
    mine: new Map(mine.map((tile) => [tile.slug, claim({ ...tile, bindings: bindings?.get(tile.pk) ?? [] })])),
    taken,
    fault: undefined,
    failed: new Map(),
    settledFor: known?.settledFor ?? new Map(),
    me,
  };
}

async function tokenUser(authentik: Authentik): Promise<TokenUser> {
  const answer = z.looseObject({ user: z.looseObject({ pk: z.number(), is_superuser: z.boolean() }) });
  const { user } = await authentik.ask("me.get", answer, { path: "/core/users/me/" });
  return { pk: user.pk, superuser: user.is_superuser };
}

/** Of many tiles, few at once: Authentik has people to log in meanwhile. */
const AT_ONCE = 4;

const chunks = (changes: readonly TileChange[]): readonly (readonly TileChange[])[] =>
  Array.from({ length: Math.ceil(changes.length / AT_ONCE) }, (_, n) => changes.slice(n * AT_ONCE, (n + 1) * AT_ONCE));

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
