import type { Problem } from "../../core/domain/problem.ts";
import type { RouteKey } from "../../core/domain/route.ts";
import type { ServiceError } from "../../core/errors.ts";
import type { CrudChange } from "../contract/change.ts";
import type { Mine } from "../contract/owned.ts";

/** Tiles in Authentik's library: applications without a provider, ours by slug and publisher. */
export interface ObservedLibraryTiles {
  /** By slug. */
  readonly mine: ReadonlyMap<string, Mine<Tile>>;
  /** Slugs of applications that begin as ours do and are somebody else's. */
  readonly taken: ReadonlySet<string>;
  /** Slugs of our routes under which Authentik has nothing: asked for one by one, and not again before the next whole look. */
  readonly absent: ReadonlySet<string>;
  /** How many applications exist that the token may not see: a tile of ours may be among them. Counted only for one who leaves, else 0. */
  readonly hidden: number;
  /** Why tiles could not be looked at: then none is written. */
  readonly fault: Problem | undefined;
  /** What was refused since the last look, by slug: not tried again before the next one. */
  readonly failed: ReadonlyMap<string, ServiceError>;
  /**
   * What Authentik made of what was written, where it is not the same: an icon that this version does not take. By slug. Set by
   * a write, cleared by the next whole look; without it the same would be written at every look.
   */
  readonly acceptedNormalisations: ReadonlyMap<string, AcceptedNormalisation>;
  /** Asked for by each whole look; undefined only where that failed. */
  readonly me: TokenUser | undefined;
}

export const NO_TILES: ObservedLibraryTiles = {
  mine: new Map(),
  taken: new Set(),
  absent: new Set(),
  hidden: 0,
  fault: undefined,
  failed: new Map(),
  acceptedNormalisations: new Map(),
  me: undefined,
};

/** Whose token it is. The list of applications has only what its user may open, unless it is a superuser's. */
export interface TokenUser {
  readonly pk: number;
  readonly superuser: boolean;
}

export interface Tile extends TileContent {
  readonly pk: string;
  readonly slug: string;
  /** Plain ones to a group or a user; whatever else somebody bound to it is theirs. */
  readonly bindings: readonly TileBinding[];
}

export interface TileBinding {
  readonly pk: string;
  readonly to: BindingSubject;
}

/** By primary key. */
export type BindingSubject = { readonly group: string } | { readonly user: number };

/** What people see. Texts are empty where there is none. */
export interface TileContent {
  readonly name: string;
  readonly launchUrl: string;
  readonly icon: string;
  readonly description: string;
  readonly category: string;
  /** `any` or `all`: how many of its bindings one must meet. */
  readonly mode: string;
}

export interface AcceptedNormalisation {
  readonly desired: TileContent;
  readonly accepted: TileContent;
}

/** What a tile must be. */
export interface DesiredTile extends TileContent {
  readonly slug: string;
  readonly route: RouteKey;
  /** Primary keys of the groups whose members see it, sorted; everyone sees one that has none. */
  readonly groups: readonly string[];
  /** The token's own user, who has to see it to find it again; undefined where everyone or a superuser does. */
  readonly reader: number | undefined;
}

export type LibraryTileChange = CrudChange<"tile", Mine<Tile>, DesiredTile>;
